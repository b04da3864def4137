using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Loops;

/// <summary>Products of packed numbers (<see cref="MachineOps.Dot4"/>, <see cref="MachineOps.Dot2"/>) in terms of other operations, for machines and lanes without an instruction.</summary>
public static class PackedDots
{
    /// <summary>The same value without a packed product at its root; operands are written several times, so they should be variables or constants.</summary>
    public static LoopExpr Expand(LoopExpr.Op op) => op.Operation == MachineOps.Dot4 ? Bytes(op) : Halves(op);

    private static LoopExpr Bytes(LoopExpr.Op op)
    {
        var (a, b, sum) = (op.Children[0], op.Children[1], op.Children[2]);
        for (var i = 0; i < 4; i++)
        {
            var unsigned = LoopOps.Of(MachineOps.BitAnd, i == 0 ? a : LoopOps.Of(MachineOps.ShiftRight, a, Number(8 * i, a.Type)), Number(255, a.Type));
            var top = i == 3 ? b : LoopOps.Of(MachineOps.ShiftLeft, b, Number(24 - (8 * i), b.Type));
            sum = LoopOps.Add(LoopOps.Mul(unsigned, LoopOps.Of(MachineOps.ShiftRight, top, Number(24, b.Type))), sum);
        }

        return sum;
    }

    private static LoopExpr Halves(LoopExpr.Op op)
    {
        var (a, b, sum) = (op.Children[0], op.Children[1], op.Children[2]);
        return LoopOps.Fma(Low(a), Low(b), LoopOps.Fma(High(a), High(b), sum));

        // The bits of a bf16 are the upper half of those of the same f32.
        static LoopExpr High(LoopExpr pair) => Single(LoopOps.Of(MachineOps.BitAnd, pair, Number(-65536, pair.Type)));
        static LoopExpr Low(LoopExpr pair) => Single(LoopOps.Of(MachineOps.ShiftLeft, pair, Number(16, pair.Type)));
        static LoopExpr Single(LoopExpr bits) => new LoopExpr.BitCast(ElementType.F32, bits);
    }

    private static LoopExpr Number(long value, LoopType type) => LoopOps.Const(value, type);
}
