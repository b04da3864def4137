module layers

import std.nn

const widths = [(8, 1), (16, 2)]

// Layers own parameters; their paths come from labels, or from the layer's name with a number when there are several.
layer conv(x: f32[N, C, H, W]; out: dim, kernel: int = 3, stride: int = 1) -> f32[N, out, H / stride, W / stride] {
    param weight: f32[out, C, kernel, kernel], bias: f32[out]
    x |> conv2d(weight, stride: stride, pad: kernel / 2) |> channel_bias(bias) |> relu
}

layer stage(x; out: dim, stride: int) {
    let y = x |> conv(out, stride: stride)
    let z = y |> conv(out, kernel: 1) as project
    if stride == 1 { z + y } else { z }
}

layer head(x: T[N, C]; T: type, classes: dim) {
    param weight: T[classes, C]
    linear_no_bias(x, weight)
}

// One of a kind in its scope: the path has no number.
layer classifier(x: f32[N, C, H, W]) { x |> pooled |> head(10) }

fn pooled(x: f32[N, C, H, W]) -> f32[N, C] { x |> global_avg_pool |> flatten(from: 1) |> reshape([N, C]) }

model Layers(N: dim 1..4) {
    input x: f32[N, 3, 32, 48]
    let y = x
    let y = for (out, stride) in widths { wide(y, out) |> stage(out, stride) }
    let z = x |> conv(4) as stem
    let z = for i in 0..3 { z |> conv(4, kernel: 1 + 2 * (i % 2)) as block[i] }
    output a = y
    output b = z |> classifier |> softmax
    output c = z |> conv(2)
}

fn wide(x: f32[N, C, H, W]; out: dim) { if out > C { x } else { x * 2 } }
