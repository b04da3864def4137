using System.Collections.Immutable;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Pipeline;

/// <summary>Chooses how every parameter and constant is stored.</summary>
/// <remarks>Needs: nothing. Gives: a format for each. What the user asked for wins; else a promise about zeros leads to the format that fits it.</remarks>
internal static class StorageChoice
{
    /// <summary>Runs the pass.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="ignoresSparsity">Everything becomes dense.</param>
    public static Graph Run(Graph graph, bool ignoresSparsity) => Rewriter.Rewrite(graph, node => node switch
    {
        ParamNode { Format: null } p => p.WithFormat(Choose(p.Type, ignoresSparsity ? null : p.Requested, ignoresSparsity ? null : p.Sparsity)),
        ConstantNode { Format: null } c => c.WithFormat(Choose(c.Type, ignoresSparsity ? null : c.Source?.Requested, ignoresSparsity ? null : c.Source?.Sparsity)),
        _ => node,
    });

    private static Format Choose(TensorType type, BoundFormat? requested, Sparsity? sparsity) => (requested, sparsity) switch
    {
        ({ } format, _) => new Format(format),
        (null, Sparsity.Unstructured) when type.Rank == 2 => Named("csr", Level("dense", "i"), Level("compressed", "j")),
        (null, Sparsity.NOfM nm) when type.Rank == 2 && type.Shape[1].Constant % nm.M == 0 => Grouped(nm),
        _ => Format.Dense(type.Rank),
    };

    private static Format Grouped(Sparsity.NOfM nm)
    {
        var (j, m) = (Dim.Symbol("j"), Dim.Const(nm.M));
        return Named(
            FormattableString.Invariant($"nm({nm.N}, {nm.M})"),
            Level("dense", "i"), new BoundLevel("dense", null, Dim.FloorDiv(j, m)), new BoundLevel("pick", nm.N, Dim.Mod(j, m)));
    }

    private static BoundLevel Level(string kind, string index) => new(kind, null, Dim.Symbol(index));

    private static Format Named(string name, params BoundLevel[] levels) => new(new BoundFormat(name, ImmutableArray.Create("i", "j"), [.. levels]));
}
