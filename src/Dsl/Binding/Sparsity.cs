using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Dsl.Binding;

/// <summary>
/// What is sparse in a tensor. Promises (about weights) do not change what a program means and are checked when weights are loaded;
/// selections (on values) do change it.
/// </summary>
public abstract record Sparsity
{
    private Sparsity()
    {
    }

    /// <summary>Whether this is a promise about data rather than an operation.</summary>
    public virtual bool IsPromise => true;

    /// <summary><c>@dense</c>: no zeros are expected; also undoes an outer annotation.</summary>
    public sealed record Dense : Sparsity;

    /// <summary><c>@unstructured(zeros &gt;= 90%)</c></summary>
    /// <param name="MinZeros">Promised fraction of zeros, 0 to 1; 0 when not said.</param>
    public sealed record Unstructured(double MinZeros) : Sparsity;

    /// <summary><c>@block(4, 1, zeros &gt;= 70%)</c>: zeros come as whole blocks of the matrix of the first index and all others.</summary>
    public sealed record Block(int Rows, int Columns, double MinZeros) : Sparsity;

    /// <summary><c>@nm(2, 4)</c>: at most N non-zeros in every aligned group of M along the last index that is longer than 1.</summary>
    public sealed record NOfM(int N, int M) : Sparsity;

    /// <summary><c>@mask("file.npy")</c>: zero wherever the mask in the file is zero. Applied to the weights, so it changes the meaning.</summary>
    public sealed record MaskFile(string Path) : Sparsity
    {
        /// <inheritdoc/>
        public override bool IsPromise => false;
    }

    /// <summary><c>@channels(zeros &gt;= 30%)</c>: whole output channels (first index) are zero.</summary>
    public sealed record Channels(double MinZeros) : Sparsity;

    /// <summary><c>@topk(k, statistical, expect: 8%)</c>: along the last index only the k largest survive; ties go to the lower index.</summary>
    public sealed record TopK(Dim K, bool Statistical, double? Expect) : Sparsity
    {
        /// <inheritdoc/>
        public override string ToString() => "@topk";

        /// <inheritdoc/>
        public override bool IsPromise => false;
    }

    /// <summary><c>@threshold(0.1, expect: 50%)</c>: only elements of larger magnitude survive.</summary>
    /// <param name="Value">The threshold, or the path of the parameter that holds one per channel.</param>
    /// <param name="Parameter">The parameter, when not a number.</param>
    /// <param name="PerChannel">Whether the parameter has one entry per element of the last index.</param>
    /// <param name="Expect">Expected density, 0 to 1.</param>
    public sealed record Threshold(double Value, string? Parameter, bool PerChannel, double? Expect) : Sparsity
    {
        /// <inheritdoc/>
        public override string ToString() => "@threshold";

        /// <inheritdoc/>
        public override bool IsPromise => false;
    }
}

/// <summary>One level of a storage format as written: <c>compressed(j / c)</c>, <c>pick(n)(j % m)</c>.</summary>
/// <param name="Kind">dense, compressed, singleton, bitmask or pick.</param>
/// <param name="Argument">The integer in <c>pick(n)</c>; null otherwise.</param>
/// <param name="Index">Which coordinate the level stores, over the format's indices.</param>
public sealed record BoundLevel(string Kind, int? Argument, Dim Index);

/// <summary>A storage format with all its integer parameters filled in: <c>[i, j] -&gt; dense(i), compressed(j)</c>.</summary>
/// <param name="Name">As the user wrote it, for messages: <c>bsr(4, 4)</c>.</param>
/// <param name="Indices">Names of the logical indices, outermost first.</param>
/// <param name="Levels">Levels, outermost first.</param>
public sealed record BoundFormat(string Name, ImmutableArray<string> Indices, ImmutableArray<BoundLevel> Levels);
