import std.nn
import std.formats
import std.attention

model Random120(N: dim 1..9) {
    input x1: f32[N, 12, 4]
    param p3: f32[5, 4] @nm(1, 4) @format(nm(1, 4))
    param p4: f32[5]
    let v5 = linear(x1, p3, p4)
    let v10 = v5[.., :2]
    output out_v10 = v10
}
