using SparseDsl.Backends.Llvm.Emit;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.Llvm.Ptx;

/// <summary>The number of iterations of a parallel loop, for those who launch it.</summary>
public sealed class PtxCount
{
    private readonly LoopExpr? value;
    private readonly IReadOnlyDictionary<Variable, LoopExpr> names;

    private PtxCount(LoopExpr? value, bool isOne, IReadOnlyDictionary<Variable, LoopExpr> names) => (this.value, IsOne, this.names) = (value, isOne, names);

    /// <summary>Of what is no loop.</summary>
    public static PtxCount One { get; } = new(Loop.Int(1), true, new Dictionary<Variable, LoopExpr>());

    /// <summary>Whether it is no loop.</summary>
    public bool IsOne { get; }

    /// <summary>Of a loop, over dims and names before it.</summary>
    internal static PtxCount Of(Stmt.For loop, IReadOnlyDictionary<Variable, LoopExpr> names) => new(Loop.Sub(loop.End, loop.Begin), false, names);

    /// <summary>The number, or null when only the GPU finds it in its memory.</summary>
    /// <param name="scalar">Values of dims and of lengths that data tells, by name.</param>
    public long? Evaluate(Func<string, long> scalar) => Evaluate(value!, scalar);

    /// <summary>The number as an expression of C over <c>int64_t</c>, or null.</summary>
    /// <param name="scalar">Dims in C by name; null for what has none.</param>
    public string? ToC(Func<string, string?> scalar) => ToC(value!, scalar);

    private long? Evaluate(LoopExpr expr, Func<string, long> scalar) => expr switch
    {
        LoopExpr.Const constant => (long)constant.Value,
        LoopExpr.Var { Variable: var variable } => names.TryGetValue(variable, out var named) ? Evaluate(named, scalar) : scalar(variable.Name),
        LoopExpr.Op { Children: [var left, var right] } op => (Evaluate(left, scalar), Evaluate(right, scalar)) is ({ } a, { } b) ? Apply(op.Operation.Name, a, b) : null,
        _ => null,
    };

    private static long? Apply(string operation, long a, long b) => operation switch
    {
        "add" => a + b,
        "sub" => a - b,
        "mul" => a * b,
        "min" => Math.Min(a, b),
        "max" => Math.Max(a, b),
        "div" => IntegerArithmetic.FloorDivide(a, b),
        "mod" => IntegerArithmetic.FloorModulo(a, b),
        _ => null,
    };

    private string? ToC(LoopExpr expr, Func<string, string?> scalar)
    {
        switch (expr)
        {
            case LoopExpr.Const constant:
                return LlvmTypes.Digits((long)constant.Value);
            case LoopExpr.Var { Variable: var variable }:
                return names.TryGetValue(variable, out var named) ? ToC(named, scalar) : scalar(variable.Name);
            case LoopExpr.Op { Children: [var left, var right] } op when ToC(left, scalar) is { } a && ToC(right, scalar) is { } b:
                return op.Operation.Name switch
                {
                    "add" => $"({a} + {b})",
                    "sub" => $"({a} - {b})",
                    "mul" => $"({a} * {b})",
                    "min" => $"({a} < {b} ? {a} : {b})",
                    "max" => $"({a} > {b} ? {a} : {b})",

                    // Extents: never negative.
                    "div" => $"({a} / {b})",
                    "mod" => $"({a} % {b})",
                    _ => null,
                };
            default:
                return null;
        }
    }
}
