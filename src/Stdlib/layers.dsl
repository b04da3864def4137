module std.layers

import std.nn

// Layers that own their parameters. Padding keeps the size of an image at stride 1 unless it is given.

// A convolution with its filters and one bias per output channel. Kernel, stride and padding can be given per axis.
layer conv(x: f32[N, C, H, W];
           out: dim, kernel: int = 3, stride: int = 1, pad: int = kernel / 2, dilation: int = 1,
           kernel_h: int = kernel, kernel_w: int = kernel, stride_h: int = stride, stride_w: int = stride,
           dilation_h: int = dilation, dilation_w: int = dilation,
           pad_top: int = pad, pad_left: int = pad, pad_bottom: int = pad_top, pad_right: int = pad_left) {
    param weight: f32[out, C, kernel_h, kernel_w], bias: f32[out]
    x |> conv2d(weight, stride_h: stride_h, stride_w: stride_w, dilation_h: dilation_h, dilation_w: dilation_w,
                pad_top: pad_top, pad_left: pad_left, pad_bottom: pad_bottom, pad_right: pad_right)
        |> channel_bias(bias)
}

// A convolution without a bias.
layer conv_no_bias(x: f32[N, C, H, W];
                   out: dim, kernel: int = 3, stride: int = 1, pad: int = kernel / 2, dilation: int = 1,
                   kernel_h: int = kernel, kernel_w: int = kernel, stride_h: int = stride, stride_w: int = stride,
                   dilation_h: int = dilation, dilation_w: int = dilation,
                   pad_top: int = pad, pad_left: int = pad, pad_bottom: int = pad_top, pad_right: int = pad_left) {
    param weight: f32[out, C, kernel_h, kernel_w]
    x |> conv2d(weight, stride_h: stride_h, stride_w: stride_w, dilation_h: dilation_h, dilation_w: dilation_w,
                pad_top: pad_top, pad_left: pad_left, pad_bottom: pad_bottom, pad_right: pad_right)
}

// A convolution and the batch normalisation of its channels; with known weights the one is folded into the other.
layer conv_bn(x: f32[N, C, H, W];
              out: dim, kernel: int = 3, stride: int = 1, pad: int = kernel / 2, dilation: int = 1,
              kernel_h: int = kernel, kernel_w: int = kernel, stride_h: int = stride, stride_w: int = stride,
              dilation_h: int = dilation, dilation_w: int = dilation,
              pad_top: int = pad, pad_left: int = pad, pad_bottom: int = pad_top, pad_right: int = pad_left, eps: float = 0.00001) {
    param weight: f32[out, C, kernel_h, kernel_w]
    param scale: f32[out], bias: f32[out], mean: f32[out], variance: f32[out]
    x |> conv2d(weight, stride_h: stride_h, stride_w: stride_w, dilation_h: dilation_h, dilation_w: dilation_w,
                pad_top: pad_top, pad_left: pad_left, pad_bottom: pad_bottom, pad_right: pad_right)
        |> batch_norm(scale, bias, mean, variance, eps: eps)
}

// A convolution in which every channel has its own filter.
layer depthwise(x: f32[N, C, H, W];
                kernel: int = 3, stride: int = 1, pad: int = kernel / 2, dilation: int = 1,
                kernel_h: int = kernel, kernel_w: int = kernel, stride_h: int = stride, stride_w: int = stride,
                dilation_h: int = dilation, dilation_w: int = dilation,
                pad_top: int = pad, pad_left: int = pad, pad_bottom: int = pad_top, pad_right: int = pad_left) {
    param weight: f32[C, 1, kernel_h, kernel_w], bias: f32[C]
    x |> depthwise_conv2d(weight, stride_h: stride_h, stride_w: stride_w, dilation_h: dilation_h, dilation_w: dilation_w,
                          pad_top: pad_top, pad_left: pad_left, pad_bottom: pad_bottom, pad_right: pad_right)
        |> channel_bias(bias)
}

