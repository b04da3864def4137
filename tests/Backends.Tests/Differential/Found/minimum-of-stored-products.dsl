import std.nn
import std.formats
import std.attention

model Random632(N: dim 1..9) {
    input x0: f32[N, 12]
    param p0: f32[16, 12] @unstructured(zeros >= 80%) @format(csr)
    let v1 = linear_no_bias(x0, p0)
    let v2 = reduce_min(v1)
    output out_v2 = v2
}
