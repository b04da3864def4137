import std.nn

model Random8885(N: dim 1..9) {
    input x1: f32[N, 16, 4, 8]
    input yv6: f32[N, 4, 10, 12]
    param p8: f32[4]
    param p9: f32[4]
    let v5 = resize_nearest_to(x1, height: 5, width: 6)
    let v6 = pixel_shuffle(v5, by: 2)
    let v10 = group_norm(v6, p8, p9, groups: 4, eps: 0.1)
    let v11 = dot(v10, yv6)
    output out_v11 = v11
}
