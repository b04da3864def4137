module std.nn

// Neural-network operators in index notation. An operator is its definition: what stands here is what runs, fuses and is
// lowered over sparse storage. Conventions: images are [batch, channel, height, width], filters [out, in, height, width],
// tokens [.., length, features]. `..` is any number of leading axes. Sizes of a sliding window can be given once
// (`stride: 2`) or per axis (`stride_h: 2, stride_w: 1`), padding once, per axis or per side (`pad_bottom: 1`).

// ------------------------------------------------------------------------------------------------------ matrix products

// The matrix product over the last two axes; leading axes broadcast.
op matmul(a[.., i, k], b[.., k, j]) -> y[.., i, j] = sum(k) a[.., i, k] * b[.., k, j]

// A fully connected layer: weights are [out, in], as frameworks store them.
op linear(x[.., k], w[j, k], b[j]) -> y[.., j] = (sum(k) x[.., k] * w[j, k]) + b[j]

// The same without a bias.
op linear_no_bias(x[.., k], w[j, k]) -> y[.., j] = sum(k) x[.., k] * w[j, k]

// The inner product of two vectors, over leading axes.
op dot(a[.., k], b[.., k]) -> y[..] = sum(k) a[.., k] * b[.., k]

// The outer product of two vectors, over leading axes.
op outer(a[.., i], b[.., j]) -> y[.., i, j] = a[.., i] * b[.., j]

// --------------------------------------------------------------------------------------------------------- convolutions

// A convolution of images. Reads outside x are 0.
op conv2d(x[n, c, h, w], f[o, c, r, s];
          stride: int = 1, pad: int = 0, dilation: int = 1,
          stride_h: int = stride, stride_w: int = stride, dilation_h: int = dilation, dilation_w: int = dilation,
          pad_top: int = pad, pad_left: int = pad, pad_bottom: int = pad_top, pad_right: int = pad_left)
    -> y[n, o, p < (extent(h) + pad_top + pad_bottom - dilation_h * (extent(r) - 1) - 1) / stride_h + 1,
         q < (extent(w) + pad_left + pad_right - dilation_w * (extent(s) - 1) - 1) / stride_w + 1] =
    sum(c, r, s) x[n, c, p * stride_h + r * dilation_h - pad_top, q * stride_w + s * dilation_w - pad_left] * f[o, c, r, s]

// A convolution in which every channel has its own filter: f is [channel, 1, height, width].
op depthwise_conv2d(x[n, c, h, w], f[c, u, r, s];
                    stride: int = 1, pad: int = 0, dilation: int = 1,
                    stride_h: int = stride, stride_w: int = stride, dilation_h: int = dilation, dilation_w: int = dilation,
                    pad_top: int = pad, pad_left: int = pad, pad_bottom: int = pad_top, pad_right: int = pad_left)
    -> y[n, c, p < (extent(h) + pad_top + pad_bottom - dilation_h * (extent(r) - 1) - 1) / stride_h + 1,
         q < (extent(w) + pad_left + pad_right - dilation_w * (extent(s) - 1) - 1) / stride_w + 1] = {
    require(extent(u) == 1)
    sum(r, s) x[n, c, p * stride_h + r * dilation_h - pad_top, q * stride_w + s * dilation_w - pad_left] * f[c, 0, r, s]
}

// A convolution in groups: outputs o of group g see only the channels of group g. f is [out, in / groups, height, width].
op grouped_conv2d(x[n, m, h, w], f[o, c, r, s];
                  groups: int, stride: int = 1, pad: int = 0, dilation: int = 1,
                  stride_h: int = stride, stride_w: int = stride, dilation_h: int = dilation, dilation_w: int = dilation,
                  pad_top: int = pad, pad_left: int = pad, pad_bottom: int = pad_top, pad_right: int = pad_left)
    -> y[n, o, p < (extent(h) + pad_top + pad_bottom - dilation_h * (extent(r) - 1) - 1) / stride_h + 1,
         q < (extent(w) + pad_left + pad_right - dilation_w * (extent(s) - 1) - 1) / stride_w + 1] = {
    require(groups >= 1)
    require(extent(m) == groups * extent(c))
    require(extent(o) % groups == 0)
    sum(c, r, s) x[n, o / (extent(o) / groups) * extent(c) + c,
                   p * stride_h + r * dilation_h - pad_top, q * stride_w + s * dilation_w - pad_left] * f[o, c, r, s]
}

