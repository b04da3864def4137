using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>Knows which integer values cannot be negative, so that floor division is ordinary division.</summary>
internal sealed class NonNegative
{
    private readonly HashSet<Variable> variables = [];

    /// <summary>Records that an immutable variable is never negative.</summary>
    public void Add(Variable variable) => variables.Add(variable);

    public bool Holds(LoopExpr value) => value switch
    {
        LoopExpr.Const constant => constant.Value >= 0,
        LoopExpr.Var variable => variables.Contains(variable.Variable),
        LoopExpr.Load or LoopExpr.Gather => value.Type.Element is ElementType.U8 or ElementType.U16 or ElementType.U32,
        LoopExpr.Cast or LoopExpr.Splat => Holds(value.Children[0]),
        LoopExpr.Ramp ramp => ramp.Step >= 0 && Holds(ramp.Children[0]),
        LoopExpr.Op op => value.Type.Element == ElementType.U32 || Operation(op),
        _ => false,
    };

    private bool Operation(LoopExpr.Op op) => op.Operation.Name switch
    {
        "add" or "mul" or "div" or "min" or "bitor" => op.Children.All(Holds),
        "mod" => Holds(op.Children[1]),
        "max" or "bitand" => op.Children.Any(Holds),
        "shr" => Holds(op.Children[0]),
        "select" => Holds(op.Children[1]) && Holds(op.Children[2]),
        _ => false,
    };
}
