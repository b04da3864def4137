import std.nn
import std.formats

format mine(r) = [i, j] -> dense(i / r), compressed(j), dense(i % r)

layer dense_layer(x: f32[N, C]; out: dim) {
    param weight: f32[out, C] @unstructured(zeros >= 50%), bias: f32[out] @dense
    linear(x, weight, bias)
}

// Promises on parameters, storage, selections on values, and an overlay whose later lines win.
model Sparse(N: dim 1..8) {
    input x: f32[N, 64]
    param a: f32[64, 64] @unstructured(zeros >= 87.5%) @format(csr)
    param b: f32[64, 64] @block(4, 1, zeros >= 70%) @format(mine(4))
    param c: f32[64, 64] @nm(2, 4) @format(nm(2, 4))
    param d: f32[64, 64] @mask("masks/d.npy") @format(bits(32))
    param e: f32[64, 64] @channels(zeros >= 25%) @format(bsr(4, 1))
    param f: f32[8, 4, 3, 3] @format(filter_rows)
    param t: f32[64]
    let h = x . a |> relu
    let g = (h . b) @topk(8, statistical, expect: 12.5%)
    let k = (g . c) @threshold(t, per: channel, expect: 50%)
    let m = k
    let m = for i in 0..3 { m |> dense_layer(64) as mlp[i] }
    output y = (m . d . e) @topk(N) + 0 * f[0, 0, 0, 0]
}

sparsify Sparse {
    mlp[*].* : unstructured(zeros >= 80%)
    mlp[2].weight : nm(4, 8) @format(nm(4, 8))
    **.bias : dense
}
