using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>The registers a reduction runs in: one for each row and vector of a tile.</summary>
internal sealed class Accumulators
{
    private const int MaxUnrolled = 25;

    private readonly KernelBuilder kernel;
    private readonly ScalarExpr.Reduce reduce;
    private readonly Variable[,] registers;

    public Accumulators(KernelBuilder kernel, ScalarExpr.Reduce reduce, int rows, int vectors, int lanes)
    {
        this.kernel = kernel;
        this.reduce = reduce;
        registers = new Variable[rows, vectors];
        for (var r = 0; r < rows; r++)
        {
            for (var t = 0; t < vectors; t++)
            {
                registers[r, t] = kernel.NewVariable(rows * vectors == 1 ? "acc" : FormattableString.Invariant($"acc_{r}_{t}"), new LoopType(reduce.Type, lanes));
            }
        }
    }

    private Accumulators(Accumulators whole)
    {
        kernel = whole.kernel;
        reduce = whole.reduce;
        registers = new Variable[whole.registers.GetLength(0), 1];
        for (var r = 0; r < registers.GetLength(0); r++)
        {
            registers[r, 0] = whole.registers[r, 0];
        }
    }

    /// <summary>Just the first vector of every row.</summary>
    public Accumulators First() => new(this);

    /// <summary>The register of an entry.</summary>
    public Variable this[int row, int vector] => registers[row, vector];

    /// <summary>Number of registers.</summary>
    public int Count => registers.Length;

    /// <summary>As many registers again, for part of the same reduction.</summary>
    public Accumulators Another() => new(kernel, reduce, registers.GetLength(0), registers.GetLength(1), registers[0, 0].Type.Lanes);

    /// <summary>Combines partial results in these registers, pairwise.</summary>
    public IEnumerable<Stmt> Add(IReadOnlyList<Accumulators> chains)
    {
        for (var r = 0; r < registers.GetLength(0); r++)
        {
            for (var t = 0; t < registers.GetLength(1); t++)
            {
                List<LoopExpr> parts = [.. chains.Select(c => Loop.Get(c[r, t]))];
                while (parts.Count > 1)
                {
                    parts = [.. Enumerable.Range(0, (parts.Count + 1) / 2).Select(i =>
                        (2 * i) + 1 < parts.Count ? Loop.Apply(reduce.Kind.Combine(), parts[2 * i], parts[(2 * i) + 1]) : parts[2 * i])];
                }

                yield return new Stmt.Assign(registers[r, t], parts[0]);
            }
        }
    }

    /// <summary>Gives every register the identity of the reduction.</summary>
    public IEnumerable<Stmt> Declare() =>
        registers.Cast<Variable>().Select(v => new Stmt.Local(v, new LoopExpr.Const(reduce.Kind.Identity(v.Type.Element), v.Type)));

    /// <summary>
    /// The loops over the reduction indices. Inner loops of few rounds are repeated in place: always the last one, and all together when a
    /// small tile (a depthwise window) would spend its time on loop control.
    /// </summary>
    /// <param name="indices">The reduction indices, outermost first.</param>
    /// <param name="lowering">Writes a step.</param>
    /// <param name="isInPlace">Whether everything is repeated in place that the size of a method allows: what is past an edge is known then.</param>
    public Stmt Loops(IReadOnlyList<IndexRange> indices, Func<ScalarLowering> lowering, bool isInPlace = false)
    {
        var repeated = 1L;
        var first = indices.Count;
        var budget = isInPlace ? int.MaxValue : Math.Max(3, MaxUnrolled / Math.Max(1, registers.Length / 2));
        budget = Math.Min(budget, CodeSize.MostStatements / CodeSize.OfStep(reduce, registers.GetLength(0), registers.GetLength(1)));
        while (first > 0 && indices[first - 1].Extent.Constant is { } extent && extent > 0 && repeated * extent <= budget)
        {
            repeated *= extent;
            first--;
        }

        var loops = indices.Take(first).Select(i => (Index: kernel.NewIndex(i.Name), Range: i)).ToArray();
        foreach (var (index, range) in loops)
        {
            kernel.Define(range.Name, Loop.Get(index));
        }

        var body = new List<Stmt>();
        Repeat([.. indices.Skip(first)], 0, body, lowering);
        var result = Loop.Block(body);
        foreach (var (index, range) in Enumerable.Reverse(loops))
        {
            result = new Stmt.For(LoopKind.Serial, index, Loop.Int(0), kernel.Lower(range.Extent), 1, result);
        }

        return result;
    }

