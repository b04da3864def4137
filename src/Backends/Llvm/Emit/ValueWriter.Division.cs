using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.Llvm.Emit;

/// <content>Integer division as <see cref="SparseDsl.Dsl.Scalars.IntegerArithmetic"/> has it: rounded down, 0 for a divisor of 0.</content>
internal partial class ValueWriter
{
    private string Divide(LoopExpr.Op op)
    {
        var (a, b) = (Write(op.Children[0]), Write(op.Children[1]));
        var (type, t) = (Held(op.Type), LlvmTypes.Of(Held(op.Type)));
        return IsUnsigned(op) ? f.Set($"udiv {t} {a}, {b}")
            : PowerOfTwo(op.Children[1]) is { } bits
                ? f.Set($"{(op.Type.Element == ElementType.U32 ? "lshr" : "ashr")} {t} {a}, {LlvmTypes.Integer(bits, LlvmTypes.Register(type.Element), type.Lanes)}")
            : FloorDivide(type, a, b);
    }

    private string Modulo(LoopExpr.Op op)
    {
        var (a, b) = (Write(op.Children[0]), Write(op.Children[1]));
        var (type, t) = (Held(op.Type), LlvmTypes.Of(Held(op.Type)));
        if (IsUnsigned(op))
        {
            return f.Set($"urem {t} {a}, {b}");
        }

        if (PowerOfTwo(op.Children[1]) is { } bits)
        {
            return f.Set($"and {t} {a}, {LlvmTypes.Integer((1L << bits) - 1, LlvmTypes.Register(type.Element), type.Lanes)}");
        }

        var rest = f.Set($"sub {t} {a}, {f.Set($"mul {t} {b}, {FloorDivide(type, a, b)}")}");
        return f.Set($"select {LlvmTypes.Vector("i1", type.Lanes)} {IsZero(type, b)}, {t} {LlvmTypes.Constant(0, type)}, {t} {rest}");
    }

    /// <summary>The quotient rounded down.</summary>
    public string FloorDivide(LoopType type, string a, string b)
    {
        var (t, bools, zero, one) = (LlvmTypes.Of(type), LlvmTypes.Vector("i1", type.Lanes), LlvmTypes.Constant(0, type), LlvmTypes.Constant(1, type));
        var isZero = IsZero(type, b);
        if (type.Element == ElementType.U32)
        {
            var safe = f.Set($"select {bools} {isZero}, {t} {one}, {t} {b}");
            return f.Set($"select {bools} {isZero}, {t} {zero}, {t} {f.Set($"udiv {t} {a}, {safe}")}");
        }

        // The machine traps for a divisor of 0, and for the smallest number over -1, which wraps to itself.
        var isMinusOne = f.Set($"icmp eq {t} {b}, {LlvmTypes.Constant(-1, type)}");
        var divisor = f.Set($"select {bools} {f.Set($"or {bools} {isZero}, {isMinusOne}")}, {t} {one}, {t} {b}");
        var quotient = f.Set($"sdiv {t} {a}, {divisor}");
        var isInexact = f.Set($"icmp ne {t} {f.Set($"mul {t} {quotient}, {divisor}")}, {a}");
        var isNegative = f.Set($"icmp slt {t} {f.Set($"xor {t} {a}, {divisor}")}, {zero}");
        var less = f.Set($"sub {t} {quotient}, {one}");
        var floor = f.Set($"select {bools} {f.Set($"and {bools} {isInexact}, {isNegative}")}, {t} {less}, {t} {quotient}");
        var negated = f.Set($"select {bools} {isMinusOne}, {t} {f.Set($"sub {t} {zero}, {a}")}, {t} {floor}");
        return f.Set($"select {bools} {isZero}, {t} {zero}, {t} {negated}");
    }

    private string IsZero(LoopType type, string value) => f.Set($"icmp eq {LlvmTypes.Of(type)} {value}, {LlvmTypes.Constant(0, type)}");

    // Extents and their products are not 0 where a loop over them runs; elements of tensors may be.
    private bool IsUnsigned(LoopExpr.Op op) => scope.NonNegative.Holds(op.Children[0]) && op.Children[1] switch
    {
        LoopExpr.Const constant => constant.Value > 0,
        LoopExpr.Splat { Children: [LoopExpr.Const constant] } => constant.Value > 0,
        var divisor => op.Type.Lanes == 1 && scope.NonNegative.Holds(divisor) && !scope.NonNegative.IsData(divisor),
    };

    // k when the value is the constant 2^k.
    private static int? PowerOfTwo(LoopExpr value) => value switch
    {
        LoopExpr.Splat splat => PowerOfTwo(splat.Children[0]),
        LoopExpr.Const { Value: > 0 and < 4294967296.0 } constant when long.IsPow2((long)constant.Value) => (int)long.Log2((long)constant.Value),
        _ => null,
    };
}
