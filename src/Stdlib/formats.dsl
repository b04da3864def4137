module std.formats

// Storage formats, each composed from levels: dense (every coordinate), compressed (stored coordinates with a range per
// parent), coded (the same, written into code where weights are known), singleton (one stored coordinate per parent), bitmask (a bit per coordinate), pick (n stored of a small group).
// A format is named by @format(csr) or @format(bsr(4, 4)).

// Vectors: stored positions only.
format list = [i] -> compressed(i)

// Rows of stored columns.
format csr = [i, j] -> dense(i), compressed(j)

// Columns of stored rows.
format csc = [i, j] -> dense(j), compressed(i)

// Stored coordinates, row by row.
format coo = [i, j] -> compressed(i), singleton(j)

// Rows of stored columns; empty rows are not stored.
format dcsr = [i, j] -> compressed(i), compressed(j)

// Blocks of r x c: rows of blocks, of which the stored columns of blocks.
format bsr(r, c) = [i, j] -> dense(i / r), compressed(j / c), dense(i % r), dense(j % c)

// Columns of r rows each: r outputs share their stored inputs.
format row_panels(r) = [i, j] -> dense(i / r), compressed(j), dense(i % r)

// Runs of c columns.
format row_runs(c) = [i, j] -> dense(i), compressed(j / c), dense(j % c)

// Rows of stored columns in blocks of c columns: block by block, so that what a block reads stays in the cache.
format csr_blocks(c) = [i, j] -> dense(j / c), dense(i), compressed(j % c)

// Columns of blocks of n rows, whose pattern is written into code: a statement for every non-zero.
format code_blocks(n) = [i, j] -> dense(i / n), dense(j), coded(i % n)

// A bit for every element, and the stored ones.
format bits(w) = [i, j] -> dense(i), dense(j / w), bitmask(j % w)

// Rows with a bit for every column.
format bit_rows = [i, j] -> dense(i), bitmask(j)

// At most n stored in every group of m along the row.
format nm(n, m) = [i, j] -> dense(i), dense(j / m), pick(n)(j % m)

// Filters [out, in, height, width] whose stored inputs have dense windows.
format filter_channels = [o, c, r, s] -> dense(o), compressed(c), dense(r), dense(s)

// Filters as rows of stored elements.
format filter_rows = [o, c, r, s] -> dense(o), compressed((c * extent(r) + r) * extent(s) + s)

// Filters in groups of n outputs that share their stored inputs.
format filter_panels(n) = [o, c, r, s] -> dense(o / n), compressed(c), dense(r), dense(s), dense(o % n)

// Filters as rows of stored elements in blocks of n inputs: block by block and height by height, so that what a block
// reads stays in the cache.
format filter_blocks(n) = [o, c, r, s] -> dense(c / n), dense(r), dense(o), compressed((c % n) * extent(s) + s)

// Filters in blocks of n outputs, whose pattern is written into code: a statement for every non-zero.
format filter_code_blocks(n) = [o, c, r, s] -> dense(o / n), dense(c), dense(r), dense(s), coded(o % n)
