import std.nn
import std.formats
import std.attention

model Random3618(N: dim 1..9) {
    input x3: f32[N, 1, 25, 35]
    param p8: f32[5, 35] @unstructured(zeros >= 80%) @format(csr_blocks(32))
    param p9: f32[5]
    let v10 = linear(x3, p8, p9)
    let v11 = softmax_channels(v10)
    output out_v11 = v11
}
