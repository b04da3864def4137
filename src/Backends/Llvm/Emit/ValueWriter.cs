using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.Llvm.Emit;

/// <summary>Computes expressions: appends instructions, and gives the operand that holds the value. A lane of bool is an i1; in memory it is a byte.</summary>
internal partial class ValueWriter(Function f, Scope scope)
{
    /// <summary>The function that instructions are appended to.</summary>
    protected Function Code => f;

    /// <summary>What is known where they are.</summary>
    protected Scope Scope => scope;

    private LlvmCpu Cpu => f.Module.Cpu;

    /// <summary>A writer for the processor of a function: of vectors in registers, or of one lane in each thread of a warp.</summary>
    public static ValueWriter For(Function f, Scope scope) => f.Module.Cpu.Architecture == LlvmArchitecture.Ptx ? new Ptx.WarpWriter(f, scope) : new ValueWriter(f, scope);

    /// <summary>What a thread holds of a value of a type: all of its lanes, unless other threads hold some.</summary>
    public virtual LoopType Held(LoopType type) => type;

    /// <summary>Says that control came here from several places, so that what the last instructions did is not known any more.</summary>
    public virtual void Joined()
    {
    }

    /// <summary>The value of an expression, narrow arithmetic and all.</summary>
    public string Value(LoopExpr value) => Write(Legalise.Expression(value));

    /// <summary>The value with its type in front, as instructions take their first operand.</summary>
    public string Typed(LoopExpr value) => $"{LlvmTypes.Of(Held(value.Type))} {Value(value)}";

    /// <summary>The value of an index as an i64. What data has no part in is computed in 64 bits from the start, so that loops need no conversions.</summary>
    public string Index(LoopExpr value)
    {
        var legal = Legalise.Expression(value);
        return Wide(legal) ?? f.Set($"sext i32 {Write(legal)} to i64");
    }

    /// <summary>The i64 of an index that is exact in 64 bits, because only extents and loop variables have part in it; else null: what comes from data, or is kept in a register, may wrap.</summary>
    public string? Wide(LoopExpr value) => IsExact(value) ? Exact(value) : null;

    private string Exact(LoopExpr value) => value switch
    {
        LoopExpr.Const constant => LlvmTypes.Digits((long)constant.Value),
        LoopExpr.Var variable => scope[variable.Variable].Wide!,
        LoopExpr.Op { Operation.Name: "add" or "sub" or "mul" } op => f.Set($"{op.Operation.Name} nsw i64 {Exact(op.Children[0])}, {Exact(op.Children[1])}"),
        LoopExpr.Op { Operation.Name: "min" or "max" } op => f.Call("i64", $"llvm.s{op.Operation.Name}.i64", $"i64 {Exact(op.Children[0])}", $"i64 {Exact(op.Children[1])}"),

        // Divided in 32 bits, which is faster on many machines.
        _ => f.Set($"{(scope.NonNegative.Holds(value) ? "zext" : "sext")} i32 {Write(value)} to i64"),
    };

    private bool IsExact(LoopExpr value) => value.Type == LoopType.Index && value switch
    {
        LoopExpr.Const => true,
        LoopExpr.Var variable => scope[variable.Variable].Wide is not null,
        LoopExpr.Op { Operation.Name: "add" or "sub" or "mul" or "min" or "max" or "div" or "mod" } op => op.Children.All(IsExact),
        _ => false,
    };

    /// <summary>The value of an expression that is legal already.</summary>
    protected string Write(LoopExpr value) => value switch
    {
        LoopExpr.Const constant => LlvmTypes.Constant(constant.Value, Held(constant.Type)),
        LoopExpr.Var variable => Variable(variable.Variable),
        LoopExpr.Op op => Operation(op),
        LoopExpr.Cast cast => Cast(cast),
        LoopExpr.BitCast cast => BitCast(Write(cast.Children[0]), Held(cast.Children[0].Type), Held(cast.Type)),
        LoopExpr.Splat { Children: [LoopExpr.Const constant] } => LlvmTypes.Constant(constant.Value, Held(value.Type)),
        LoopExpr.Splat splat => Splat(Write(splat.Children[0]), LlvmTypes.Register(splat.Type.Element), Held(splat.Type).Lanes),
        LoopExpr.Ramp ramp => Ramp(ramp),
        LoopExpr.FirstLanes first => FirstLanes(first),
        LoopExpr.Horizontal horizontal => Horizontal(horizontal),
        LoopExpr.Load load => Load(load),
        LoopExpr.Gather gather => Gather(gather),
        LoopExpr.Expand expand => Expand(expand),
        LoopExpr.BitLanes bits => BitLanes(bits),
        LoopExpr.CountBits count => f.Call("i32", "llvm.ctpop.i32", $"i32 {Lowest(Write(count.Children[0]), count.Count)}"),
        _ => throw new CompilerBugException($"the LLVM backend got a {value.GetType().Name}; the loop passes should have removed it"),
    };