    /// <summary>One step: the reduction's body into every register.</summary>
    public IEnumerable<Stmt> Step(ScalarLowering lowering, LoopExpr? mask = null)
    {
        for (var r = 0; r < registers.GetLength(0); r++)
        {
            for (var t = 0; t < registers.GetLength(1); t++)
            {
                var sum = Combined(reduce, lowering, r, t, Loop.Get(registers[r, t]));
                var kept = mask is null ? sum : Loop.Apply(CoreOps.Select, mask, sum, Loop.Get(registers[r, t]));
                lowering.Statements.Add(new Stmt.Assign(registers[r, t], kept));
            }
        }

        return lowering.Statements;
    }

    /// <summary>Puts the registers into memory, row by row, for an epilogue that is a loop over rows.</summary>
    public IEnumerable<Stmt> Stage(Loops.Buffer stage)
    {
        for (var r = 0; r < registers.GetLength(0); r++)
        {
            for (var t = 0; t < registers.GetLength(1); t++)
            {
                yield return new Stmt.Store(stage, Loop.Int(((r * registers.GetLength(1)) + t) * registers[r, t].Type.Lanes), Loop.Get(registers[r, t]));
            }
        }
    }

    /// <summary>Makes what <see cref="Stage"/> stored the value of the reduction in the epilogue of one row.</summary>
    public void Publish(ScalarLowering epilogue, Loops.Buffer stage, LoopExpr row)
    {
        for (var t = 0; t < registers.GetLength(1); t++)
        {
            var lanes = registers[0, t].Type.Lanes;
            var offset = Loop.Add(Loop.Mul(row, Loop.Int(registers.GetLength(1) * lanes)), Loop.Int(t * lanes));
            epilogue.SetKnown(reduce, 0, t, epilogue.Name("acc", new LoopExpr.Load(stage, offset, lanes)));
        }
    }

    /// <summary>Makes the registers the value of the reduction in an epilogue.</summary>
    public void Publish(ScalarLowering epilogue)
    {
        for (var r = 0; r < registers.GetLength(0); r++)
        {
            for (var t = 0; t < registers.GetLength(1); t++)
            {
                epilogue.SetKnown(reduce, r, t, Loop.Get(registers[r, t]));
            }
        }
    }

    private void Repeat(IndexRange[] indices, int depth, List<Stmt> body, Func<ScalarLowering> lowering)
    {
        if (depth == indices.Length)
        {
            body.AddRange(Step(lowering()));
            return;
        }

        for (var i = 0; i < indices[depth].Extent.Constant; i++)
        {
            kernel.Define(indices[depth].Name, Loop.Int(i));
            Repeat(indices, depth + 1, body, lowering);
        }
    }

    /// <summary>A sum so far with one more element. A product is written in place and gets no name: the loop passes fuse it with the sum where the machine can.</summary>
    public static LoopExpr Combined(ScalarExpr.Reduce reduce, ScalarLowering lowering, int row, int vector, LoopExpr sum)
    {
        if (reduce.Kind == ReduceKind.Sum && reduce.Type is ElementType.F32 or ElementType.F64
            && reduce.Body is ScalarExpr.Apply { Op: var op, Arguments: [var a, var b] } && op == CoreOps.Mul && a.Type == b.Type)
        {
            return Loop.Apply(CoreOps.Add, sum, Loop.Apply(CoreOps.Mul, lowering.Value(a, row, vector), lowering.Value(b, row, vector)));
        }

        if (reduce.Kind == ReduceKind.Sum && reduce.Body is ScalarExpr.Apply { Arguments: [var x, var w] } packed && ScalarLowering.Accumulating(packed.Op) is { } dot)
        {
            return Loop.Apply(dot, lowering.Value(x, row, vector), lowering.Value(w, row, vector), sum);
        }

        return Loop.Apply(reduce.Kind.Combine(), sum, ScalarLowering.Convert(lowering.Value(reduce.Body, row, vector), reduce.Type));
    }
}
