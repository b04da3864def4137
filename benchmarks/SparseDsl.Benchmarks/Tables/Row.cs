using SparseDsl.Measurement.Programs;

namespace SparseDsl.Benchmarks.Tables;

/// <summary>One way to say to our compiler how the weights of a row are stored.</summary>
/// <param name="Name">Column heading: <c>csr</c>, or <c>auto</c> where the compiler chooses.</param>
/// <param name="Program">The program with its data.</param>
internal sealed record Variant(string Name, SmallProgram Program);

/// <summary>A dense peer's model of the same operation.</summary>
/// <param name="Name">Column heading.</param>
/// <param name="Onnx">The bytes of the file.</param>
/// <param name="Input">Shape of its input, whose elements are those of our input.</param>
internal sealed record DensePeer(string Name, byte[] Onnx, int[] Input);

/// <summary>One row of a table: an operation whose weight has zeros, and all who compute it.</summary>
/// <param name="Name">Shape and zeros: <c>256x256x784 90%</c>.</param>
/// <param name="DenseFlop">Work of a dense call, a multiply-add counted as two.</param>
/// <param name="NonZeros">Fraction of the weight that is not zero.</param>
/// <param name="Dense">The same weight stored dense.</param>
/// <param name="Variants">Sparse storages.</param>
/// <param name="Peers">Dense peers.</param>
internal sealed record Row(string Name, double DenseFlop, double NonZeros, SmallProgram Dense, IReadOnlyList<Variant> Variants, IReadOnlyList<DensePeer> Peers)
{
    /// <summary>The product for sparse peers; null for what they do not compute.</summary>
    public SparseProduct? Product { get; init; }

    /// <summary>Elements of the one input.</summary>
    public float[] Input => Dense.Inputs.Values.Single().ToFloats();
}

/// <summary>A table that is made row by row, so that only one row's data is in memory.</summary>
/// <param name="Name">On the command line.</param>
/// <param name="Title">What is measured.</param>
/// <param name="Rows">Name of each row, and what makes it.</param>
internal sealed record Table(string Name, string Title, IReadOnlyList<(string Name, Func<Row> Make)> Rows)
{
    /// <summary>Whether sparse peers compute what its rows compute.</summary>
    public bool TakesSparsePeers { get; init; }

    /// <summary>All tables.</summary>
    public static IReadOnlyList<Table> All { get; } = [SparseMatrixTables.Unstructured, SparseMatrixTables.Blocks, SparseMatrixTables.NOfM, VectorTables.SparseWeights, MobileNet.Table];
}
