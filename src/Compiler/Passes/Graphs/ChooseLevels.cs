using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Graphs;

/// <summary>Why a weight is stored as it is; shown by <c>explain</c>.</summary>
/// <param name="Tensor">Path of the parameter, or name of the folded constant.</param>
/// <param name="Format">The chosen storage.</param>
/// <param name="Density">Non-zeros over elements; null when weights are not loaded.</param>
/// <param name="Stored">Stored elements over elements, padding and zeros inside blocks included.</param>
/// <param name="Reason">One sentence.</param>
public sealed record LevelDecision(string Tensor, Format Format, double? Density, double? Stored, string Reason);

/// <summary>Chooses a storage level for every index of every weight.</summary>
/// <remarks>
/// Needs: normal form. Gives: a format for every parameter and constant.
/// What the user asked for with <c>@format</c> is taken. Else a weight is stored sparse when its density is below the point at which the sparse loop has been
/// seen to win: with lanes along another output index the loop over non-zeros reuses each of them for whole vectors; without, every non-zero costs scalar work.
/// </remarks>
public static class ChooseLevels
{
    /// <summary>Below this density a sum with lanes along another index is faster over stored elements only.</summary>
    public const double VectorCrossover = 0.55;

    /// <summary>The same for sums whose lanes would run along the sparse index: one scalar step for each non-zero.</summary>
    public const double ScalarCrossover = 0.12;

    private const int SmallestSparse = 1024;

    /// <summary>Runs the pass.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="weights">A parameter's tensor by path, or null when it is not loaded.</param>
    /// <param name="diagnostics">Is told of annotations that do not pay.</param>
    /// <param name="decisions">Is told of every choice; may be null.</param>
    public static Graph Run(Graph graph, Func<string, TensorData?> weights, DiagnosticBag diagnostics, ICollection<LevelDecision>? decisions = null)
    {
        var users = graph.Nodes.OfType<ComputeNode>().SelectMany(n => n.Operands.Select(o => (o.Name, User: n))).ToLookup(u => u.Name, u => u.User, StringComparer.Ordinal);
        return Rewriter.Rewrite(graph, node =>
        {
            if (node is not (ParamNode or ConstantNode))
            {
                return node;
            }

            var decision = Decide(node, [.. users[node.Name]], weights, diagnostics);
            decisions?.Add(decision);
            return node is ParamNode param ? param.WithFormat(decision.Format) : ((ConstantNode)node).WithFormat(decision.Format);
        });
    }

    private static LevelDecision Decide(Node node, ComputeNode[] users, Func<string, TensorData?> weights, DiagnosticBag diagnostics)
    {
        var source = node as ParamNode ?? ((ConstantNode)node).Source;
        var data = node is ConstantNode constant ? constant.Data : weights(((ParamNode)node).Path);
        var name = source?.Path ?? node.Name;
        var dense = Format.Dense(node.Type.Rank);
        double? density = data is null || data.Count == 0 ? null : (double)data.CountNonZeros() / data.Count;
        if (source?.Requested is { } requested)
        {
            return new LevelDecision(name, new Format(requested), density, null, "asked for with @format");
        }

        if (source?.Sparsity is Sparsity.Dense)
        {
            return new LevelDecision(name, dense, density, 1, "asked for with @dense");
        }

        if (data is null || node.Type.Count.Constant is null or < SmallestSparse || Candidate(node, source?.Sparsity) is not { } candidate)
        {
            return new LevelDecision(name, dense, density, 1, data is null ? "weights are not loaded" : "small, or not a matrix or filter");
        }

        var stored = candidate.Stored(data);
        var crossover = users.All(u => HasLanesElsewhere(u, node)) && users.Length > 0 ? VectorCrossover : ScalarCrossover;
        if (users.All(u => CanWalk(u, node)) && stored <= crossover)
        {
            return new LevelDecision(name, candidate.Format, density, stored, $"{Percent(stored)} of the elements are stored, below the crossover of {Percent(crossover)}");
        }

        if (source?.Sparsity is { IsPromise: true } promise)
        {
            diagnostics.Report(LoweringDiagnostics.DoesNotPay, source.AnnotationLocation ?? source.Origin.Location, name, Percent(stored), Percent(crossover));
            return new LevelDecision(name, dense, density, 1, $"{Percent(stored)} would be stored, above the crossover of {Percent(crossover)}; the promise {promise.GetType().Name} does not pay");
        }

        return new LevelDecision(name, dense, density, 1, $"{Percent(stored)} would be stored, above the crossover of {Percent(crossover)}");
    }

