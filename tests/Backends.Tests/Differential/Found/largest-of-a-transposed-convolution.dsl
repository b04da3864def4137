import std.nn

model Random846(N: dim 1..9) {
    input x0: f32[N, 1, 4, 8]
    param p0: f32[1, 8, 2, 2]
    let v1 = conv_transpose2d(x0, p0, stride: 2, pad: 1)
    let v2 = global_max_pool(v1)
    output out_v2 = v2
}