// A transposed convolution: every input spreads its filter over the output, stride apart. f is [in, out, height, width];
// extra_h and extra_w make the output larger at the end (frameworks: output padding).
op conv_transpose2d(x[n, c, h, w], f[c, o, r, s];
                    stride: int = 1, pad: int = 0, dilation: int = 1, extra: int = 0,
                    stride_h: int = stride, stride_w: int = stride, dilation_h: int = dilation, dilation_w: int = dilation,
                    pad_top: int = pad, pad_left: int = pad, pad_bottom: int = pad_top, pad_right: int = pad_left,
                    extra_h: int = extra, extra_w: int = extra)
    -> y[n, o, p < (extent(h) - 1) * stride_h - pad_top - pad_bottom + dilation_h * (extent(r) - 1) + 1 + extra_h,
         q < (extent(w) - 1) * stride_w - pad_left - pad_right + dilation_w * (extent(s) - 1) + 1 + extra_w] =
    sum(c, r, s) (x[n, c, (p + pad_top - r * dilation_h) / stride_h, (q + pad_left - s * dilation_w) / stride_w] * f[c, o, r, s]
        if (p + pad_top - r * dilation_h) % stride_h == 0 & (q + pad_left - s * dilation_w) % stride_w == 0 else 0)

// A convolution of sequences [batch, channel, length].
op conv1d(x[n, c, w], f[o, c, s];
          stride: int = 1, pad: int = 0, dilation: int = 1, pad_left: int = pad, pad_right: int = pad_left)
    -> y[n, o, q < (extent(w) + pad_left + pad_right - dilation * (extent(s) - 1) - 1) / stride + 1] =
    sum(c, s) x[n, c, q * stride + s * dilation - pad_left] * f[o, c, s]

// A convolution of sequences in which every channel has its own filter: f is [channel, 1, length].
op depthwise_conv1d(x[n, c, w], f[c, u, s];
                    stride: int = 1, pad: int = 0, dilation: int = 1, pad_left: int = pad, pad_right: int = pad_left)
    -> y[n, c, q < (extent(w) + pad_left + pad_right - dilation * (extent(s) - 1) - 1) / stride + 1] = {
    require(extent(u) == 1)
    sum(s) x[n, c, q * stride + s * dilation - pad_left] * f[c, 0, s]
}

// One number added to every channel of an image or sequence.
op channel_bias(x[n, c, ..], b[c]) -> y[n, c, ..] = x[n, c, ..] + b[c]

// One number multiplied into every channel.
op channel_scale(x[n, c, ..], s[c]) -> y[n, c, ..] = x[n, c, ..] * s[c]

// -------------------------------------------------------------------------------------------------------------- pooling

// The largest of every window. Padding never wins.
op max_pool(x[n, c, h, w];
            kernel: int, stride: int = kernel, pad: int = 0, dilation: int = 1,
            kernel_h: int = kernel, kernel_w: int = kernel, stride_h: int = stride, stride_w: int = stride,
            dilation_h: int = dilation, dilation_w: int = dilation,
            pad_top: int = pad, pad_left: int = pad, pad_bottom: int = pad_top, pad_right: int = pad_left)
    -> y[n, c, p < (extent(h) + pad_top + pad_bottom - dilation_h * (kernel_h - 1) - 1) / stride_h + 1,
         q < (extent(w) + pad_left + pad_right - dilation_w * (kernel_w - 1) - 1) / stride_w + 1] =
    max(r < kernel_h, s < kernel_w) x[n, c, p * stride_h + r * dilation_h - pad_top, q * stride_w + s * dilation_w - pad_left]

// The mean of every window; padding counts as zeros.
op avg_pool(x[n, c, h, w];
            kernel: int, stride: int = kernel, pad: int = 0,
            kernel_h: int = kernel, kernel_w: int = kernel, stride_h: int = stride, stride_w: int = stride,
            pad_top: int = pad, pad_left: int = pad, pad_bottom: int = pad_top, pad_right: int = pad_left)
    -> y[n, c, p < (extent(h) + pad_top + pad_bottom - kernel_h) / stride_h + 1,
         q < (extent(w) + pad_left + pad_right - kernel_w) / stride_w + 1] =
    (sum(r < kernel_h, s < kernel_w) x[n, c, p * stride_h + r - pad_top, q * stride_w + s - pad_left]) / (kernel_h * kernel_w)

