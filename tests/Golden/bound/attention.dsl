import std.nn
import std.attention

mask near(q, k; w) = q - k < w & k - q < w
pattern mixed(n) = causal & (near(4) | !near(n)) cover exact
pattern tiled(n) = mixed(n) cover tile(2, 4)

model Attention(T: dim 1..128) {
    input q: f32[2, T, 8]
    input k: f32[T, 8]
    input v: f32[2, T, 4]
    output full = attend(q, k, v)
    output causal_only = attend(q, k, v, where: causal)
    output by_algebra = attend(q, k, v, where: sink(2) | window(w: 3) & !near(2), scale: 1 / 8)
    output by_pattern = attend(q, k, v, where: mixed(6))
    output by_tile = attend(q, k, v, where: tiled(n: 6))
}
