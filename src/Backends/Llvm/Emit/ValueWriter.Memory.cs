using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Backends.Llvm.Emit;

/// <content>Loads, stores and addresses. Alignment is that of an element: callers' tensors begin anywhere.</content>
internal partial class ValueWriter
{
    /// <summary>The address of an element. Outer terms are added first, so that they leave the inner loops.</summary>
    public string Address(Buffer buffer, LoopExpr offset)
    {
        var terms = new List<(LoopExpr Value, bool IsNegative)>();
        var constant = Split(Legalise.Expression(offset), false, terms);
        var (address, element) = (scope[buffer], LlvmTypes.Memory(buffer.Element));
        foreach (var (value, isNegative) in terms.OrderBy(t => scope.DepthOf(t.Value)))
        {
            var index = Wide(value) ?? f.Set($"sext i32 {Write(value)} to i64");
            index = isNegative ? f.Set($"sub nsw i64 0, {index}") : index;
            address = f.Set($"getelementptr {element}, ptr {address}, i64 {index}");
        }

        return constant == 0 ? address : f.Set($"getelementptr {element}, ptr {address}, i64 {LlvmTypes.Digits(constant)}");
    }

    private static long Split(LoopExpr value, bool isNegative, List<(LoopExpr Value, bool IsNegative)> terms)
    {
        switch (value)
        {
            case LoopExpr.Const constant:
                return (isNegative ? -1 : 1) * (long)constant.Value;
            case LoopExpr.Op { Operation.Name: "add" } sum:
                return Split(sum.Children[0], isNegative, terms) + Split(sum.Children[1], isNegative, terms);
            case LoopExpr.Op { Operation.Name: "sub" } difference:
                return Split(difference.Children[0], isNegative, terms) + Split(difference.Children[1], !isNegative, terms);
            default:
                terms.Add((value, isNegative));
                return 0;
        }
    }

    protected virtual string Load(LoopExpr.Load load)
    {
        var (type, lanes, stride) = (load.Type, load.Type.Lanes, load.Stride);
        if (lanes == 1)
        {
            return FromMemory(load.Mask is { } condition ? IfSet(Write(condition), type, () => Element(type, Address(load.Buffer, load.Offset))) : Element(type, Address(load.Buffer, load.Offset)), type);
        }

        var address = Address(load.Buffer, load.Offset);
        var mask = load.Mask is { } m ? Write(m) : null;
        var value = (stride, mask) switch
        {
            (1, null) => f.Set($"load {Memory(type)}, ptr {address}, align {Align(type)}"),
            (1, { }) => MaskedLoad(type, address, mask),
            (0, null) => Splat(Element(type, address), LlvmTypes.Memory(type.Element), lanes),
            (2, null) => Even(type, address),
            (_, null) => EachLane(type, lane => Element(type, Offset(type, address, (long)lane * stride))),
            _ => GatherAt(type, address, LlvmTypes.Sequence("i32", 0, stride, lanes), mask),
        };
        return FromMemory(value, type);
    }

    protected virtual string Gather(LoopExpr.Gather gather)
    {
        var type = gather.Type;
        var address = scope[gather.Buffer];
        if (type.Lanes == 1)
        {
            string Read() => Element(type, f.Set($"getelementptr {LlvmTypes.Memory(type.Element)}, ptr {address}, i32 {Write(gather.Offsets)}"));
            return FromMemory(gather.Mask is { } condition ? IfSet(Write(condition), type, Read) : Read(), type);
        }

        var offsets = Write(gather.Offsets);
        return FromMemory(GatherAt(type, address, offsets, gather.Mask is { } mask ? Write(mask) : AllLanes(type.Lanes)), type);
    }

