import std.nn

// Index notation: extents from operands, from what is written, and inferred from windows.
op window(x[.., t], f[s]; stride: int = 1, pad: int = 0) -> y[.., p] = sum(s) x[.., p * stride + s - pad] * f[s]
op shifted(x[i]) -> y[p] = x[p + 2]
op pairs(x[i, j], y[k, j]) -> z[i, k] = max(j) abs(x[i, j] - y[k, j])
op triangle(x[i, j]) -> y[i, j] = x[i, j] if j <= i & !(i == 3) else -1
op normalised(x[.., j]; eps: float = 1e-5) -> y[.., j] = {
    let mean = (sum(j) x[.., j]) / extent(j)
    let centred[.., j] = x[.., j] - mean
    centred[.., j] * rsqrt((sum(j) centred[.., j] ^ 2) / extent(x, -1) + eps)
}
op squash(x; by: float) = relu(x) |> clip(high: by)
op count(x[i]; of: int) -> n[] = sum(i) (1 if x[i] == of else 0)
op rounded(x[i]; type: type = i8) -> y[i] = cast(round(x[i] * 127), type)

model Operators(N: dim 1..8) {
    input x: f32[N, 20]
    input v: f32[20]
    input f: f32[3]
    input k: i32[20]

    output a = window(x, f)
    output b = x |> window(f, stride: 2, pad: 1)
    output c = shifted(v)
    output d = pairs(x, x)
    output e = triangle(x)
    output g = normalised(x, eps: 0.001)
    output h = x |> squash(6)
    output i = count(k, of: 3)
    output j = rounded(v)
}
