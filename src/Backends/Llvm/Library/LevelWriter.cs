using System.Text;
using SparseDsl.Backends.Llvm.Emit;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.Llvm.Library;

/// <summary>
/// Writes the functions of one level of a library that know how its memory lies: create, run, reset, destroy, as LLVM text. A context is one block of memory: what
/// kernels take as their host; the arena and its size; whether a call is under way; its level; the addresses of regions; dims and lengths; sizes of states.
/// </summary>
internal sealed class LevelWriter(Module module, LibraryLevel level, int number)
{
    /// <summary>Where a context has the number of its level, an i32.</summary>
    public const int LevelAt = 52;

    private const int ArenaAt = 32;
    private const int ArenaSizeAt = 40;
    private const int BusyAt = 48;
    private const int RegionsAt = 64;

    private readonly LoopProgram program = level.Program;

    private int ScalarsAt => RegionsAt + (8 * program.Regions.Length);

    private int StateSizesAt => (ScalarsAt + (4 * (program.Dims.Length + LlvmEmitter.DataCounts(program).Length)) + 7) & ~7;

    private int ContextSize => (StateSizesAt + (8 * States.Count) + 63) & ~63;

    private List<int> States => [.. Enumerable.Range(0, program.Regions.Length).Where(i => program.Regions[i] is Region.State)];

    /// <summary>Inputs, then outputs, as run takes them.</summary>
    public static IEnumerable<Region> Tensors(LoopProgram program) => program.Regions.Where(r => r is Region.Input).Concat(program.Regions.Where(r => r is Region.Output));

    /// <summary>Appends kernels and functions; names begin with the module's prefix.</summary>
    public void Write()
    {
        LlvmEmitter.Write(module, program, isExported: false);
        WriteCreate();
        WriteRun();
        WriteReset();
        WriteDestroy();
    }

    // ---------------------------------------------------------------------------------------------------------- create

    private void WriteCreate()
    {
        var f = new Function(module);
        var context = f.Set($"call ptr @sd.allocate(i64 {LlvmTypes.Digits(ContextSize)})");
        LibraryText.Check(f, f.Set($"icmp ne ptr {context}, null"), LibraryStatus.OutOfMemory);
        LibraryText.Clear(f, context, LlvmTypes.Digits(ContextSize));
        f.Do($"store i32 {LlvmTypes.Digits(number)}, ptr {LibraryText.At(f, context, LevelAt)}");
        f.Do($"store ptr @sd.serial, ptr {context}");
        f.Do($"store ptr @sd.allocate, ptr {LibraryText.At(f, context, 16)}");
        f.Do($"store ptr @sd.free, ptr {LibraryText.At(f, context, 24)}");
        var failed = f.NewBlock("failed");
        var length = f.Reserve("i64", 8);
        for (var i = 0; i < program.Regions.Length; i++)
        {
            if (program.Regions[i] is Region.Weight weight)
            {
                BindWeight(f, context, weight, i, length, failed);
            }
        }

        f.Do($"store ptr {context}, ptr %created");
        f.Do($"ret i32 {LibraryText.Code(LibraryStatus.Ok)}");
        f.Begin(failed);
        f.Do($"call void @sd.free(ptr {context})");
        f.Do($"ret i32 {LibraryText.Code(LibraryStatus.BadWeights)}");
        module.Add($"for {level.Cpu.Name}: a context over weights in memory", $"internal i32 @{module.Prefix}create(ptr %weights, i64 %size, ptr %created)", f);
    }

    private void BindWeight(Function f, string context, Region.Weight weight, int index, string length, string failed)
    {
        var (name, element) = (Text(level.WeightName(weight), index, "name"), Text(weight.Element.Name(), index, "type"));
        var address = f.Set($"call ptr @sd.find(ptr %weights, i64 %size, ptr {name.Symbol}, i64 {name.Length}, ptr {element.Symbol}, i64 {element.Length}, ptr {length})");
        LibraryText.Require(f, f.Set($"icmp ne ptr {address}, null"), failed);
        f.Do($"store ptr {address}, ptr {LibraryText.At(f, context, RegionsAt + (8 * index))}");
        var count = f.Set($"udiv i64 {f.Set($"load i64, ptr {length}")}, {LlvmTypes.Digits(weight.Element.Size())}");
        if (weight.Count.Constant is { } constant)
        {
            LibraryText.Require(f, f.Set($"icmp eq i64 {count}, {LlvmTypes.Digits(constant)}"), failed);
            return;
        }

        LibraryText.Require(f, f.Set($"icmp ule i64 {count}, {LlvmTypes.Digits(int.MaxValue)}"), failed);
        var counted = LlvmEmitter.DataCounts(program).IndexOf(weight);
        if (counted >= 0)
        {
            f.Do($"store i32 {f.Set($"trunc i64 {count} to i32")}, ptr {LibraryText.At(f, context, ScalarsAt + (4 * (program.Dims.Length + counted)))}");
        }
    }

