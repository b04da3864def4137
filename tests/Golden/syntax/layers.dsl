module layers

fn scaled(x: f32[.., D]; by: float = 1) -> f32[.., D] {
    x * by
}

layer separable(x: f32[N, C, H, W]; out: dim, stride: int = 1) {
    x
        |> depthwise(kernel: 3, stride, pad: 1) as depthwise
        |> batch_norm() |> relu6
        |> pointwise(out) as pointwise |> batch_norm() |> relu6
}

layer spark_ffn(x: f32[T, D]; f: dim, r: dim, k: int) -> f32[T, D] @dense {
    param k1: f32[f, r], k2: f32[D - r, f] @format(csr)
    param v: f32[f, D]
        @block(4, 1, zeros >= 70%)
        @mask("ffn\\v \"1\".npy")
    let g = gelu(x[.., :r] . k1) @topk(k, statistical, expect: 8%)
    let h = g * (x[.., r:] . k2)
    h . v
}

layer chess(x; t: float) {
    param wg: f32[8, 8], wu: f32[8, 8], wd: f32[8, 8] @channels(zeros >= 30%)
    let g = silu(x . wg) @threshold(t, per: channel, expect: 50%)
    (g * (x . wu)) . wd'
}

model Net(W: dim 32..3200 step 8, T: dim, N: dim 1..2 * 8) {
    input x: f32[N, 3, 48, W]
    state kv: f32[2, T]
    let y = for (o, s) in [(64, 1), (128, 2)] { x |> separable(o, stride: s) as stage[o / 64 - 1] }
    let q, k, v = split(y, 3, axis: -1)
    let z = for i in 0..4 {
        let u = q[0, :, 1:2, :8, 4:] + k
        if i % 2 == 0 { u |> relu } else if i == 3 { u } else { u - v }
    }
    let w = if true { z }
    let e = [] |> concat(axis: 0)
    output z
    output w: f32[N]
    output r = net.layers[2].norm(w)
        + 1
        - e.first
    output s: f32[N, ..] = (w, 2)
}
