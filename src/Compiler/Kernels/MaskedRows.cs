using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Kernels;

/// <summary>
/// Rows of a weight stored as bits and packed values, times vectors: values are expanded to where their bits are, so that lanes run along the row and the
/// other operand is loaded as it lies.
/// </summary>
/// <remarks>
/// <code>
/// for words of a row
///   w = expand(values, next, bits)
///   acc = fma(w, x[..lanes] under bits, acc)
///   next += number of bits
/// y = sum of the lanes
/// </code>
/// What is not stored stays out of the sum whatever the other operand holds. Half the elements zero, the weight is 53 % of its dense bytes, which is what
/// a product with a single vector costs.
/// </remarks>
internal static class MaskedRows
{
    /// <summary>The loops that add the row's products to sums of one lane; null where the storage or the nest does not fit.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="nest">The nest.</param>
    /// <param name="schedule">Its schedule, without lanes.</param>
    /// <param name="target">What the code is for.</param>
    /// <param name="sparse">The loops over the operand.</param>
    /// <param name="sums">The sums: rows of the schedule, one lane each.</param>
    /// <param name="rows">How many there are.</param>
    /// <param name="rowValue">The value of the schedule's row index in each.</param>
    public static Stmt? Of(
        KernelBuilder kernel, Nest nest, Schedule schedule, Target target, SparseLoops sparse, Accumulators sums, int rows, Func<int, LoopExpr> rowValue)
    {
        var lanes = target.Lanes(ElementType.F32.Size());
        if (schedule.Vector is not null || !target.HasMasks || nest.Reduce is not { Kind: ReduceKind.Sum, Type: ElementType.F32 } reduce || !Fits(nest, sparse, out var weight, out var index))
        {
            return null;
        }

        var chains = new Dictionary<int, Accumulators>();
        var loops = sparse.AroundLast(level => sparse.Walk.Masked(level, lanes, Step)!);
        return loops is null ? null : Loop.Block(
        [
            .. chains.Values.SelectMany(c => c.Declare()), loops, .. chains[0].Add([.. chains.Values]),
            .. Enumerable.Range(0, rows).Select(r => new Stmt.Assign(sums[r, 0], new LoopExpr.Horizontal(ReduceKind.Sum, Loop.Get(chains[0][r, 0])))),
        ]);

        Stmt Step(LoopExpr first, LoopExpr position, LoopExpr mask, int group)
        {
            if (!chains.TryGetValue(group, out var chain))
            {
                chains.Add(group, chain = new Accumulators(kernel, reduce, rows, 1, lanes));
            }

            var lowering = new ScalarLowering(kernel, nest.Address, index, schedule.Row) { Lanes = lanes, MaskOf = _ => mask, RowValue = rowValue, VectorValue = _ => first };
            lowering.SetKnown(weight!, 0, 0, lowering.Name("w", new LoopExpr.Expand(nest.Address(weight!).Buffer, position, mask)));

            // Elsewhere both factors are 0; other terms need not be.
            var isProduct = SumOfProducts.Factors(reduce.Body).All(f => f is ScalarExpr.Read);
            return Loop.Block([.. chain.Step(lowering, isProduct ? null : mask)]);
        }
    }

    private static bool Fits(Nest nest, SparseLoops sparse, out ScalarExpr.Read? weight, out string? index)
    {
        var last = sparse.Walk.LastOwn;
        ScalarExpr.Read[] reads = [.. nest.Reduce!.Body.All().OfType<ScalarExpr.Read>().Distinct()];
        weight = reads.FirstOrDefault(r => nest.Address(r).Offset.Equals(sparse.Walk.Value));
        var name = last >= 0 && sparse.Walk.Bound[last].Length == 1 && sparse.Walk.Levels[last].IsMasked ? sparse.Walk.Bound[last][0] : null;
        index = name;
        var driver = weight;
        return name is not null && driver is { Type: ElementType.F32 } && nest.Reduce.Body.All().All(e => e is ScalarExpr.Reduce || e.Type == ElementType.F32)
            && reads.Where(r => !ReferenceEquals(r, driver)).All(r => nest.Address(r).Guards.Length == 0
                && !nest.Address(r).Offset.Equals(sparse.Walk.Value) && Linear.In(nest.Address(r).Offset, name)?.Coefficient.Constant is >= 0 and <= 4);
    }
}