// The mean of what every window covers of the image; padding does not count.
op avg_pool_inside(x[n, c, h, w];
                   kernel: int, stride: int = kernel, pad: int = 0,
                   kernel_h: int = kernel, kernel_w: int = kernel, stride_h: int = stride, stride_w: int = stride,
                   pad_top: int = pad, pad_left: int = pad, pad_bottom: int = pad_top, pad_right: int = pad_left)
    -> y[n, c, p < (extent(h) + pad_top + pad_bottom - kernel_h) / stride_h + 1,
         q < (extent(w) + pad_left + pad_right - kernel_w) / stride_w + 1] =
    (sum(r < kernel_h, s < kernel_w) x[n, c, p * stride_h + r - pad_top, q * stride_w + s - pad_left])
        / ((min(p * stride_h - pad_top + kernel_h, extent(h)) - max(p * stride_h - pad_top, 0))
            * (min(q * stride_w - pad_left + kernel_w, extent(w)) - max(q * stride_w - pad_left, 0)))

// The mean of every channel, as an image of one point.
op global_avg_pool(x[n, c, h, w]) -> y[n, c, p < 1, q < 1] = (sum(h, w) x[n, c, h, w]) / (extent(h) * extent(w))

// The largest of every channel, as an image of one point.
op global_max_pool(x[n, c, h, w]) -> y[n, c, p < 1, q < 1] = max(h, w) x[n, c, h, w]

// The largest of every window of a sequence.
op max_pool1d(x[n, c, w]; kernel: int, stride: int = kernel, pad: int = 0, pad_left: int = pad, pad_right: int = pad_left)
    -> y[n, c, q < (extent(w) + pad_left + pad_right - kernel) / stride + 1] =
    max(s < kernel) x[n, c, q * stride + s - pad_left]

// The mean of every window of a sequence; padding counts as zeros.
op avg_pool1d(x[n, c, w]; kernel: int, stride: int = kernel, pad: int = 0, pad_left: int = pad, pad_right: int = pad_left)
    -> y[n, c, q < (extent(w) + pad_left + pad_right - kernel) / stride + 1] =
    (sum(s < kernel) x[n, c, q * stride + s - pad_left]) / kernel

// ---------------------------------------------------------------------------------------------------------- activations

// max(x, 0).
op relu(x) = max(x, 0)

// Clamped to 0 .. 6.
op relu6(x) = min(max(x, 0), 6)

// Clamped to low .. high.
op clip(x; low: float = -inf, high: float = inf) = min(max(x, low), high)

// x, and slope * x where x is negative.
op leaky_relu(x; slope: float = 0.01) = x if x >= 0 else x * slope

// leaky_relu with a slope per channel.
op prelu(x[n, c, ..], slope[c]) -> y[n, c, ..] = x[n, c, ..] if x[n, c, ..] >= 0 else x[n, c, ..] * slope[c]

// x, and alpha * (exp(x) - 1) where x is negative.
op elu(x; alpha: float = 1) = x if x > 0 else alpha * (exp(min(x, 0)) - 1)

// elu scaled so that layers keep mean 0 and variance 1.
op selu(x) = 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (exp(min(x, 0)) - 1))

// 1 / (1 + exp(-x)).
op sigmoid(x) = recip(1 + exp(-x))

// The straight line alpha * x + beta, clamped to 0 .. 1.
op hard_sigmoid(x; alpha: float = 0.2, beta: float = 0.5) = min(max(x * alpha + beta, 0), 1)

// x * hard_sigmoid(x) with the slope 1 / 6.
op hard_swish(x) = x * min(max(x / 6 + 0.5, 0), 1)

// x * sigmoid(x).
op silu(x) = x * recip(1 + exp(-x))

// The Gaussian error linear unit, exact.
op gelu(x) = 0.5 * x * (1 + erf(x * 0.7071067811865476))

// The approximation of gelu by tanh.
op gelu_tanh(x) = 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))

// log(1 + exp(x)), without overflow.
op softplus(x) = max(x, 0) + log(1 + exp(-abs(x)))

// x / (1 + |x|).
op softsign(x) = x / (1 + abs(x))

// x * tanh(softplus(x)).
op mish(x) = x * tanh(softplus(x))

// The square of relu.
op squared_relu(x) = max(x, 0) * max(x, 0)

// A gated activation: silu(gate) * up.
op swiglu(gate, up) = silu(gate) * up

// A number times x.
op scale(x; by: float) = x * by

