using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.Llvm.Emit;

/// <content>Compression: the lanes whose mask is set, one after the other; and the inverse.</content>
internal partial class ValueWriter
{
    /// <summary>Stores the lanes that are kept, and moves the position.</summary>
    public virtual void Compress(Stmt.CompressStore store)
    {
        var type = store.Value.Type;
        var value = ToMemory(Value(store.Value), type);
        var mask = Value(store.Mask);
        var slot = scope[store.Position].Slot!;
        var position = f.Set($"load i32, ptr {slot}");
        var address = f.Set($"getelementptr {LlvmTypes.Memory(type.Element)}, ptr {scope[store.Buffer]}, i32 {position}");
        if (type.Lanes == 1)
        {
            CompressScalar(type, value, mask, address);
        }
        else if (HasCompress(type) && Capacity(store) is { } capacity)
        {
            CompressInRegister(type, value, mask, address, position, capacity);
        }
        else
        {
            CompressedStore(type, value, mask, address);
        }

        f.Do($"store i32 {f.Set($"add i32 {position}, {CountOf(mask, type.Lanes)}")}, ptr {slot}");
    }

    private void CompressScalar(LoopType type, string value, string mask, string address)
    {
        var (kept, after) = (f.NewBlock("kept"), f.NewBlock("after"));
        f.Branch(mask, kept, after);
        f.Begin(kept);
        f.Do($"store {LlvmTypes.Memory(type.Element)} {value}, ptr {address}, align {Align(type)}");
        f.Branch(after);
        f.Begin(after);
    }

    private bool HasCompress(LoopType type) => Cpu is { Architecture: LlvmArchitecture.X64, Target.Name: "avx512" } && type.Element.Size() is 4 or 8 && type.Element.Size() * type.Lanes is 16 or 32 or 64;

    // Elements of the buffer as an i32, where that is known.
    private string? Capacity(Stmt.CompressStore store) => store.Buffer.Count.Symbols().All(s => scope.Find(s) is not null)
        ? Write(Loop.Lower(store.Buffer.Count, s => Loop.Get(scope.Find(s)!)))
        : null;

    // Compressing in a register and writing the whole vector beats a store that compresses, ten times on some machines; what lies beyond the kept lanes is
    // overwritten later or unused. At the end of the buffer there is no room for that.
    private void CompressInRegister(LoopType type, string value, string mask, string address, string position, string capacity)
    {
        var (whole, exact, after) = (f.NewBlock("whole"), f.NewBlock("exact"), f.NewBlock("after"));
        var last = f.Set($"add i32 {position}, {LlvmTypes.Digits(type.Lanes)}");
        f.Branch(f.Set($"icmp sle i32 {last}, {capacity}"), whole, exact);
        f.Begin(whole);
        var packed = f.Call(Memory(type), "llvm.x86.avx512.mask.compress." + MemorySuffix(type), $"{Memory(type)} {value}", $"{Memory(type)} zeroinitializer", $"{LlvmTypes.Vector("i1", type.Lanes)} {mask}");
        f.Do($"store {Memory(type)} {packed}, ptr {address}, align {Align(type)}");
        f.Branch(after);
        f.Begin(exact);
        CompressedStore(type, value, mask, address);
        f.Branch(after);
        f.Begin(after);
    }

    private void CompressedStore(LoopType type, string value, string mask, string address) =>
        f.CallVoid("llvm.masked.compressstore." + MemorySuffix(type), $"{Memory(type)} {value}", $"ptr {address}", $"{LlvmTypes.Vector("i1", type.Lanes)} {mask}");

    /// <summary>Consecutive elements into the lanes whose mask is set.</summary>
    protected virtual string Expand(LoopExpr.Expand expand)
    {
        var type = expand.Type;
        var mask = Write(expand.Mask);
        var address = Address(expand.Buffer, expand.Offset);
        return FromMemory(
            f.Call(Memory(type), "llvm.masked.expandload." + MemorySuffix(type), $"ptr {address}", $"{LlvmTypes.Vector("i1", type.Lanes)} {mask}", $"{Memory(type)} zeroinitializer"),
            type);
    }

    private string CountOf(string mask, int lanes)
    {
        if (lanes == 1)
        {
            return f.Set($"zext i1 {mask} to i32");
        }

        // Counted in a whole byte at least: machines have no shorter numbers.
        var bits = "i" + LlvmTypes.Digits(Math.Max(8, lanes));
        var number = f.Set($"bitcast {LlvmTypes.Vector("i1", lanes)} {mask} to i{LlvmTypes.Digits(lanes)}");
        number = lanes < 8 ? f.Set($"zext i{LlvmTypes.Digits(lanes)} {number} to i8") : number;
        var count = f.Call(bits, "llvm.ctpop." + bits, $"{bits} {number}");
        return bits == "i32" ? count : f.Set($"{(lanes < 32 ? "zext" : "trunc")} {bits} {count} to i32");
    }
}
