module digits

import std.nn
import std.math

const classes = 10

// A classifier of 28 x 28 digits with two sparse layers.
model Digits(N: dim 1..64) {
    input image: u8[N, 28, 28] from image(gray, scale: 1 / 255)
    param w1: f32[256, 784] @unstructured(zeros >= 90%) // checked at load
    param w2: f32[classes, 256] @nm(2, 4)
    param b1: f32[256], b2: f32[classes]

    let x = image |> cast(f32) |> flatten(from: 1)
    let h = linear(x, w1, b1) |> relu
    output logits: f32[N, classes] = linear(h, w2, b2)
}
