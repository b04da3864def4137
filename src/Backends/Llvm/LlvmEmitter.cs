using System.Collections.Immutable;
using SparseDsl.Backends.Llvm.Emit;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.Llvm;

/// <summary>Writes a lowered model as the text of one LLVM module.</summary>
/// <remarks>
/// <para>The module exports <c>sparsedsl_run(host, regions, scalars)</c> and, for each call of a kernel, <c>sparsedsl_call_0</c>, … of the same parameters.
/// <c>regions</c> points to the addresses of the program's regions in their order, <c>scalars</c> to 32-bit integers: the dims, then the lengths of the weights
/// that only data tells (<see cref="DataCounts"/>).</para>
/// <para><c>host</c> points to four addresses: a function <c>(user, body, context, count, isUneven)</c> that calls <c>body(context, begin, end)</c> for all of
/// [0, count) in any parts, on any threads; <c>user</c>; a function of bytes that gives memory aligned to 64 bytes; one that frees it.</para>
/// </remarks>
public static class LlvmEmitter
{
    // Expressions that a part has about: those of a second of compiling, and no more parts than a machine's processors do at the same time.
    private const long WorkOfPart = 6_000;
    private const int MostParts = 8;

    /// <summary>Name of the function that runs the kernels in order.</summary>
    public const string RunFunction = "sparsedsl_run";

    /// <summary>Name of the function of one call.</summary>
    public static string CallFunction(int call) => "sparsedsl_call_" + LlvmTypes.Digits(call);

    /// <summary>Weights whose length only the data knows, in the order in which their lengths stand among the scalars.</summary>
    public static ImmutableArray<Region.Weight> DataCounts(LoopProgram program) =>
        [.. program.Regions.OfType<Region.Weight>().Where(w => w.Count.SymbolName is { } symbol && program.Dims.All(d => d.Name != symbol))];

    /// <summary>The text of the module. Deterministic, invariant, LF.</summary>
    /// <param name="program">The model after the loop passes: no unrolled or vector loops, no tiles.</param>
    /// <param name="cpu">The processor; its target is the one that the program was lowered for.</param>
    /// <exception cref="CompilerBugException">The program has something the loop passes should have removed.</exception>
    public static string Emit(LoopProgram program, LlvmCpu cpu)
    {
        if (cpu.Architecture == LlvmArchitecture.Ptx)
        {
            return Ptx.PtxEmitter.Emit(program, cpu).Text;
        }

        var module = new Module(cpu);
        Write(module, program);
        return module.ToString();
    }

    /// <summary>The model as several modules, to be compiled at the same time: kernels in parts of about the same work, and what calls them in the first. A small model is one.</summary>
    /// <param name="program">The model after the loop passes.</param>
    /// <param name="cpu">The processor; its target is the one that the program was lowered for.</param>
    public static IReadOnlyList<string> EmitParts(LoopProgram program, LlvmCpu cpu)
    {
        var names = FunctionNames(program, "");
        var work = names.Keys.ToDictionary(k => k, k => k.Body.AllExpressions().Count(), (IEqualityComparer<Kernel>)ReferenceEqualityComparer.Instance);
        var count = (int)Math.Clamp(work.Values.Sum() / WorkOfPart, 1, MostParts);
        if (count == 1)
        {
            return [Emit(program, cpu)];
        }

        // The longest first, each to the part with least so far.
        var sums = new long[count];
        Module[] modules = [.. Enumerable.Range(0, count).Select(_ => new Module(cpu))];
        foreach (var (kernel, name) in names.OrderByDescending(n => work[n.Key]).ThenBy(n => n.Value, StringComparer.Ordinal))
        {
            var part = Array.IndexOf(sums, sums.Min());
            sums[part] += work[kernel];
            new KernelWriter(modules[part], kernel, name, MayAlias(program, kernel), isExported: true).Write();
            if (part != 0)
            {
                modules[0].AddText(KernelWriter.Declaration(kernel, name));
            }
        }

        WriteCalls(modules[0], program, names, "");
        return [.. modules.Select(m => m.ToString())];
    }