// 1 where x is positive, -1 where it is negative, else 0.
op sign(x) = 1.0 if x > 0 else -1.0 if x < 0 else 0.0

// ------------------------------------------------------------------------------------------- softmax and normalisations

// x * 1.0 is x, but of integers it is f32: the distance from the largest element may not wrap.

// exp(x) along the last axis, scaled to sum 1.
op softmax(x[.., j]) -> y[.., j] = {
    let m = max(j) x[.., j]
    let e[.., j] = exp(x[.., j] * 1.0 - m)
    e[.., j] / sum(j) e[.., j]
}

// softmax along the channels of an image or sequence.
op softmax_channels(x[n, c, ..]) -> y[n, c, ..] = {
    let m[n, ..] = max(c) x[n, c, ..]
    let e[n, c, ..] = exp(x[n, c, ..] * 1.0 - m[n, ..])
    e[n, c, ..] / sum(c) e[n, c, ..]
}

// The logarithm of softmax.
op log_softmax(x[.., j]) -> y[.., j] = {
    let m = max(j) x[.., j]
    let z = log(sum(j) exp(x[.., j] * 1.0 - m))
    x[.., j] * 1.0 - m - z
}

// log(sum(exp(x))) along the last axis.
op log_sum_exp(x[.., j]) -> y[..] = {
    let m = max(j) x[.., j]
    log(sum(j) exp(x[.., j] * 1.0 - m)) + m
}

// The last axis brought to mean 0 and variance 1, then scaled and shifted.
op layer_norm(x[.., j], scale[j], bias[j]; eps: float = 0.00001) -> y[.., j] = {
    let mean = (sum(j) x[.., j]) / extent(j)
    let variance = (sum(j) (x[.., j] - mean) * (x[.., j] - mean)) / extent(j)
    (x[.., j] - mean) * rsqrt(variance + eps) * scale[j] + bias[j]
}

// The last axis brought to mean square 1, then scaled.
op rms_norm(x[.., j], scale[j]; eps: float = 0.00001) -> y[.., j] = {
    let square = (sum(j) x[.., j] * x[.., j]) / extent(j)
    x[.., j] * rsqrt(square + eps) * scale[j]
}

// Channels brought to the mean and variance seen in training, then scaled and shifted.
op batch_norm(x[n, c, ..], scale[c], bias[c], mean[c], variance[c]; eps: float = 0.00001) -> y[n, c, ..] =
    (x[n, c, ..] - mean[c]) * (scale[c] * rsqrt(variance[c] + eps)) + bias[c]

// Every channel of every image brought to mean 0 and variance 1, then scaled and shifted.
op instance_norm(x[n, c, h, w], scale[c], bias[c]; eps: float = 0.00001) -> y[n, c, h, w] = {
    let mean[n, c] = (sum(h, w) x[n, c, h, w]) / (extent(h) * extent(w))
    let variance[n, c] = (sum(h, w) (x[n, c, h, w] - mean[n, c]) * (x[n, c, h, w] - mean[n, c])) / (extent(h) * extent(w))
    (x[n, c, h, w] - mean[n, c]) * rsqrt(variance[n, c] + eps) * scale[c] + bias[c]
}

// Groups of channels of every image brought to mean 0 and variance 1, then scaled and shifted.
op group_norm(x[n, c, h, w], scale[c], bias[c]; groups: int, eps: float = 0.00001) -> y[n, c, h, w] = {
    require(groups >= 1)
    require(extent(c) % groups == 0)
    let size = extent(c) / groups * extent(h) * extent(w)
    let mean[n, g < groups] =
        (sum(m < extent(c) / groups, h, w) x[n, g * (extent(c) / groups) + m, h, w]) / size
    let variance[n, g < groups] =
        (sum(m < extent(c) / groups, h, w) (x[n, g * (extent(c) / groups) + m, h, w] - mean[n, g])
            * (x[n, g * (extent(c) / groups) + m, h, w] - mean[n, g])) / size
    (x[n, c, h, w] - mean[n, c / (extent(c) / groups)]) * rsqrt(variance[n, c / (extent(c) / groups)] + eps) * scale[c] + bias[c]
}

// The last axis scaled to length 1.
op l2_normalize(x[.., j]; eps: float = 0.000000000001) -> y[.., j] = x[.., j] * rsqrt(max(sum(j) x[.., j] * x[.., j], eps))

// ----------------------------------------------------------------------------------------------------------- reductions

