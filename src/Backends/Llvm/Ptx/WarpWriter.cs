using SparseDsl.Backends.Llvm.Emit;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.Llvm.Ptx;

/// <summary>
/// Computes expressions in the threads of a warp: each holds one lane of a vector, and all hold the same scalar. A vector of fewer lanes than the warp has is there several
/// times, one after the other. Only what moves values between lanes is written here; lane by lane, an operation on vectors is that operation on scalars.
/// </summary>
internal sealed class WarpWriter(Function f, Scope scope) : ValueWriter(f, scope)
{
    /// <summary>Threads of a warp.</summary>
    public const int Lanes = 32;

    /// <summary>The number of a thread in its warp, as an i32.</summary>
    public const string Lane = "%lane";

    /// <summary>The same as an i64.</summary>
    public const string WideLane = "%lane.wide";

    // Every thread takes part in what they do together.
    private const string Everyone = "i32 -1";

    private WarpExchange Exchange => Scope.Exchange ?? throw new CompilerBugException("a kernel for a warp has no order of its memory");

    /// <inheritdoc/>
    public override LoopType Held(LoopType type) => type.Lanes <= Lanes ? type.WithLanes(1)
        : throw new CompilerBugException($"a vector of {type.Lanes} lanes in a warp of {Lanes}");

    /// <inheritdoc/>
    public override void Joined() => Exchange.Joined();

    // ------------------------------------------------------------------------------------------------- lanes from numbers

    /// <inheritdoc/>
    protected override string Ramp(LoopExpr.Ramp ramp)
    {
        var start = Write(ramp.Children[0]);
        return ramp.Type.Lanes == 1 ? start : Code.Set($"add i32 {start}, {Code.Set($"mul i32 {LaneOf(ramp.Type)}, {LlvmTypes.Digits(ramp.Step)}")}");
    }

    /// <inheritdoc/>
    protected override string FirstLanes(LoopExpr.FirstLanes first) => first.Type.Lanes == 1 ? base.FirstLanes(first)
        : Code.Set($"icmp slt i32 {LaneOf(first.Type)}, {Write(first.Children[0])}");

    /// <inheritdoc/>
    protected override string BitLanes(LoopExpr.BitLanes bits) =>
        Code.Set($"trunc i32 {Code.Set($"lshr i32 {Write(bits.Children[0])}, {(bits.Type.Lanes == 1 ? "0" : LaneOf(bits.Type))}")} to i1");

    // -------------------------------------------------------------------------------------------------- between threads

    /// <inheritdoc/>
    protected override string Horizontal(LoopExpr.Horizontal horizontal)
    {
        var operand = horizontal.Children[0];
        var (value, type) = (Write(operand), Held(operand.Type));
        if (type.Element == ElementType.Bool)
        {
            return operand.Type.Lanes == 1 ? value : Code.Call("i1", $"llvm.nvvm.vote.{(horizontal.Kind is ReduceKind.Max or ReduceKind.Sum ? "any" : "all")}.sync", Everyone, $"i1 {value}");
        }

        // Lane 0 gets what the tree of all backends gives. Exchanged with the lane opposite, operands are the same for both, so all lanes get it; but the greater of two
        // zeros, or of a NaN and a number, is the one that comes second.
        var isSymmetric = horizontal.Kind is ReduceKind.Sum or ReduceKind.Prod || !LlvmTypes.IsFloat(type.Element);
        for (var half = operand.Type.Lanes / 2; half > 0; half /= 2)
        {
            value = Arithmetic(Combining(horizontal.Kind), type, value, Shuffle(isSymmetric ? "bfly" : "down", type, value, half));
        }

        return isSymmetric || operand.Type.Lanes == 1 ? value : Shuffle("idx", type, value, 0);
    }

    // The value of another thread: "bfly" takes that of lane ^ number, "down" that of lane + number, "idx" that of a lane.
    private string Shuffle(string mode, LoopType type, string value, int number)
    {
        if (type.Element.Size() == 4)
        {
            return Shuffle(mode, LlvmTypes.Of(type), value, number);
        }

        var bits = type.Element == ElementType.F64 ? Code.Set($"bitcast double {value} to i64") : value;
        var low = Shuffle(mode, "i32", Code.Set($"trunc i64 {bits} to i32"), number);
        var high = Shuffle(mode, "i32", Code.Set($"trunc i64 {Code.Set($"lshr i64 {bits}, 32")} to i32"), number);
        var whole = Code.Set($"or i64 {Code.Set($"zext i32 {low} to i64")}, {Code.Set($"shl i64 {Code.Set($"zext i32 {high} to i64")}, 32")}");
        return type.Element == ElementType.F64 ? Code.Set($"bitcast i64 {whole} to double") : whole;
    }

    private string Shuffle(string mode, string type, string value, int number) =>
        Code.Call(type, $"llvm.nvvm.shfl.sync.{mode}.{LlvmTypes.Suffix(type, 1)}", Everyone, $"{type} {value}", $"i32 {LlvmTypes.Digits(number)}", $"i32 {LlvmTypes.Digits(Lanes - 1)}");

    // ------------------------------------------------------------------------------------------------------------ memory

    /// <inheritdoc/>
    protected override string Load(LoopExpr.Load load)
    {
        Exchange.Read(Code, load.Buffer);
        if (load.Type.Lanes == 1)
        {
            return base.Load(load);
        }

        var address = Address(load.Buffer, load.Offset);
        return Read(load.Type, load.Stride == 0 ? address : Distant(load.Type, address, load.Stride), load.Mask);
    }

