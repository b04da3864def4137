module attention

import std.attention

const calibration = "tokens.npz"

op quantised(x[.., j]) -> y[.., j] = x[.., j] / (1e-6 + max(j) x[.., j] * x[.., j])

pattern local = neighbourhood(window: (18, 24, 24), stride: (16, 8, 8)) cover exact
pattern split_keys(t)(q, ctx, inp) {
    [on(ctx, keys(above(centroid_score(q, ctx), t))), on(inp, causal)]
}
pattern permuted(q, k) {
    let p = sort_within(segment(256), by: s, order: descending)
    permute(k: p)(blocks(mass(pooled, 0.9), force: token(0)) | same(segment)) & causal
} cover tile(128, 128)

model Decoder(T: dim 1..4096, P: dim 0..4096) {
    input tokens: i32[T]
    state kv: bf16[32, 8, P, 128]
    param embedding: f32[32000, 4096] @unstructured(zeros >= 50%)

    let x = for l in 0..32 {
        let q, k, v = x |> llm.layer[l].project(heads: 8) as layer[l]
        let y = attend(q, k, v, where: per_head(table, vs: vertical_slash, a: a_shape, none: none), split: 2048)
        let z = attend(y, concat(kv, v), where: local, extra_keys: 256)
        if l == 8 | l == 16 | l == 24 {
            let s = attention_score(llm.layer[l + 1], query: last(ask), keys: img)
            keep(z, in: img, top: 50%, by: s, order: original) // positions and keys follow
        } else {
            z
        }
    }
    output logits: f32[T, 32000] = x |> norm() as final_norm |> linear(embedding')
}

sparsify Decoder {
    layer[*].** : unstructured(zeros >= 50%); embedding : dense
}
