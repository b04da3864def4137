const scale = 1 / 3
const half = 7 / 2

// Parts, orders, shapes and constants.
model Shapes(N: dim 1..8, W: dim 8..64) {
    input x: f32[N, 6, W]
    input q: u8[N, 6]
    input ids: i32[N]
    input kept: f32[N, 6]
    param table: f32[100, 16]

    let a, b = split(x, 2, axis: 1)
    output parts = a * b - x[.., :3, :]
    output slice = x[0, 1:half, 2:]
    output last = x[.., -1]
    output order = transpose(x, [2, 0, 1])
    output product = x . x' . x[.., 0:1]
    output merged = reshape(x, [N, -1])
    output flat = flatten(x, from: x.rank - 2)
    output joined = concat(x, x, a, axis: 1)
    output best = argmax(q)
    output rows = gather(table, ids)
    output weighed = tensor([[1, 2], [3, 4.5]]) + full([2, 2], scale) + tensor([true, false], type: f32)
    output bytes = cast(q, f32) * (1 / 255) + kept
    output mixed = q * 2 + q / 2
    output half_away = q * 0.5
    output choice = x if x > 0 else -x ^ 2
    output size = x * x.shape[1] / W
    output picked = min(max(x, 0), W / 4) + exp(0)
}