    /// <inheritdoc/>
    protected override string Gather(LoopExpr.Gather gather)
    {
        Exchange.Read(Code, gather.Buffer);
        return gather.Type.Lanes == 1 ? base.Gather(gather)
            : Read(gather.Type, Code.Set($"getelementptr {LlvmTypes.Memory(gather.Type.Element)}, ptr {Scope[gather.Buffer]}, i32 {Write(gather.Offsets)}"), gather.Mask);
    }

    private string Read(LoopType type, string address, LoopExpr? mask)
    {
        var held = Held(type);
        return FromMemory(mask is null ? Element(held, address) : IfSet(Write(mask), held, () => Element(held, address)), held);
    }

    /// <inheritdoc/>
    public override void Store(Stmt.Store store)
    {
        var (type, held) = (store.Value.Type, Held(store.Value.Type) with { Element = store.Buffer.Element });
        var value = ToMemory(Value(store.Value), held);
        var address = Address(store.Buffer, store.Offset);
        address = type.Lanes == 1 ? address : Distant(type with { Element = held.Element }, address, store.Stride);
        var condition = Storing(type, store.Mask is { } mask ? Value(mask) : null);
        Exchange.Write(Code, store.Buffer, type.Lanes, store.Stride);
        Write(held, value, address, condition);
    }

    // One thread stores a scalar, and as many a vector as it has lanes.
    private string? Storing(LoopType type, string? mask)
    {
        if (type.Lanes == Lanes)
        {
            return mask;
        }

        var isFirst = Code.Set($"icmp ult i32 {Lane}, {LlvmTypes.Digits(type.Lanes)}");
        return mask is null ? isFirst : Code.Set($"and i1 {isFirst}, {mask}");
    }

    private void Write(LoopType held, string value, string address, string? condition)
    {
        var (kept, after) = (Code.NewBlock("kept"), Code.NewBlock("after"));
        if (condition is not null)
        {
            Code.Branch(condition, kept, after);
            Code.Begin(kept);
        }

        Code.Do($"store {LlvmTypes.Memory(held.Element)} {value}, ptr {address}, align {Align(held)}");
        if (condition is not null)
        {
            Code.Branch(after);
            Code.Begin(after);
        }
    }

    // ------------------------------------------------------------------------------------------------- packing lanes

    /// <inheritdoc/>
    public override void Compress(Stmt.CompressStore store)
    {
        var (type, held) = (store.Value.Type, Held(store.Value.Type));
        var value = ToMemory(Value(store.Value), held);
        var mask = Value(store.Mask);
        var slot = Scope[store.Position].Slot!;
        var position = Code.Set($"load i32, ptr {slot}");
        var kept = Storing(type, mask)!;
        var (lanes, rank) = Rank(type, kept);
        var address = Code.Set($"getelementptr {LlvmTypes.Memory(type.Element)}, ptr {Scope[store.Buffer]}, i32 {Code.Set($"add i32 {position}, {rank}")}");
        Exchange.Write(Code, store.Buffer, type.Lanes, 0);
        Write(held, value, address, kept);
        Code.Do($"store i32 {Code.Set($"add i32 {position}, {CountOf(lanes)}")}, ptr {slot}");
    }

    /// <inheritdoc/>
    protected override string Expand(LoopExpr.Expand expand)
    {
        Exchange.Read(Code, expand.Buffer);
        var (type, held) = (expand.Type, Held(expand.Type));
        var mask = Write(expand.Mask);
        var (_, rank) = Rank(type, Storing(type, mask)!);
        var address = Code.Set($"getelementptr {LlvmTypes.Memory(type.Element)}, ptr {Address(expand.Buffer, expand.Offset)}, i32 {rank}");
        return FromMemory(IfSet(mask, held, () => Element(held, address)), held);
    }

    // The lanes whose condition holds, as bits, and how many of them come before a thread's own.
    private (string Lanes, string Rank) Rank(LoopType type, string condition)
    {
        var lanes = Code.Call("i32", "llvm.nvvm.vote.ballot.sync", Everyone, $"i1 {condition}");
        var before = type.Lanes == 1 ? "0" : Code.Set($"sub i32 {Code.Set($"shl i32 1, {LaneOf(type)}")}, 1");
        return (lanes, CountOf(Code.Set($"and i32 {lanes}, {before}")));
    }

    private string CountOf(string bits) => Code.Call("i32", "llvm.ctpop.i32", $"i32 {bits}");

    /// <inheritdoc/>
    protected override string Dot(LoopExpr.Op op)
    {
        if (op.Operation != MachineOps.Dot4)
        {
            return base.Dot(op);
        }

        string[] a = [.. op.Children.Select(Write)];
        return Code.Set($"call i32 asm \"dp4a.u32.s32 $0, $1, $2, $3;\", \"=r,r,r,r\"(i32 {a[0]}, i32 {a[1]}, i32 {a[2]})");
    }

    /// <inheritdoc/>
    protected override string Library(LoopType type, string name, params ReadOnlySpan<string> a) =>
        throw new CompilerBugException($"'{name}' of {type.Element.Name()} has no code for a GPU, which nobody reported");

    // ------------------------------------------------------------------------------------------------------------ details

    private string LaneOf(LoopType type) => type.Lanes == Lanes ? Lane : Code.Set($"and i32 {Lane}, {LlvmTypes.Digits(type.Lanes - 1)}");

    // The address of a thread's own element.
    private string Distant(LoopType type, string address, int stride)
    {
        var lane = type.Lanes == Lanes ? WideLane : Code.Set($"and i64 {WideLane}, {LlvmTypes.Digits(type.Lanes - 1)}");
        var distance = stride == 1 ? lane : Code.Set($"mul nsw i64 {lane}, {LlvmTypes.Digits(stride)}");
        return Code.Set($"getelementptr {LlvmTypes.Memory(type.Element)}, ptr {address}, i64 {distance}");
    }
}
