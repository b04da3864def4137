import std.nn
import std.formats

model Random11211(N: dim 1..9) {
    input yv1: f32[N, 3, 4, 34]
    param p6: f32[16, 34] @unstructured(zeros >= 50%) @format(coo)
    param p7: f32[16]
    param p9: f32[16, 3, 3, 2]
    let v8 = linear(yv1, p6, p7)
    let v10 = conv2d(v8, p9, stride_h: 2, dilation_h: 1, pad_top: 0, pad_bottom: 1, stride_w: 2, dilation_w: 1, pad_left: 0, pad_right: 1)
    output out_v10 = v10
}
