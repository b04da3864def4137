using System.Collections.Immutable;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Writes the arithmetic of a library function: names for what is used twice, constants in the lanes of the operand.</summary>
internal sealed class MathBuilder(LoopNames names, Target target)
{
    private bool rounds;

    /// <summary>The named steps so far.</summary>
    public List<Stmt> Statements { get; } = [];

    /// <summary>Writes a function out.</summary>
    /// <param name="call">The call.</param>
    /// <param name="function">Gives its value, and names what it computes on the way.</param>
    /// <param name="isExact">Whether fused multiply-adds must stay so on machines without them.</param>
    public LoopExpr Expand(LoopExpr.Op call, Func<MathBuilder, ImmutableArray<LoopExpr>, LoopExpr> function, bool isExact)
    {
        rounds = !isExact && !target.HasFma;
        return Rounded(function(this, call.Children));
    }

    /// <summary>Names a value, so that it is computed once.</summary>
    public LoopExpr Name(string hint, LoopExpr value)
    {
        value = Rounded(value);
        if (value is LoopExpr.Const)
        {
            return value;
        }

        var variable = names.Variable(hint, value.Type);
        Statements.Add(new Stmt.Let(variable, value));
        return variable.Read();
    }

    // Product and sum apart. An argument is written out before the function is, so what it keeps exact is named by then or has its own operands only.
    private LoopExpr Rounded(LoopExpr value) =>
        rounds ? value.Rewrite(e => e is LoopExpr.Op { Operation: var op, Children: [var a, var b, var c] } && op == MachineOps.Fma ? LoopOps.Add(LoopOps.Mul(a, b), c) : e) : value;

    /// <summary>A number like x: same type and lanes.</summary>
    public static LoopExpr Like(LoopExpr x, double value) => LoopOps.Const((float)value, x.Type);

    /// <summary>An i32 in the lanes of x.</summary>
    public static LoopExpr Int(LoopExpr x, long value) => LoopOps.Const(value, x.Type with { Element = ElementType.I32 });

    /// <summary>c[0]*x^n + … + c[n], by Horner with fma.</summary>
    public static LoopExpr Polynomial(LoopExpr x, params double[] coefficients) =>
        coefficients.Skip(1).Aggregate(Like(x, coefficients[0]), (sum, c) => LoopOps.Fma(sum, x, Like(x, c)));

    /// <summary>The bits of an f32.</summary>
    public static LoopExpr Bits(LoopExpr x) => new LoopExpr.BitCast(ElementType.I32, x);

    /// <summary>The f32 with these bits.</summary>
    public static LoopExpr FromBits(LoopExpr bits) => new LoopExpr.BitCast(ElementType.F32, bits);

    /// <summary>Whether x is a number.</summary>
    public static LoopExpr IsNumber(LoopExpr x) => LoopOps.Of(CoreOps.Eq, x, x);

    /// <summary>Magnitude with the sign of another value.</summary>
    public static LoopExpr CopySign(LoopExpr magnitude, LoopExpr sign) => FromBits(LoopOps.Of(
        MachineOps.BitOr, Bits(magnitude), LoopOps.Of(MachineOps.BitAnd, Bits(sign), Int(sign, int.MinValue))));
}