    /// <summary>The function of every kernel, in the order in which they first run; its parallel loops are functions whose names go on with <c>.part</c>.</summary>
    public static IReadOnlyDictionary<Kernel, string> FunctionNames(LoopProgram program) => FunctionNames(program, "");

    private static OrderedDictionary<Kernel, string> FunctionNames(LoopProgram program, string prefix)
    {
        var names = new OrderedDictionary<Kernel, string>(ReferenceEqualityComparer.Instance);
        foreach (var kernel in program.Calls.Select(c => c.Kernel))
        {
            names.TryAdd(kernel, UniqueName(prefix, kernel, names.Values));
        }

        return names;
    }

    // A module whose other functions call the kernels keeps these to itself.
    internal static void Write(Module module, LoopProgram program, bool isExported = true)
    {
        var names = FunctionNames(program, module.Prefix);
        foreach (var (kernel, name) in names)
        {
            new KernelWriter(module, kernel, name, MayAlias(program, kernel)).Write();
        }

        WriteCalls(module, program, names, isExported ? "" : "internal ");
    }

    private static void WriteCalls(Module module, LoopProgram program, OrderedDictionary<Kernel, string> names, string linkage)
    {
        var run = new Function(module);
        for (var i = 0; i < program.Calls.Length; i++)
        {
            WriteCall(module, program, i, names[program.Calls[i].Kernel], linkage);
            run.Do($"call void @{module.Prefix}{CallFunction(i)}(ptr %host, ptr %regions, ptr %scalars)");
        }

        run.Do("ret void");
        module.Add("all kernels in order", $"{linkage}void @{module.Prefix}{RunFunction}(ptr %host, ptr %regions, ptr %scalars)", run);
    }

    private static string UniqueName(string prefix, Kernel kernel, IEnumerable<string> taken)
    {
        var stem = prefix + "k." + new string([.. kernel.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c == '_' ? c : '_')]);
        var name = stem;
        for (var number = 2; taken.Contains(name); number++)
        {
            name = stem + "." + LlvmTypes.Digits(number);
        }

        return name;
    }

    // An elementwise kernel may write its result over an operand that dies in it: the call then binds one region twice.
    internal static bool MayAlias(LoopProgram program, Kernel kernel) =>
        program.Calls.Any(c => ReferenceEquals(c.Kernel, kernel) && c.Regions.Distinct().Count() < c.Regions.Length);

    private static void WriteCall(Module module, LoopProgram program, int index, string kernel, string linkage)
    {
        var call = program.Calls[index];
        var function = new Function(module);
        List<string> arguments = ["ptr %host"];
        foreach (var name in call.Regions)
        {
            var number = IndexOf(program.Regions.Select(r => r.Name), name);
            arguments.Add($"ptr {function.Set($"load ptr, ptr {function.Set($"getelementptr ptr, ptr %regions, i64 {LlvmTypes.Digits(number)}")}")}");
        }

        var scalars = program.Dims.Select(d => d.Name).Concat(DataCounts(program).Select(w => w.Count.SymbolName!)).ToList();
        foreach (var scalar in call.Kernel.Scalars)
        {
            var number = IndexOf(scalars, scalar.Name);
            if (number < 0)
            {
                throw new CompilerBugException($"the kernel '{call.Kernel.Name}' asks for '{scalar.Name}', which is no dim of the model");
            }

            arguments.Add($"i32 {function.Set($"load i32, ptr {function.Set($"getelementptr i32, ptr %scalars, i64 {LlvmTypes.Digits(number)}")}")}");
        }

        function.Do($"call void @{kernel}({string.Join(", ", arguments)})");
        function.Do("ret void");
        module.Add(call.Label, $"{linkage}void @{module.Prefix}{CallFunction(index)}(ptr %host, ptr %regions, ptr %scalars)", function);
    }

    private static int IndexOf(IEnumerable<string> names, string name)
    {
        var index = 0;
        foreach (var each in names)
        {
            if (each == name)
            {
                return index;
            }

            index++;
        }

        return -1;
    }
}
