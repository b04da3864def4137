using System.Text;
using SparseDsl.Backends.Llvm.Emit;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.Llvm.Library;

/// <summary>
/// Writes what makes kernels a library that C can call: create, run, reset, destroy, as LLVM text. A context is one block of memory: what kernels take as their
/// host; the arena and its size; whether a call is under way; the addresses of regions; dims and lengths; sizes of states.
/// </summary>
internal sealed class LibraryWriter(Module module, LoopProgram program, CNames names, string modelHash)
{
    private const int ArenaAt = 32;
    private const int ArenaSizeAt = 40;
    private const int BusyAt = 48;
    private const int RegionsAt = 64;

    /// <summary>Results of the functions; the header lists them.</summary>
    public enum Status
    {
        Ok,
        OutOfMemory,
        BadWeights,
        OtherWeights,
        BadDim,
        Busy,
        Null,
    }

    private int ScalarsAt => RegionsAt + (8 * program.Regions.Length);

    private int StateSizesAt => (ScalarsAt + (4 * (program.Dims.Length + LlvmEmitter.DataCounts(program).Length)) + 7) & ~7;

    private int ContextSize => (StateSizesAt + (8 * States.Count) + 63) & ~63;

    private List<int> States => [.. Enumerable.Range(0, program.Regions.Length).Where(i => program.Regions[i] is Region.State)];

    private bool HasWeights => program.Regions.Any(r => r is Region.Weight);

    /// <summary>Appends the functions.</summary>
    public void Write()
    {
        WriteHost();
        if (HasWeights)
        {
            WeightLookup.Write(module);
            module.AddText($"@sd.hash = internal constant [64 x i8] c\"{modelHash}\"\n\n");
        }

        WriteCreate();
        WriteRun();
        WriteParallel();
        WriteReset();
        WriteDestroy();
    }

    private static string Code(Status status) => LlvmTypes.Digits((int)status);

    // -------------------------------------------------------------------------------------------------------- the host

    // Without threads a parallel loop is one part. Memory comes from the C library.
    private void WriteHost()
    {
        var serial = new Function(module);
        var (run, done) = (serial.NewBlock("run"), serial.NewBlock("done"));
        serial.Branch(serial.Set("icmp sgt i32 %count, 0"), run, done);
        serial.Begin(run);
        serial.Do("call void %body(ptr %context, i32 0, i32 %count)");
        serial.Branch(done);
        serial.Begin(done);
        serial.Do("ret void");
        module.Add("a parallel loop, on the caller's thread", "internal void @sd.serial(ptr %user, ptr %body, ptr %context, i32 %count, i32 %uneven)", serial);

        var allocate = new Function(module);
        var rounded = allocate.Set($"and i64 {allocate.Set("add i64 %bytes, 127")}, -64");
        allocate.Do($"ret ptr {allocate.Call("ptr", "aligned_alloc", "i64 64", "i64 " + rounded)}");
        module.Add("memory aligned to 64 bytes, or null", "internal ptr @sd.allocate(i64 %bytes)", allocate);

        var free = new Function(module);
        free.CallVoid("free", "ptr %memory");
        free.Do("ret void");
        module.Add(null, "internal void @sd.free(ptr %memory)", free);
    }

    // ---------------------------------------------------------------------------------------------------------- create

    private void WriteCreate()
    {
        var f = new Function(module);
        Check(f, f.Set("icmp ne ptr %created, null"), Status.Null);
        f.Do("store ptr null, ptr %created");
        if (HasWeights)
        {
            Check(f, f.Set("call i1 @sd.sound(ptr %weights, i64 %size)"), Status.BadWeights);
            Check(f, f.Set($"call i1 @sd.same(ptr {At(f, "%weights", 16)}, ptr @sd.hash, i64 64)"), Status.OtherWeights);
        }

        var context = f.Set($"call ptr @sd.allocate(i64 {LlvmTypes.Digits(ContextSize)})");
        Check(f, f.Set($"icmp ne ptr {context}, null"), Status.OutOfMemory);
        Clear(f, context, LlvmTypes.Digits(ContextSize));
        f.Do($"store ptr @sd.serial, ptr {context}");
        f.Do($"store ptr @sd.allocate, ptr {At(f, context, 16)}");
        f.Do($"store ptr @sd.free, ptr {At(f, context, 24)}");
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
        f.Do($"ret i32 {Code(Status.Ok)}");
        f.Begin(failed);
        f.Do($"call void @sd.free(ptr {context})");
        f.Do($"ret i32 {Code(Status.BadWeights)}");
        module.Add("a context over weights in memory", $"i32 @{names.Library}_create(ptr %weights, i64 %size, ptr %created)", f);
    }

