// A classifier of 28 x 28 grey pictures of handwritten digits, white on black. Nineteen of twenty weights of the first layer
// are zero, two of four in every group of the second.
module digits

import std.nn

model Digits(N: dim 1..64) {
    input image: u8[N, 28, 28] from image(gray)
    param w1: f32[256, 784] @unstructured(zeros >= 90%)
    param w2: f32[10, 256] @nm(2, 4)
    param b1: f32[256], b2: f32[10]

    let x = image |> cast(f32) |> scale(1 / 255) |> flatten(from: 1)
    let h = linear(x, w1, b1) |> relu
    let logits = linear(h, w2, b2)
    output probabilities: f32[N, 10] = softmax(logits)
    output class: i32[N] = argmax(logits)
}
