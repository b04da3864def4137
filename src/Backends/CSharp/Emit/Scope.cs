using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>What the writers know at a point of a kernel: names, loop depths, mask sizes, the target.</summary>
internal sealed class Scope(Target target, Names names)
{
    private readonly Dictionary<Variable, string> variables = [];
    private readonly Dictionary<Buffer, string> buffers = [];
    private readonly Dictionary<Variable, int> depths = [];
    private readonly Dictionary<Variable, ElementType> maskElements = [];

    public Target Target { get; } = target;

    public Names Names { get; } = names;

    public NonNegative NonNegative { get; } = new();

    /// <summary>Number of loops around the current statement.</summary>
    public int Depth { get; set; }

    public string Declare(Variable variable, int depth)
    {
        depths[variable] = depth;
        return variables[variable] = Names.Take(Names.Local(variable.Name));
    }

    public string Declare(Buffer buffer) => buffers[buffer] = Names.Take(Names.Local(buffer.Name));

    public string Name(Variable variable) => variables.TryGetValue(variable, out var name) ? name
        : throw new CompilerBugException($"the variable '{variable.Name}' is used outside its scope");

    public string Name(Buffer buffer) => buffers.TryGetValue(buffer, out var name) ? name
        : throw new CompilerBugException($"the buffer '{buffer.Name}' is not a parameter of its kernel");

    /// <summary>The type whose vector a mask variable is declared as.</summary>
    public ElementType MaskElement(Variable variable) => maskElements[variable];

    public void SetMaskElement(Variable variable, ElementType element) => maskElements[variable] = element;

    /// <summary>The number of loops a value changes with: 0 for what stays the same during the kernel.</summary>
    public int DepthOf(LoopExpr value) => value switch
    {
        LoopExpr.Var variable => depths.GetValueOrDefault(variable.Variable, 0),
        LoopExpr.Load or LoopExpr.Gather or LoopExpr.Expand => Depth,
        _ => value.Children.Select(DepthOf).DefaultIfEmpty(0).Max(),
    };

    /// <summary>C# text of a Dim over the kernel's scalars, or null when one of its symbols has no name here.</summary>
    public Code? Dim(Dim dim) => DimWriter.TryWrite(dim, symbol => variables.FirstOrDefault(v => v.Key.Name == symbol).Value);
}