    private void BindWeight(Function f, string context, Region.Weight weight, int index, string length, string failed)
    {
        var (name, element) = (Text(weight.Name, index, "name"), Text(weight.Element.Name(), index, "type"));
        var address = f.Set($"call ptr @sd.find(ptr %weights, i64 %size, ptr {name.Symbol}, i64 {name.Length}, ptr {element.Symbol}, i64 {element.Length}, ptr {length})");
        Require(f, f.Set($"icmp ne ptr {address}, null"), failed);
        f.Do($"store ptr {address}, ptr {At(f, context, RegionsAt + (8 * index))}");
        var count = f.Set($"udiv i64 {f.Set($"load i64, ptr {length}")}, {LlvmTypes.Digits(weight.Element.Size())}");
        if (weight.Count.Constant is { } constant)
        {
            Require(f, f.Set($"icmp eq i64 {count}, {LlvmTypes.Digits(constant)}"), failed);
            return;
        }

        Require(f, f.Set($"icmp ule i64 {count}, {LlvmTypes.Digits(int.MaxValue)}"), failed);
        var number = LlvmEmitter.DataCounts(program).IndexOf(weight);
        if (number >= 0)
        {
            f.Do($"store i32 {f.Set($"trunc i64 {count} to i32")}, ptr {At(f, context, ScalarsAt + (4 * (program.Dims.Length + number)))}");
        }
    }

