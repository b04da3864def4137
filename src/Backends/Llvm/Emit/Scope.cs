using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl.Scalars;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Backends.Llvm.Emit;

/// <summary>Where a variable is: a value, or the stack slot of a register.</summary>
/// <param name="Value">The value of a variable that keeps it; null where <paramref name="Wide"/> or <paramref name="Slot"/> is given.</param>
/// <param name="Wide">The same number as an i64, of an index that is computed from extents and loop variables only.</param>
/// <param name="Slot">Address of a register.</param>
internal readonly record struct Place(string? Value, string? Wide = null, string? Slot = null);

/// <summary>What the writers know at a point of a kernel: values, addresses, loop depths.</summary>
internal sealed class Scope
{
    private readonly Dictionary<Variable, Place> variables = [];
    private readonly Dictionary<Variable, int> depths = [];
    private readonly Dictionary<Buffer, string> buffers = [];

    public NonNegative NonNegative { get; } = new();

    /// <summary>Of a kernel for a warp, where its threads wait for each other.</summary>
    public Ptx.WarpExchange? Exchange { get; init; }

    /// <summary>Number of loops around the current statement.</summary>
    public int Depth { get; set; }

    public void Declare(Variable variable, Place place, int depth)
    {
        variables[variable] = place;
        depths[variable] = depth;
    }

    public void Declare(Buffer buffer, string address) => buffers[buffer] = address;

    public Place this[Variable variable] => variables.TryGetValue(variable, out var place) ? place
        : throw new CompilerBugException($"the variable '{variable.Name}' is used outside its scope");

    public string this[Buffer buffer] => buffers.TryGetValue(buffer, out var address) ? address
        : throw new CompilerBugException($"the buffer '{buffer.Name}' is not a parameter of its kernel");

    /// <summary>The variable of a dim's name, or null.</summary>
    public Variable? Find(string name) => variables.Keys.FirstOrDefault(v => v.Name == name);

    /// <summary>The number of loops a value changes with: 0 for what stays the same during the kernel.</summary>
    public int DepthOf(LoopExpr value) => value switch
    {
        LoopExpr.Var variable => depths.GetValueOrDefault(variable.Variable, 0),
        LoopExpr.Load or LoopExpr.Gather or LoopExpr.Expand => Depth,
        _ => value.Children.Select(DepthOf).DefaultIfEmpty(0).Max(),
    };
}