    private (string Symbol, string Length) Text(string text, int index, string what)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var symbol = $"@{module.Prefix}{what}{LlvmTypes.Digits(index)}";
        module.AddText($"{symbol} = internal constant [{LlvmTypes.Digits(bytes.Length)} x i8] c\"{string.Concat(bytes.Select(b => $"\\{b:X2}"))}\"\n");
        return (symbol, LlvmTypes.Digits(bytes.Length));
    }

    // ------------------------------------------------------------------------------------------------------------- run

    private void WriteRun()
    {
        var f = new Function(module);
        var (tensors, dims) = (Tensors(program).ToList(), program.Dims);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < dims.Length; i++)
        {
            values.Add(dims[i].Name, f.Set($"sext i32 %d{LlvmTypes.Digits(i)} to i64"));
            CheckDim(f, dims[i], values[dims[i].Name]);
        }

        var size = new DimText(f, values);
        foreach (var region in program.Regions.Where(r => r.Count.Constant is null && r is not Region.Weight))
        {
            LibraryText.Check(f, f.Set($"icmp ule i64 {size.Write(region.Count)}, {LlvmTypes.Digits(int.MaxValue)}"), LibraryStatus.BadDim);
        }

        var busy = LibraryText.At(f, "%context", BusyAt);
        LibraryText.Check(f, f.Set($"extractvalue {{ i32, i1 }} {f.Set($"cmpxchg ptr {busy}, i32 0, i32 1 acquire monotonic")}, 1"), LibraryStatus.Busy);
        var failed = f.NewBlock("failed");
        PlanStates(f, size, failed);
        var arena = PlanArena(f, size, failed, out var slots);
        for (var i = 0; i < dims.Length; i++)
        {
            f.Do($"store i32 %d{LlvmTypes.Digits(i)}, ptr {LibraryText.At(f, "%context", ScalarsAt + (4 * i))}");
        }

        for (var i = 0; i < program.Regions.Length; i++)
        {
            var address = program.Regions[i] switch
            {
                Region.Temporary temporary => f.Set($"getelementptr i8, ptr {arena}, i64 {slots[temporary.Slot]}"),
                Region.Input or Region.Output => "%t" + LlvmTypes.Digits(tensors.IndexOf(program.Regions[i])),
                _ => null,
            };
            if (address is not null)
            {
                f.Do($"store ptr {address}, ptr {LibraryText.At(f, "%context", RegionsAt + (8 * i))}");
            }
        }

        f.Do($"call void @{module.Prefix}{LlvmEmitter.RunFunction}(ptr %context, ptr {LibraryText.At(f, "%context", RegionsAt)}, ptr {LibraryText.At(f, "%context", ScalarsAt)})");
        f.Do($"store atomic i32 0, ptr {busy} release, align 4");
        f.Do($"ret i32 {LibraryText.Code(LibraryStatus.Ok)}");
        f.Begin(failed);
        f.Do($"store atomic i32 0, ptr {busy} release, align 4");
        f.Do($"ret i32 {LibraryText.Code(LibraryStatus.OutOfMemory)}");
        var parameters = tensors.Select((_, i) => $"ptr %t{LlvmTypes.Digits(i)}").Concat(dims.Select((_, i) => $"i32 %d{LlvmTypes.Digits(i)}")).Prepend("ptr %context");
        module.Add("computes the outputs", $"internal i32 @{module.Prefix}run({string.Join(", ", parameters)})", f);
    }

    private static void CheckDim(Function f, Dsl.Binding.SymbolicDim dim, string value)
    {
        LibraryText.Check(f, f.Set($"icmp sge i64 {value}, {LlvmTypes.Digits(dim.Low)}"), LibraryStatus.BadDim);
        LibraryText.Check(f, f.Set($"icmp sle i64 {value}, {LlvmTypes.Digits(dim.High)}"), LibraryStatus.BadDim);
        if (dim.Step != 1)
        {
            LibraryText.Check(f, f.Set($"icmp eq i64 {f.Set($"urem i64 {value}, {LlvmTypes.Digits(dim.Step)}")}, 0"), LibraryStatus.BadDim);
        }
    }

    // States keep their memory, zeroed, while their size stays the same.
    private void PlanStates(Function f, DimText size, string failed)
    {
        for (var state = 0; state < States.Count; state++)
        {
            var region = program.Regions[States[state]];
            var bytes = size.Write(region.Count * region.Element.Size());
            var (sizeAt, pointerAt) = (LibraryText.At(f, "%context", StateSizesAt + (8 * state)), LibraryText.At(f, "%context", RegionsAt + (8 * States[state])));
            var (replace, after) = (f.NewBlock("state"), f.NewBlock("after"));
            var old = f.Set($"load ptr, ptr {pointerAt}");
            var isNew = f.Set($"or i1 {f.Set($"icmp ne i64 {f.Set($"load i64, ptr {sizeAt}")}, {bytes}")}, {f.Set($"icmp eq ptr {old}, null")}");
            f.Branch(isNew, replace, after);
            f.Begin(replace);
            f.Do($"call void @sd.free(ptr {old})");
            f.Do($"store ptr null, ptr {pointerAt}");
            var memory = f.Set($"call ptr @sd.allocate(i64 {bytes})");
            LibraryText.Require(f, f.Set($"icmp ne ptr {memory}, null"), failed);
            LibraryText.Clear(f, memory, bytes);
            f.Do($"store ptr {memory}, ptr {pointerAt}");
            f.Do($"store i64 {bytes}, ptr {sizeAt}");
            f.Branch(after);
            f.Begin(after);
        }
    }

    // Slots lie one after the other; the arena grows when dims ask for more.
    private string PlanArena(Function f, DimText size, string failed, out List<string> slots)
    {
        slots = [];
        var total = "0";
        foreach (var slot in program.SlotSizes)
        {
            slots.Add(total);
            total = f.Set($"add i64 {total}, {size.Write(slot)}");
        }

        var (arenaAt, sizeAt) = (LibraryText.At(f, "%context", ArenaAt), LibraryText.At(f, "%context", ArenaSizeAt));
        var (grow, after) = (f.NewBlock("grow"), f.NewBlock("after"));
        f.Branch(f.Set($"icmp ugt i64 {total}, {f.Set($"load i64, ptr {sizeAt}")}"), grow, after);
        f.Begin(grow);
        f.Do($"call void @sd.free(ptr {f.Set($"load ptr, ptr {arenaAt}")})");
        f.Do($"store ptr null, ptr {arenaAt}");
        f.Do($"store i64 0, ptr {sizeAt}");
        var memory = f.Set($"call ptr @sd.allocate(i64 {total})");
        LibraryText.Require(f, f.Set($"icmp ne ptr {memory}, null"), failed);
        f.Do($"store ptr {memory}, ptr {arenaAt}");
        f.Do($"store i64 {total}, ptr {sizeAt}");
        f.Branch(after);
        f.Begin(after);
        return f.Set($"load ptr, ptr {arenaAt}");
    }

    // ---------------------------------------------------------------------------------------------------------- others

    private void WriteReset()
    {
        var f = new Function(module);
        for (var state = 0; state < States.Count; state++)
        {
            var memory = f.Set($"load ptr, ptr {LibraryText.At(f, "%context", RegionsAt + (8 * States[state]))}");
            LibraryText.Clear(f, memory, f.Set($"load i64, ptr {LibraryText.At(f, "%context", StateSizesAt + (8 * state))}"));
        }

        f.Do($"ret i32 {LibraryText.Code(LibraryStatus.Ok)}");
        module.Add("sets the states to zero", $"internal i32 @{module.Prefix}reset(ptr %context)", f);
    }

    private void WriteDestroy()
    {
        var f = new Function(module);
        foreach (var at in States.Select(i => RegionsAt + (8 * i)).Prepend(ArenaAt))
        {
            f.Do($"call void @sd.free(ptr {f.Set($"load ptr, ptr {LibraryText.At(f, "%context", at)}")})");
        }

        f.Do("call void @sd.free(ptr %context)");
        f.Do("ret void");
        module.Add("frees a context", $"internal void @{module.Prefix}destroy(ptr %context)", f);
    }
}