// The same and the batch normalisation of its channels.
layer depthwise_bn(x: f32[N, C, H, W];
                   kernel: int = 3, stride: int = 1, pad: int = kernel / 2, dilation: int = 1,
                   kernel_h: int = kernel, kernel_w: int = kernel, stride_h: int = stride, stride_w: int = stride,
                   dilation_h: int = dilation, dilation_w: int = dilation,
                   pad_top: int = pad, pad_left: int = pad, pad_bottom: int = pad_top, pad_right: int = pad_left, eps: float = 0.00001) {
    param weight: f32[C, 1, kernel_h, kernel_w]
    param scale: f32[C], bias: f32[C], mean: f32[C], variance: f32[C]
    x |> depthwise_conv2d(weight, stride_h: stride_h, stride_w: stride_w, dilation_h: dilation_h, dilation_w: dilation_w,
                          pad_top: pad_top, pad_left: pad_left, pad_bottom: pad_bottom, pad_right: pad_right)
        |> batch_norm(scale, bias, mean, variance, eps: eps)
}

// A transposed convolution with one bias per output channel: an image becomes `stride` times as large.
layer conv_transpose(x: f32[N, C, H, W]; out: dim, kernel: int = 2, stride: int = kernel, pad: int = 0) {
    param weight: f32[C, out, kernel, kernel], bias: f32[out]
    x |> conv_transpose2d(weight, stride: stride, pad: pad) |> channel_bias(bias)
}

// A 1 x 1 convolution: the same matrix product at every point.
layer pointwise(x: f32[N, C, H, W]; out: dim) {
    param weight: f32[out, C, 1, 1], bias: f32[out]
    x |> conv2d(weight) |> channel_bias(bias)
}

// Filters per channel, then a product over channels.
layer separable(x: f32[N, C, H, W]; out: dim, kernel: int = 3, stride: int = 1) {
    x |> depthwise(kernel, stride: stride) |> relu6 |> pointwise(out) |> relu6
}

// A matrix product over the last axis with a bias.
layer fully_connected(x: f32[.., C]; out: dim) {
    param weight: f32[out, C], bias: f32[out]
    linear(x, weight, bias)
}

// Channels brought to the mean and variance seen in training.
layer batch_normalization(x: f32[N, C, ..]; eps: float = 0.00001) {
    param scale: f32[C], bias: f32[C], mean: f32[C], variance: f32[C]
    batch_norm(x, scale, bias, mean, variance, eps: eps)
}

// The last axis brought to mean 0 and variance 1.
layer layer_normalization(x: f32[.., C]; eps: float = 0.00001) {
    param scale: f32[C], bias: f32[C]
    layer_norm(x, scale, bias, eps: eps)
}

// One learned number times x, plus another.
layer affine(x: f32[..]) {
    param scale: f32[1], bias: f32[1]
    x * scale + bias
}

// Channels weighed by a small network over their means; `slope` is that of the gate.
layer squeeze_excite(x: f32[N, C, H, W]; reduced: dim, slope: float = 0.2) {
    let gate = x |> global_avg_pool |> pointwise(reduced) as reduce |> relu |> pointwise(C) as expand |> hard_sigmoid(alpha: slope)
    x * gate
}

// Two matrix products over the last axis with gelu between them.
layer mlp(x: f32[.., C]; hidden: dim) {
    x |> fully_connected(hidden) as up |> gelu |> fully_connected(C) as down
}

// Attention of a sequence to itself, in heads.
layer self_attention(x: f32[N, T, C]; heads: int, is_causal: bool = false) {
    let q, k, v = split(x |> fully_connected(C * 3) as qkv, 3, axis: -1)
    let q = q |> heads_first(heads)
    let k = k |> heads_first(heads)
    let v = v |> heads_first(heads)
    let mixed = if is_causal { attend(q, k, v, where: lower) } else { attend(q, k, v) }
    mixed |> transpose([0, 2, 1, 3]) |> reshape([N, T, C]) |> fully_connected(C) as out
}

// [batch, length, features] as [batch, heads, length, features / heads].
fn heads_first(x: f32[N, T, C]; heads: int) { x |> reshape([N, T, heads, C / heads]) |> transpose([0, 2, 1, 3]) }

// No key after the query.
mask lower(q, k) = k <= q