    private string Variable(Variable variable)
    {
        var place = scope[variable];
        var type = LlvmTypes.Of(Held(variable.Type));
        return place.Slot is { } slot ? f.Set($"load {type}, ptr {slot}")
            : place.Value ?? f.Set($"trunc i64 {place.Wide} to i32");
    }

    /// <summary>A scalar in every lane.</summary>
    public string Splat(string value, string element, int lanes)
    {
        if (lanes == 1)
        {
            return value;
        }

        var vector = LlvmTypes.Vector(element, lanes);
        var first = f.Set($"insertelement {vector} poison, {element} {value}, i64 0");
        return f.Set($"shufflevector {vector} {first}, {vector} poison, <{LlvmTypes.Digits(lanes)} x i32> zeroinitializer");
    }

    protected virtual string Ramp(LoopExpr.Ramp ramp)
    {
        var (element, lanes) = (LlvmTypes.Register(ramp.Type.Element), ramp.Type.Lanes);
        var start = Write(ramp.Children[0]);
        return lanes == 1 ? start
            : f.Set($"add {LlvmTypes.Vector(element, lanes)} {Splat(start, element, lanes)}, {LlvmTypes.Sequence(element, 0, ramp.Step, lanes)}");
    }

    // The cheapest form on x64: a comparison of constants with the count.
    protected virtual string FirstLanes(LoopExpr.FirstLanes first)
    {
        var lanes = first.Type.Lanes;
        var count = Write(first.Children[0]);
        return lanes == 1 ? f.Set($"icmp sgt i32 {count}, 0")
            : f.Set($"icmp slt {LlvmTypes.Vector("i32", lanes)} {LlvmTypes.Sequence("i32", 0, 1, lanes)}, {Splat(count, "i32", lanes)}");
    }

    protected virtual string BitLanes(LoopExpr.BitLanes bits)
    {
        var lanes = bits.Type.Lanes;
        var number = Write(bits.Children[0]);
        var narrow = lanes == 32 ? number : f.Set($"trunc i32 {number} to i{LlvmTypes.Digits(lanes)}");
        return lanes == 1 ? narrow : f.Set($"bitcast i{LlvmTypes.Digits(lanes)} {narrow} to {LlvmTypes.Vector("i1", lanes)}");
    }

    // The lowest bits of an i32, the others 0.
    private string Lowest(string number, int count) => count == 32 ? number : f.Set($"and i32 {number}, {LlvmTypes.Digits((1L << count) - 1)}");

    // Lanes i and i + n/2 first, down to one: the order that all backends keep to.
    protected virtual string Horizontal(LoopExpr.Horizontal horizontal)
    {
        var operand = horizontal.Children[0];
        var (value, type) = (Write(operand), operand.Type);
        if (type.Element == ElementType.Bool)
        {
            var function = horizontal.Kind is ReduceKind.Max or ReduceKind.Sum ? "or" : "and";
            return type.Lanes == 1 ? value : f.Call("i1", $"llvm.vector.reduce.{function}.{LlvmTypes.Suffix(type)}", $"{LlvmTypes.Of(type)} {value}");
        }

        while (type.Lanes > 1)
        {
            var half = type.Lanes / 2;
            var low = Part(value, type, 0, half);
            var high = Part(value, type, half, half);
            type = type.WithLanes(half);
            value = Arithmetic(Combining(horizontal.Kind), type, low, high);
        }

        return value;
    }

    /// <summary>The operation that combines two lanes.</summary>
    protected static string Combining(ReduceKind kind) => (kind switch
    {
        ReduceKind.Sum => CoreOps.Add,
        ReduceKind.Prod => CoreOps.Mul,
        ReduceKind.Max => CoreOps.Max,
        _ => CoreOps.Min,
    }).Name;

    // So many lanes from one on; a single one is a scalar.
    private string Part(string value, LoopType type, int begin, int count) => count == 1
        ? f.Set($"extractelement {LlvmTypes.Of(type)} {value}, i64 {LlvmTypes.Digits(begin)}")
        : f.Set($"shufflevector {LlvmTypes.Of(type)} {value}, {LlvmTypes.Of(type)} poison, {LlvmTypes.Lanes(Enumerable.Range(begin, count))}");
}