    /// <summary>Stores a value, of the buffer's element type.</summary>
    public virtual void Store(Stmt.Store store)
    {
        var value = Value(store.Value);
        var type = store.Value.Type with { Element = store.Buffer.Element };
        value = ToMemory(value, type);
        if (type.Lanes == 1)
        {
            StoreScalar(store, type, value);
            return;
        }

        var address = Address(store.Buffer, store.Offset);
        var mask = store.Mask is { } m ? Value(m) : null;
        switch (store.Stride, mask)
        {
            case (1, null):
                f.Do($"store {Memory(type)} {value}, ptr {address}, align {Align(type)}");
                break;
            case (1, { }):
                f.CallVoid(
                    "llvm.masked.store." + MemorySuffix(type) + ".p0", $"{Memory(type)} {value}", $"ptr {address}", $"i32 {Align(type)}", $"{LlvmTypes.Vector("i1", type.Lanes)} {mask}");
                break;
            case (_, null):
                for (var lane = 0; lane < type.Lanes; lane++)
                {
                    var element = f.Set($"extractelement {Memory(type)} {value}, i64 {LlvmTypes.Digits(lane)}");
                    f.Do($"store {LlvmTypes.Memory(type.Element)} {element}, ptr {Offset(type, address, (long)lane * store.Stride)}, align {Align(type)}");
                }

                break;
            default:
                f.CallVoid(
                    $"llvm.masked.scatter.{MemorySuffix(type)}.{LlvmTypes.Suffix("ptr", type.Lanes)}", $"{Memory(type)} {value}",
                    $"{LlvmTypes.Vector("ptr", type.Lanes)} {Addresses(type, address, LlvmTypes.Sequence("i32", 0, store.Stride, type.Lanes))}",
                    $"i32 {Align(type)}", $"{LlvmTypes.Vector("i1", type.Lanes)} {mask}");
                break;
        }
    }

    private void StoreScalar(Stmt.Store store, LoopType type, string value)
    {
        var skip = store.Mask is null ? null : f.NewBlock("masked");
        if (skip is not null)
        {
            var kept = f.NewBlock("kept");
            f.Branch(Value(store.Mask!), kept, skip);
            f.Begin(kept);
        }

        f.Do($"store {LlvmTypes.Memory(type.Element)} {value}, ptr {Address(store.Buffer, store.Offset)}, align {Align(type)}");
        if (skip is not null)
        {
            f.Branch(skip);
            f.Begin(skip);
        }
    }

    // ---------------------------------------------------------------------------------------------------------- details

    private static string Memory(LoopType type) => LlvmTypes.Vector(LlvmTypes.Memory(type.Element), type.Lanes);

    private static string MemorySuffix(LoopType type) => LlvmTypes.Suffix(LlvmTypes.Memory(type.Element), type.Lanes);

    protected static string Align(LoopType type) => LlvmTypes.Digits(type.Element.Size());

    protected string Element(LoopType type, string address) => f.Set($"load {LlvmTypes.Memory(type.Element)}, ptr {address}, align {Align(type)}");

    private string Offset(LoopType type, string address, long elements) =>
        elements == 0 ? address : f.Set($"getelementptr {LlvmTypes.Memory(type.Element)}, ptr {address}, i64 {LlvmTypes.Digits(elements)}");

    protected string FromMemory(string value, LoopType type) => type.Element != ElementType.Bool ? value
        : f.Set($"icmp ne {Memory(type)} {value}, {LlvmTypes.Integer(0, "i8", type.Lanes)}");

    protected string ToMemory(string value, LoopType type) => type.Element != ElementType.Bool ? value : f.Set($"zext {LlvmTypes.Of(type)} {value} to {Memory(type)}");

    private static string AllLanes(int lanes) => LlvmTypes.Constant(1, new LoopType(ElementType.Bool, lanes));

    // What was read where the mask is set, else 0.
    protected string IfSet(string condition, LoopType type, Func<string> read)
    {
        var (start, then, after) = (f.Block, f.NewBlock("set"), f.NewBlock("after"));
        f.Branch(condition, then, after);
        f.Begin(then);
        var value = read();
        var end = f.Block;
        f.Branch(after);
        f.Begin(after);
        var zero = LlvmTypes.IsFloat(type.Element) ? LlvmTypes.Constant(0, type) : "0";
        return f.Set($"phi {LlvmTypes.Memory(type.Element)} [ {zero}, %{start} ], [ {value}, %{end} ]");
    }

