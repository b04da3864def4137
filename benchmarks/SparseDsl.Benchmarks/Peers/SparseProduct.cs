namespace SparseDsl.Benchmarks;

/// <summary>A matrix product <c>y[M, N] = w[M, K] . x[K, N]</c> whose weight has zeros, as sparse peers take it.</summary>
/// <param name="Weight">M times K elements, row by row.</param>
/// <param name="Rows">M.</param>
/// <param name="Inner">K.</param>
/// <param name="Columns">N; 1 for a vector.</param>
/// <param name="Input">K times N elements, row by row.</param>
internal sealed record SparseProduct(float[] Weight, int Rows, int Inner, int Columns, float[] Input);
