namespace SparseDsl.Examples.Ocr;

/// <summary>Float values in row-major order with the shape that reads them, e.g. batch × channels × height × width.</summary>
/// <param name="Shape">The length of every dimension, outermost first.</param>
/// <param name="Values">As many values as the product of the shape.</param>
public sealed record Tensor(int[] Shape, float[] Values);