// The sum along the last axis.
op reduce_sum(x[.., j]) -> y[..] = sum(j) x[.., j]

// The mean along the last axis.
op reduce_mean(x[.., j]) -> y[..] = (sum(j) x[.., j]) / extent(j)

// The largest along the last axis.
op reduce_max(x[.., j]) -> y[..] = max(j) x[.., j]

// The smallest along the last axis.
op reduce_min(x[.., j]) -> y[..] = min(j) x[.., j]

// The product along the last axis.
op reduce_prod(x[.., j]) -> y[..] = prod(j) x[.., j]

// The mean square difference along the last axis.
op mean_squared_error(a[.., j], b[.., j]) -> y[..] = (sum(j) (a[.., j] - b[.., j]) * (a[.., j] - b[.., j])) / extent(j)

// The loss of a classifier: -log softmax(x)[label].
op cross_entropy(x[.., c], label[..]) -> y[..] = {
    let m = max(c) x[.., c]
    log(sum(c) exp(x[.., c] - m)) + m - sum(c) (x[.., c] if c == label[..] else 0)
}

// ------------------------------------------------------------------------------------------------- movement of elements

// Every point of an image repeated: pixels become rectangles of by_h x by_w.
op resize_nearest(x[n, c, h, w]; by: int, by_h: int = by, by_w: int = by)
    -> y[n, c, p < extent(h) * by_h, q < extent(w) * by_w] = x[n, c, p / by_h, q / by_w]

// An image brought to another size by taking the point at or before each position.
op resize_nearest_to(x[n, c, h, w]; height: dim, width: dim) -> y[n, c, p < height, q < width] =
    x[n, c, p * extent(h) / height, q * extent(w) / width]

// Zeros around an image; negative sizes cut.
op pad2d(x[n, c, h, w]; pad: int = 0, pad_top: int = pad, pad_left: int = pad, pad_bottom: int = pad_top, pad_right: int = pad_left)
    -> y[n, c, p < extent(h) + pad_top + pad_bottom, q < extent(w) + pad_left + pad_right] = x[n, c, p - pad_top, q - pad_left]

// Zeros around a sequence.
op pad1d(x[.., w]; pad: int = 0, pad_left: int = pad, pad_right: int = pad_left)
    -> y[.., q < extent(w) + pad_left + pad_right] = x[.., q - pad_left]

// Channels become space: [n, c * by * by, h, w] to [n, c, h * by, w * by].
op pixel_shuffle(x[n, c, h, w]; by: int) -> y[n, o < extent(c) / (by * by), p < extent(h) * by, q < extent(w) * by] = {
    require(by >= 1)
    require(extent(c) % (by * by) == 0)
    x[n, o * by * by + p % by * by + q % by, p / by, q / by]
}

// Space becomes channels: [n, c, h * by, w * by] to [n, c * by * by, h, w].
op pixel_unshuffle(x[n, c, h, w]; by: int) -> y[n, o < extent(c) * by * by, p < extent(h) / by, q < extent(w) / by] =
    x[n, o / (by * by), p * by + o / by % by, q * by + o % by]

// The lower triangle of matrices; what is above the diagonal (moved up by `diagonal`) becomes 0.
op tril(x[.., i, j]; diagonal: int = 0) -> y[.., i, j] = x[.., i, j] if j <= i + diagonal else 0

// The upper triangle of matrices; what is below the diagonal (moved up by `diagonal`) becomes 0.
op triu(x[.., i, j]; diagonal: int = 0) -> y[.., i, j] = x[.., i, j] if j >= i + diagonal else 0

// The last axis in reverse order.
op reverse(x[.., j]) -> y[.., i < extent(j)] = x[.., extent(j) - 1 - i]

// Labels as vectors with a single 1.
op one_hot(label[..]; classes: dim) -> y[.., c < classes] = 1.0 if label[..] == c else 0.0

// Rotary position embedding of even and odd halves of the last axis: angles is [length, features / 2].
op rotary(x[.., t, j], angles[t, a]) -> y[.., t, j] = {
    require(extent(j) == 2 * extent(a))
    let half = extent(a)
    x[.., t, j] * cos(angles[t, j % extent(a)]) + (x[.., t, (j + extent(a)) % extent(j)] * sin(angles[t, j % extent(a)])
        if j >= half else -x[.., t, (j + extent(a)) % extent(j)] * sin(angles[t, j % extent(a)]))
}
