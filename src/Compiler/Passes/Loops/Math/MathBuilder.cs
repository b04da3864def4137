using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Writes the arithmetic of a library function: names for what is used twice, constants in the lanes of the operand.</summary>
internal sealed class MathBuilder(LoopNames names)
{
    /// <summary>The named steps so far.</summary>
    public List<Stmt> Statements { get; } = [];

    /// <summary>Names a value, so that it is computed once.</summary>
    public LoopExpr Name(string hint, LoopExpr value)
    {
        if (value is LoopExpr.Const)
        {
            return value;
        }

        var variable = names.Variable(hint, value.Type);
        Statements.Add(new Stmt.Let(variable, value));
        return variable.Read();
    }

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