    private (string Symbol, string Length) Text(string text, int index, string what)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var symbol = $"@sd.{what}{LlvmTypes.Digits(index)}";
        module.AddText($"{symbol} = internal constant [{LlvmTypes.Digits(bytes.Length)} x i8] c\"{string.Concat(bytes.Select(b => $"\\{b:X2}"))}\"\n");
        return (symbol, LlvmTypes.Digits(bytes.Length));
    }

    // ------------------------------------------------------------------------------------------------------------- run

    private void WriteRun()
    {
        var f = new Function(module);
        var (tensors, dims) = (Tensors().ToList(), program.Dims);
        Check(f, f.Set("icmp ne ptr %context, null"), Status.Null);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < dims.Length; i++)
        {
            values.Add(dims[i].Name, f.Set($"sext i32 %d{LlvmTypes.Digits(i)} to i64"));
            CheckDim(f, dims[i], values[dims[i].Name]);
        }

        var size = new DimText(f, values);
        foreach (var region in program.Regions.Where(r => r.Count.Constant is null && r is not Region.Weight))
        {
            Check(f, f.Set($"icmp ule i64 {size.Write(region.Count)}, {LlvmTypes.Digits(int.MaxValue)}"), Status.BadDim);
        }

        var busy = At(f, "%context", BusyAt);
        Check(f, f.Set($"extractvalue {{ i32, i1 }} {f.Set($"cmpxchg ptr {busy}, i32 0, i32 1 acquire monotonic")}, 1"), Status.Busy);
        var failed = f.NewBlock("failed");
        PlanStates(f, size, failed);
        var arena = PlanArena(f, size, failed, out var slots);
        for (var i = 0; i < dims.Length; i++)
        {
            f.Do($"store i32 %d{LlvmTypes.Digits(i)}, ptr {At(f, "%context", ScalarsAt + (4 * i))}");
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
                f.Do($"store ptr {address}, ptr {At(f, "%context", RegionsAt + (8 * i))}");
            }
        }

        f.Do($"call void @{LlvmEmitter.RunFunction}(ptr %context, ptr {At(f, "%context", RegionsAt)}, ptr {At(f, "%context", ScalarsAt)})");
        f.Do($"store atomic i32 0, ptr {busy} release, align 4");
        f.Do($"ret i32 {Code(Status.Ok)}");
        f.Begin(failed);
        f.Do($"store atomic i32 0, ptr {busy} release, align 4");
        f.Do($"ret i32 {Code(Status.OutOfMemory)}");
        var parameters = tensors.Select((_, i) => $"ptr %t{LlvmTypes.Digits(i)}").Concat(dims.Select((_, i) => $"i32 %d{LlvmTypes.Digits(i)}")).Prepend("ptr %context");
        module.Add("computes the outputs", $"i32 @{names.Library}_run({string.Join(", ", parameters)})", f);
    }

    private IEnumerable<Region> Tensors() => program.Regions.Where(r => r is Region.Input).Concat(program.Regions.Where(r => r is Region.Output));

    private static void CheckDim(Function f, Dsl.Binding.SymbolicDim dim, string value)
    {
        Check(f, f.Set($"icmp sge i64 {value}, {LlvmTypes.Digits(dim.Low)}"), Status.BadDim);
        Check(f, f.Set($"icmp sle i64 {value}, {LlvmTypes.Digits(dim.High)}"), Status.BadDim);
        if (dim.Step != 1)
        {
            Check(f, f.Set($"icmp eq i64 {f.Set($"urem i64 {value}, {LlvmTypes.Digits(dim.Step)}")}, 0"), Status.BadDim);
        }
    }

    // States keep their memory, zeroed, while their size stays the same.
    private void PlanStates(Function f, DimText size, string failed)
    {
        for (var number = 0; number < States.Count; number++)
        {
            var region = program.Regions[States[number]];
            var bytes = size.Write(region.Count * region.Element.Size());
            var (sizeAt, pointerAt) = (At(f, "%context", StateSizesAt + (8 * number)), At(f, "%context", RegionsAt + (8 * States[number])));
            var (replace, after) = (f.NewBlock("state"), f.NewBlock("after"));
            var old = f.Set($"load ptr, ptr {pointerAt}");
            var isNew = f.Set($"or i1 {f.Set($"icmp ne i64 {f.Set($"load i64, ptr {sizeAt}")}, {bytes}")}, {f.Set($"icmp eq ptr {old}, null")}");
            f.Branch(isNew, replace, after);
            f.Begin(replace);
            f.Do($"call void @sd.free(ptr {old})");
            f.Do($"store ptr null, ptr {pointerAt}");
            var memory = f.Set($"call ptr @sd.allocate(i64 {bytes})");
            Require(f, f.Set($"icmp ne ptr {memory}, null"), failed);
            Clear(f, memory, bytes);
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

        var (arenaAt, sizeAt) = (At(f, "%context", ArenaAt), At(f, "%context", ArenaSizeAt));
        var (grow, after) = (f.NewBlock("grow"), f.NewBlock("after"));
        f.Branch(f.Set($"icmp ugt i64 {total}, {f.Set($"load i64, ptr {sizeAt}")}"), grow, after);
        f.Begin(grow);
        f.Do($"call void @sd.free(ptr {f.Set($"load ptr, ptr {arenaAt}")})");
        f.Do($"store ptr null, ptr {arenaAt}");
        f.Do($"store i64 0, ptr {sizeAt}");
        var memory = f.Set($"call ptr @sd.allocate(i64 {total})");
        Require(f, f.Set($"icmp ne ptr {memory}, null"), failed);
        f.Do($"store ptr {memory}, ptr {arenaAt}");
        f.Do($"store i64 {total}, ptr {sizeAt}");
        f.Branch(after);
        f.Begin(after);
        return f.Set($"load ptr, ptr {arenaAt}");
    }

    // ---------------------------------------------------------------------------------------------------------- others

    private void WriteParallel()
    {
        var f = new Function(module);
        Check(f, f.Set("icmp ne ptr %context, null"), Status.Null);
        f.Do($"store ptr {f.Set($"select i1 {f.Set("icmp eq ptr %function, null")}, ptr @sd.serial, ptr %function")}, ptr %context");
        f.Do($"store ptr %user, ptr {At(f, "%context", 8)}");
        f.Do($"ret i32 {Code(Status.Ok)}");
        module.Add("says who runs parallel loops", $"i32 @{names.Library}_set_parallel(ptr %context, ptr %function, ptr %user)", f);
    }

    private void WriteReset()
    {
        var f = new Function(module);
        Check(f, f.Set("icmp ne ptr %context, null"), Status.Null);
        for (var number = 0; number < States.Count; number++)
        {
            var memory = f.Set($"load ptr, ptr {At(f, "%context", RegionsAt + (8 * States[number]))}");
            Clear(f, memory, f.Set($"load i64, ptr {At(f, "%context", StateSizesAt + (8 * number))}"));
        }

        f.Do($"ret i32 {Code(Status.Ok)}");
        module.Add("sets the states to zero", $"i32 @{names.Library}_reset(ptr %context)", f);
    }

    private void WriteDestroy()
    {
        var f = new Function(module);
        var (there, done) = (f.NewBlock("there"), f.NewBlock("done"));
        f.Branch(f.Set("icmp ne ptr %context, null"), there, done);
        f.Begin(there);
        foreach (var at in States.Select(i => RegionsAt + (8 * i)).Prepend(ArenaAt))
        {
            f.Do($"call void @sd.free(ptr {f.Set($"load ptr, ptr {At(f, "%context", at)}")})");
        }

        f.Do("call void @sd.free(ptr %context)");
        f.Branch(done);
        f.Begin(done);
        f.Do("ret void");
        module.Add("frees a context", $"void @{names.Library}_destroy(ptr %context)", f);
    }

    private static string At(Function f, string address, int bytes) => f.Set($"getelementptr i8, ptr {address}, i64 {LlvmTypes.Digits(bytes)}");

    private static void Clear(Function f, string memory, string bytes) => f.CallVoid("llvm.memset.p0.i64", $"ptr {memory}", "i8 0", $"i64 {bytes}", "i1 false");

    private static void Require(Function f, string condition, string otherwise)
    {
        var go = f.NewBlock("go");
        f.Branch(condition, go, otherwise);
        f.Begin(go);
    }

    // Returns a status unless the condition holds.
    private static void Check(Function f, string condition, Status status)
    {
        var bad = f.NewBlock("bad");
        var go = f.NewBlock("go");
        f.Branch(condition, go, bad);
        f.Begin(bad);
        f.Do($"ret i32 {Code(status)}");
        f.Begin(go);
    }
}