    private static string Percent(double fraction) => (fraction * 100).ToString("0.#", CultureInfo.InvariantCulture) + "%";

    /// <summary>A product in a sum, read with plain subscripts: what lowering can walk without reading anything twice.</summary>
    private static bool CanWalk(ComputeNode user, Node weight)
    {
        var reads = user.Body.All().OfType<ScalarExpr.Read>().Where(r => ReferenceEquals(user.Operands[r.Operand], weight)).ToArray();
        return user.Reduction is { Kind: ReduceKind.Sum } sum && reads.Length == 1 && Factors(sum.Body).Contains(reads[0])
            && reads[0].Subscripts.All(s => s.SymbolName is not null || s.Constant is not null);
    }

    private static IEnumerable<ScalarExpr> Factors(ScalarExpr expr) =>
        expr is ScalarExpr.Apply apply && apply.Op == CoreOps.Mul ? apply.Arguments.SelectMany(Factors) : [expr];

    /// <summary>Whether the innermost output index is none of the weight's: it can be lanes while the non-zeros are walked.</summary>
    private static bool HasLanesElsewhere(ComputeNode user, Node weight)
    {
        var read = user.Body.All().OfType<ScalarExpr.Read>().FirstOrDefault(r => ReferenceEquals(user.Operands[r.Operand], weight));
        var inner = user.Indices.LastOrDefault(i => i.Extent.Constant != 1);
        return read is not null && inner is not null && !read.Subscripts.Any(s => s.Mentions(inner.Name));
    }

    private static SparseCandidate? Candidate(Node node, Sparsity? sparsity)
    {
        var (rows, columns) = sparsity is Sparsity.Block block ? (block.Rows, block.Columns) : (1, 1);
        return node.Type.Rank switch
        {
            2 => new SparseCandidate(rows, columns, ["i", "j"]),
            4 => new SparseCandidate(rows, columns, ["o", "c", "r", "s"]),
            _ => null,
        };
    }

    /// <summary>Rows dense, columns compressed, in blocks; a filter's window stays whole.</summary>
    private sealed class SparseCandidate(int rows, int columns, ImmutableArray<string> indices)
    {
        public Format Format
        {
            get
            {
                var i = Dim.Symbol(indices[0]);
                var j = Dim.Symbol(indices[1]);
                var levels = ImmutableArray.CreateBuilder<BoundLevel>();
                levels.Add(new BoundLevel("dense", null, Dim.FloorDiv(i, Dim.Const(rows))));
                levels.Add(new BoundLevel("compressed", null, Dim.FloorDiv(j, Dim.Const(columns))));
                if (rows > 1)
                {
                    levels.Add(new BoundLevel("dense", null, Dim.Mod(i, Dim.Const(rows))));
                }

                if (columns > 1)
                {
                    levels.Add(new BoundLevel("dense", null, Dim.Mod(j, Dim.Const(columns))));
                }

                levels.AddRange(indices.Skip(2).Select(w => new BoundLevel("dense", null, Dim.Symbol(w))));
                var name = rows * columns > 1 ? FormattableString.Invariant($"bsr({rows}, {columns})") : "csr";
                return new Format(new BoundFormat(name, indices, levels.ToImmutable()));
            }
        }

        /// <summary>The fraction of elements in blocks (and windows) that hold a non-zero.</summary>
        public double Stored(TensorData data)
        {
            var window = data.Shape.Skip(2).Aggregate(1, (a, b) => a * b);
            var (height, width) = (data.Shape[0], data.Shape[1]);
            var values = data.ToDoubles();
            var kept = new HashSet<(int, int)>();
            for (var i = 0; i < height; i++)
            {
                for (var j = 0; j < width * window; j++)
                {
                    if (values[(i * width * window) + j] != 0)
                    {
                        kept.Add((i / rows, j / window / columns));
                    }
                }
            }

            return kept.Count * (double)(rows * columns * window) / values.Length;
        }
    }
}
