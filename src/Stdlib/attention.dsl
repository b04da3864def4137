module std.attention

// Masks say which key positions k a query position q may see. They are combined with &, | and ! and given to
// attend(q, k, v, where: mask).

// Every key.
mask full(q, k) = true

// No key after the query.
mask causal(q, k) = k <= q

// The first n keys: attention sinks.
mask sink(q, k; n) = k < n

// The w keys up to the query.
mask window(q, k; w) = q - k < w & k <= q

// Keys less than w away on either side.
mask band(q, k; w) = q - k < w & k - q < w

// Keys in the same block of n positions.
mask same_block(q, k; n) = q / n == k / n

// Keys in the block of the query or the one before it.
mask local_blocks(q, k; n) = k / n == q / n | k / n + 1 == q / n

// Every n-th key, counted back from the query.
mask strided(q, k; n) = (q - k) % n == 0

// The last key of every block of n positions.
mask summary(q, k; n) = k % n == n - 1

// A prefix of n positions sees and is seen whole.
mask prefix(q, k; n) = k < n | k <= q

// Sinks and a sliding window, causal.
pattern streaming(n, w) = sink(n) & causal | window(w) cover exact

// The same with the union of the tiles that are touched.
pattern a_shape(n, w) = causal & (sink(n) | window(w)) cover tile(64, 64)

// A causal window and every n-th key before it.
pattern strided_window(w, n) = causal & (window(w) | strided(n)) cover exact

// A band on both sides and n positions that see and are seen by all.
pattern band_with_sinks(w, n) = band(w) | sink(n) cover exact

// A straight bias by distance, one slope per head.
score alibi(s, h, q, k; slope) = s - slope[h] * (q - k)

// A score squeezed into -c .. c.
score soft_cap(s, h, q, k; c) = c * tanh(s / c)

// Scores of queries against keys before any mask: [.., queries, keys].
op attention_scores(q[.., i, d], k[.., j, d]) -> s[.., i, j] = (sum(d) q[.., i, d] * k[.., j, d]) * rsqrt(extent(d))
