module std.operators

op matmul(a[i, k], b[k, j]) -> y[i, j] = sum(k) a[i, k] * b[k, j]

op conv2d(x[n, c, h, w], f[o, c, r, s]; stride: int = 1, pad: int = 0) -> y[n, o, p, q] =
    sum(c, r, s) x[n, c, p * stride + r - pad, q * stride + s - pad] * f[o, c, r, s] /* reads outside x give its fill value */

op max_pool(x[n, c, h, w]; k: int, stride: int = k) -> y[n, c, p, q] =
    max(r < k, s < k) x[n, c, p * stride + r, q * stride + s]

op softmax(x[.., j]) -> y[.., j] = { let m = max(j) x[.., j]; let e[.., j] = exp(x[.., j] - m); e[.., j] / sum(j) e[.., j] }

op relu(x) = max(x, 0)
op relu6(x) = min(max(x, 0), 6)
op gelu(x) = 0.5 * x * (1 + erf(x * 0.70710678))
op tril(x[i, j]) -> y[i, j] = x[i, j] if j <= i else 0
op mean(x[.., j]) -> y[..] = sum(j) x[.., j] / extent(x, -1)
op variance(x[.., j]) -> y[..] = {
    let m = sum(j) x[.., j] / extent(x, -1)
    sum(j) (x[.., j] - m) ^ 2 / extent(x, -1)
}
op product(x[.., j]) -> y[..] = prod(j) x[.., j]
op low(x[.., j]) -> y[..] = min(j) x[.., j]
op checker(x[i, j]) -> y[i, j] = -x[i, j] if i % 2 == 0 & j % 2 != 0 | !(i + j > 8) else x[i, j] ^ 2 ^ i
op power(x, y) = -x ^ -y
op clip(x; low: float = -1e-3, high: float = 1.5e+3, on: bool = true) = max(min(x, high), low) if on else x
op either(x; on: bool = false) = x if on else 0 if x < 1 else x if x >= 2 else 3
