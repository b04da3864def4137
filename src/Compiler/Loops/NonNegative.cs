using SparseDsl.Dsl;

namespace SparseDsl.Compiler.Loops;

/// <summary>Knows which integer values cannot be negative, so that floor division is ordinary division; and which come from data, where a divisor may be 0.</summary>
public sealed class NonNegative
{
    private readonly HashSet<Variable> variables = [];
    private readonly HashSet<Variable> data = [];

    /// <summary>Records that an immutable variable is never negative.</summary>
    public void Add(Variable variable) => variables.Add(variable);

    /// <summary>Records that an immutable variable is computed from elements of tensors.</summary>
    public void AddData(Variable variable) => data.Add(variable);

    /// <summary>What is known of a variable outside, for the method it is passed to.</summary>
    public void Copy(NonNegative outside, Variable variable)
    {
        if (outside.variables.Contains(variable))
        {
            variables.Add(variable);
        }

        if (outside.data.Contains(variable))
        {
            data.Add(variable);
        }
    }

    /// <summary>Whether a value hangs on elements of tensors, and not on extents and loop variables only.</summary>
    public bool IsData(LoopExpr value) => value switch
    {
        LoopExpr.Load or LoopExpr.Gather or LoopExpr.Expand or LoopExpr.TileGet => true,
        LoopExpr.Var variable => data.Contains(variable.Variable),
        _ => value.Children.Any(IsData),
    };

    /// <summary>Whether a value cannot be negative.</summary>
    public bool Holds(LoopExpr value) => value switch
    {
        LoopExpr.Const constant => constant.Value >= 0,
        _ when value.Type.Element == ElementType.U32 => true,
        LoopExpr.Var variable => variables.Contains(variable.Variable),
        LoopExpr.CountBits => true,
        LoopExpr.Load or LoopExpr.Gather or LoopExpr.Expand => value.Type.Element is ElementType.U8 or ElementType.U16,
        LoopExpr.Cast or LoopExpr.Splat => Holds(value.Children[0]),
        LoopExpr.Ramp ramp => ramp.Step >= 0 && Holds(ramp.Children[0]),
        LoopExpr.Op op => Operation(op),
        _ => false,
    };

    private bool Operation(LoopExpr.Op op) => op.Operation.Name switch
    {
        "add" or "mul" => op.Children.All(Holds) && !IsData(op), // extents stay below 2^31, sums and products of elements wrap
        "div" or "min" or "bitor" => op.Children.All(Holds),
        "mod" => Holds(op.Children[1]),
        "max" or "bitand" => op.Children.Any(Holds),
        "shr" => Holds(op.Children[0]),
        "select" => Holds(op.Children[1]) && Holds(op.Children[2]),
        _ => false,
    };
}