    private string MaskedLoad(LoopType type, string address, string mask) => f.Call(
        Memory(type), $"llvm.masked.load.{MemorySuffix(type)}.p0", $"ptr {address}", $"i32 {Align(type)}", $"{LlvmTypes.Vector("i1", type.Lanes)} {mask}", $"{Memory(type)} zeroinitializer");

    // Every second element: the even ones of a first vector, and of a second that ends with the last element wanted, so that nothing beyond is touched.
    private string Even(LoopType type, string address)
    {
        var lanes = type.Lanes;
        var first = f.Set($"load {Memory(type)}, ptr {address}, align {Align(type)}");
        var second = f.Set($"load {Memory(type)}, ptr {Offset(type, address, lanes - 1)}, align {Align(type)}");
        var order = Enumerable.Range(0, lanes).Select(i => i < lanes / 2 ? 2 * i : lanes + (2 * i) - (lanes - 1));
        return f.Set($"shufflevector {Memory(type)} {first}, {Memory(type)} {second}, {LlvmTypes.Lanes(order)}");
    }

    private string EachLane(LoopType type, Func<int, string> read)
    {
        var result = "poison";
        for (var lane = 0; lane < type.Lanes; lane++)
        {
            result = f.Set($"insertelement {Memory(type)} {result}, {LlvmTypes.Memory(type.Element)} {read(lane)}, i64 {LlvmTypes.Digits(lane)}");
        }

        return result;
    }

    private string Addresses(LoopType type, string address, string offsets) =>
        f.Set($"getelementptr {LlvmTypes.Memory(type.Element)}, ptr {address}, {LlvmTypes.Vector("i32", type.Lanes)} {offsets}");

    private string GatherAt(LoopType type, string address, string offsets, string mask)
    {
        var (size, lanes) = (type.Element.Size(), type.Lanes);

        // LLVM takes an AVX2 machine's gathers for slow and writes out every lane.
        if (Cpu is { Architecture: LlvmArchitecture.X64, Target.Name: "avx2" } && size >= 4 && (size * lanes is 16 or 32))
        {
            return GatherAvx2(type, address, offsets, mask);
        }

        return f.Call(
            Memory(type), $"llvm.masked.gather.{MemorySuffix(type)}.{LlvmTypes.Suffix("ptr", lanes)}", $"{LlvmTypes.Vector("ptr", lanes)} {Addresses(type, address, offsets)}",
            $"i32 {Align(type)}", $"{LlvmTypes.Vector("i1", lanes)} {mask}", $"{Memory(type)} zeroinitializer");
    }

    private string GatherAvx2(LoopType type, string address, string offsets, string mask)
    {
        var (size, lanes) = (type.Element.Size(), type.Lanes);
        var (element, integer) = size == 4 ? ("float", "i32") : ("double", "i64");
        var (vector, integers) = (LlvmTypes.Vector(element, lanes), LlvmTypes.Vector(integer, lanes));

        // Two 64-bit lanes take the lower two of four offsets.
        var indices = $"{LlvmTypes.Vector("i32", Math.Max(4, lanes))} " + (lanes >= 4 ? offsets
            : f.Set($"shufflevector <2 x i32> {offsets}, <2 x i32> poison, <4 x i32> <i32 0, i32 1, i32 0, i32 1>"));
        var bits = f.Set($"sext {LlvmTypes.Vector("i1", lanes)} {mask} to {integers}");
        var lanesWanted = f.Set($"bitcast {integers} {bits} to {vector}");
        var name = $"llvm.x86.avx2.gather.d.p{(size == 4 ? 's' : 'd')}{(size * lanes == 32 ? ".256" : "")}";
        var value = f.Call(vector, name, $"{vector} zeroinitializer", $"ptr {address}", indices, $"{vector} {lanesWanted}", $"i8 {LlvmTypes.Digits(size)}");
        return Memory(type) == vector ? value : f.Set($"bitcast {vector} {value} to {Memory(type)}");
    }
}
