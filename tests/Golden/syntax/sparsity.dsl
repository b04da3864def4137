module sparsity

format csr = [i, j] -> dense(i), compressed(j)
format bsr(r, c) = [i, j] -> dense(i / r), compressed(j / c), dense(i % r), dense(j % c)
format nm(n, m) = [i, j] -> dense(i), dense(j / m), pick(n)(j % m)

mask causal(q, k) = k <= q
mask sink(q, k; n) = k < n
mask window(q, k; w) = q - k < w
score alibi(s, h, q, k; slope) = s - slope[h] * (q - k)

pattern a_shape(s, w) = causal & (sink(s) | window(w)) cover exact
pattern plain = !causal
pattern vertical_slash(nv, ns)(q, k) {
    let p = softmax(last(q, 64) . k' * rsqrt(d), where: causal)
    causal & (cols(topk(colsum(p), nv, force: first(30))) | diags(topk(diagsum(p), ns, force: nearest(100))))
} cover tile(64, 64, unaligned)
pattern permuted(q, k) {
    let p = sort_within(segment(256), by: s, desc)
    permute(k: p)(blocks(mass(pooled, 0.9), force: token(0)) | same(segment)) & causal
}
pattern both(w)(q, k) = keep(q, k, w)

sparsify Recogniser {
    backbone.**.pointwise.weight : unstructured(zeros >= 50%)
    neck.block[*].mlp.**.weight : nm(4, 8) @format(ell) // the widest layers
    neck.block[3][0].conv*.weight: block(4, 1)
    head.3.fc.weight: dense
    // and nothing else
}
