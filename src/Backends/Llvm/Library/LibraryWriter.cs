using SparseDsl.Backends.Llvm.Emit;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.Llvm.Library;

/// <summary>
/// Writes a library that C can call, as LLVM text: the code of every level under names of its own, and the functions that are exported, which go to the level of a
/// context. These, and what all levels share, are for any machine of the instruction set.
/// </summary>
internal sealed class LibraryWriter(Module module, IReadOnlyList<LibraryLevel> levels, CNames names, string modelHash)
{
    private readonly LlvmCpu baseline = module.Cpu;

    private bool HasWeights => levels.Any(l => l.Program.Regions.Any(r => r is Region.Weight));

    /// <summary>Appends everything.</summary>
    public void Write()
    {
        WriteHost();
        if (HasWeights)
        {
            WeightLookup.Write(module);
            module.AddText($"@sd.hash = internal constant [64 x i8] c\"{modelHash}\"\n\n");
        }

        new LevelDetection(module, levels, names).Write();
        for (var i = 0; i < levels.Count; i++)
        {
            module.Switch(levels[i].Cpu, Prefix(i));
            new LevelWriter(module, levels[i], i).Write();
        }

        module.Switch(baseline, "");
        WriteCreate();
        WriteCreateAt();
        WriteRun();
        WriteParallel();
        WriteReset();
        WriteDestroy();
    }

    private static string Prefix(int level) => $"l{LlvmTypes.Digits(level)}.";

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

    // -------------------------------------------------------------------------------------------------------- exported

    private void WriteCreate()
    {
        var f = new Function(module);
        f.Do($"ret i32 {f.Set($"call i32 @{names.Library}_create_at(i32 {f.Set($"call i32 @{names.Library}_level()")}, ptr %weights, i64 %size, ptr %created)")}");
        module.Add("a context of the best level of this machine", $"i32 @{names.Library}_create(ptr %weights, i64 %size, ptr %created)", f);
    }

    private void WriteCreateAt()
    {
        var f = new Function(module);
        LibraryText.Check(f, f.Set("icmp ne ptr %created, null"), LibraryStatus.Null);
        f.Do("store ptr null, ptr %created");
        LibraryText.Check(f, f.Set("call i1 @sd.runs(i32 %level)"), LibraryStatus.OtherProcessor);
        if (HasWeights)
        {
            LibraryText.Check(f, f.Set("call i1 @sd.sound(ptr %weights, i64 %size)"), LibraryStatus.BadWeights);
            LibraryText.Check(f, f.Set($"call i1 @sd.same(ptr {LibraryText.At(f, "%weights", 16)}, ptr @sd.hash, i64 64)"), LibraryStatus.OtherWeights);
        }

        ForLevel(f, "%level", "i32", "create", "ptr %weights, i64 %size, ptr %created");
        module.Add("a context of a level", $"i32 @{names.Library}_create_at(i32 %level, ptr %weights, i64 %size, ptr %created)", f);
    }

    private void WriteRun()
    {
        var program = levels[0].Program;
        var f = new Function(module);
        var parameters = string.Join(", ", LevelWriter.Tensors(program).Select((_, i) => $"ptr %t{LlvmTypes.Digits(i)}")
            .Concat(program.Dims.Select((_, i) => $"i32 %d{LlvmTypes.Digits(i)}")).Prepend("ptr %context"));
        LibraryText.Check(f, f.Set("icmp ne ptr %context, null"), LibraryStatus.Null);
        ForLevel(f, LevelOf(f), "i32", "run", parameters);
        module.Add("computes the outputs", $"i32 @{names.Library}_run({parameters})", f);
    }

    private void WriteParallel()
    {
        var f = new Function(module);
        LibraryText.Check(f, f.Set("icmp ne ptr %context, null"), LibraryStatus.Null);
        f.Do($"store ptr {f.Set($"select i1 {f.Set("icmp eq ptr %function, null")}, ptr @sd.serial, ptr %function")}, ptr %context");
        f.Do($"store ptr %user, ptr {LibraryText.At(f, "%context", 8)}");
        f.Do($"ret i32 {LibraryText.Code(LibraryStatus.Ok)}");
        module.Add("says who runs parallel loops", $"i32 @{names.Library}_set_parallel(ptr %context, ptr %function, ptr %user)", f);
    }

    private void WriteReset()
    {
        var f = new Function(module);
        LibraryText.Check(f, f.Set("icmp ne ptr %context, null"), LibraryStatus.Null);
        ForLevel(f, LevelOf(f), "i32", "reset", "ptr %context");
        module.Add("sets the states to zero", $"i32 @{names.Library}_reset(ptr %context)", f);
    }

    private void WriteDestroy()
    {
        var f = new Function(module);
        var (there, done) = (f.NewBlock("there"), f.NewBlock("done"));
        f.Branch(f.Set("icmp ne ptr %context, null"), there, done);
        f.Begin(there);
        ForLevel(f, LevelOf(f), "void", "destroy", "ptr %context");
        f.Begin(done);
        f.Do("ret void");
        module.Add("frees a context", $"void @{names.Library}_destroy(ptr %context)", f);
    }

    private static string LevelOf(Function f) => f.Set($"load i32, ptr {LibraryText.At(f, "%context", LevelWriter.LevelAt)}");

    // Calls the function of a level and returns what it gives.
    private void ForLevel(Function f, string level, string result, string function, string arguments)
    {
        for (var i = 0; i < levels.Count; i++)
        {
            var next = f.NewBlock("next");
            if (i < levels.Count - 1)
            {
                LibraryText.Require(f, f.Set($"icmp eq i32 {level}, {LlvmTypes.Digits(i)}"), next);
            }

            var call = $"call {result} @{Prefix(i)}{function}({arguments})";
            if (result == "void")
            {
                f.Do(call);
                f.Do("ret void");
            }
            else
            {
                f.Do($"ret {result} {f.Set(call)}");
            }

            if (i < levels.Count - 1)
            {
                f.Begin(next);
            }
        }
    }
}
