using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>Writes one tier: the class that binds memory and calls kernels in order, and the class of its kernels.</summary>
internal sealed class EngineWriter
{
    private const string Dims = "dims";
    private const string Size = "size";
    private const string Tensors = "tensors";
    private const string Arena = "arena";

    private readonly SourceWriter text;
    private readonly IReadOnlyList<CSharpTier> tiers;
    private readonly CSharpTier tier;
    private readonly bool optimisesAtOnce;
    private readonly LoopProgram program;
    private readonly bool isProfiled;
    private readonly Names fields = new(Dims, Size, Tensors, Arena);
    private readonly Names members;
    private readonly Dictionary<string, string> dims = [];
    private readonly Dictionary<string, string> localDims = [];
    private readonly Dictionary<string, string> weightCounts = [];
    private readonly Dictionary<Region, string> memory = [];
    private readonly Dictionary<Kernel, string> methods = [];
    private readonly List<string> slots = [];

    public EngineWriter(SourceWriter text, IReadOnlyList<CSharpTier> tiers, CSharpTier tier, CSharpOptions options)
    {
        isProfiled = options.IsProfiled;
        this.text = text;
        this.tiers = tiers;
        this.tier = tier;
        optimisesAtOnce = options.OptimisesAtOnce;
        program = tier.Program;
        members = new Names(KernelClass);
        NameEverything();
    }

    /// <summary>The name of the class of a tier.</summary>
    public static string ClassName(Target target) => Names.Pascal(target.Name) + "Engine";

    /// <summary>The name of the class of its kernels.</summary>
    public static string KernelClassName(Target target) => Names.Pascal(target.Name) + "Kernels";

    /// <summary>Whether the machine has a target's instructions, as a C# condition.</summary>
    public static string Condition(Target target) => target.Name switch
    {
        "avx512" => $"{External.Avx512BW}.VL.IsSupported && {External.Avx512DQ}.IsSupported",
        "avx2" => $"{External.Avx2}.IsSupported && {External.Fma}.IsSupported",
        "vector128" or "neon" or "sse42" => External.VectorClass(128) + ".IsHardwareAccelerated",
        _ => "true",
    };

    private string KernelClass => KernelClassName(tier.Target);

    public void Write()
    {
        text.Line();
        text.Summary($"The model on {tier.Target.Name}: where its memory is, and which kernels run in which order.");
        text.Open($"private sealed unsafe class {ClassName(tier.Target)} : {External.ModelEngine}");
        Fields();
        Constructor();
        Plan();
        Execute();
        text.Close();

        text.Line();
        text.Line("#nullable disable // kernels hold no references, and the analysis costs a third of the time to compile them");
        text.Summary($"The kernels for {tier.Target.Name}.");
        text.Open($"private static unsafe class {KernelClass}");
        var kernels = new KernelWriter(text, tier.Target, optimisesAtOnce, members);
        foreach (var kernel in program.Calls.Select(c => c.Kernel).Distinct())
        {
            kernels.Write(kernel, methods[kernel], program.Calls.Count(c => ReferenceEquals(c.Kernel, kernel)));
        }

        text.Close();
        text.Line("#nullable restore");
    }

    private void NameEverything()
    {
        var locals = new Names(Dims, Size);
        foreach (var dim in program.Dims)
        {
            dims.Add(dim.Name, fields.Take("_" + Names.Camel(dim.Name)));
            localDims.Add(dim.Name, locals.Take(Names.Camel(dim.Name)));
        }

        foreach (var region in program.Regions)
        {
            var inCall = region is Region.Input or Region.Output;
            memory.Add(region, fields.Take((inCall ? "" : "_") + Names.Camel(region.Name)));
        }

        foreach (var weight in Symbolic())
        {
            weightCounts.Add(weight.Count.SymbolName!, fields.Take("_" + Names.Camel(weight.Name) + "Count"));
        }

        for (var i = 0; i < program.SlotSizes.Length; i++)
        {
            slots.Add(fields.Take("_slot" + CSharpTypes.Digits(i)));
        }

        foreach (var kernel in program.Calls.Select(c => c.Kernel).Distinct())
        {
            methods.Add(kernel, members.Take(Names.Pascal(kernel.Name)));
        }
    }

    // Weights whose length only the data knows.
    private IEnumerable<Region.Weight> Symbolic() => program.Regions.OfType<Region.Weight>().Where(w => w.Count.SymbolName is { } symbol && !dims.ContainsKey(symbol));

    private void Fields()
    {
        foreach (var weight in program.Regions.OfType<Region.Weight>())
        {
            text.Line($"private readonly {CSharpTypes.Memory(weight.Element)}* {memory[weight]};");
        }

        foreach (var count in weightCounts.Values)
        {
            text.Line($"private readonly int {count};");
        }

        foreach (var state in program.Regions.OfType<Region.State>())
        {
            text.Line($"private {CSharpTypes.Memory(state.Element)}* {memory[state]};");
        }

        foreach (var slot in slots)
        {
            text.Line($"private long {slot};");
        }

        foreach (var dim in dims.Values)
        {
            text.Line($"private int {dim};");
        }
    }

    private void Constructor()
    {
        var states = program.Regions.OfType<Region.State>().Count();
        text.Line();
        text.Line($"public {ClassName(tier.Target)}({External.WeightSource} weights, int threads)");
        text.Open($"    : base(weights, threads, tensors: {CSharpTypes.Digits(program.Regions.Count(r => r is Region.Input or Region.Output))}, states: {CSharpTypes.Digits(states)})");
        foreach (var weight in program.Regions.OfType<Region.Weight>())
        {
            var type = CSharpTypes.Memory(weight.Element);
            var where = $"\"{CSharpEmitter.WeightName(tiers, tier, weight)}\", \"{weight.Element.Name()}\", sizeof({type})";
            var count = weight.Count.Constant is { } constant ? CSharpTypes.Digits(constant)
                : weightCounts.TryGetValue(weight.Count.SymbolName ?? "", out var field) ? "out " + field
                : throw new CompilerBugException($"the length of the weight '{weight.Name}' is {weight.Count}, neither a constant nor its own symbol");
            text.Line($"{memory[weight]} = ({type}*)weights.Bind({where}, {count});");
        }

        text.Close();
    }

    private void Plan()
    {
        text.Line();
        text.Open($"protected override long Plan({External.ReadOnlySpan}<long> {Dims})");
        text.Open("checked");
        for (var i = 0; i < program.Dims.Length; i++)
        {
            text.Line($"long {LocalDim(program.Dims[i].Name)} = {Dims}[{CSharpTypes.Digits(i)}];");
            text.Line($"{dims[program.Dims[i].Name]} = (int){LocalDim(program.Dims[i].Name)};");
        }

        foreach (var region in program.Regions.Where(r => r.Count.Constant is null && r is not Region.Weight))
        {
            text.Line($"CheckCount({SizeOf(region.Count)}, \"{region.Name}\");");
        }

        foreach (var region in program.Regions.Where(r => r.Count.Constant > int.MaxValue))
        {
            throw new CompilerBugException($"'{region.Name}' has {region.Count} elements; the lowering must refuse more than 2^31 - 1");
        }

        foreach (var (index, state) in program.Regions.OfType<Region.State>().Index())
        {
            var bytes = state.Count * Dim.Const(state.Element.Size());
            text.Line($"{memory[state]} = ({CSharpTypes.Memory(state.Element)}*)State({CSharpTypes.Digits(index)}, {SizeOf(bytes)});");
        }

        // Slots lie one after the other.
        text.Line(slots.Count > 0 ? $"long {Size} = 0;" : "return 0;");
        for (var i = 0; i < slots.Count; i++)
        {
            text.Line($"{slots[i]} = {Size};");
            text.Line($"{Size} += {SizeOf(program.SlotSizes[i])};");
        }

        if (slots.Count > 0)
        {
            text.Line($"return {Size};");
        }

        text.Close();
        text.Close();
    }

    private string LocalDim(string name) => localDims[name];

    private Code SizeOf(Dim dim) => DimWriter.Write(dim, s => localDims.TryGetValue(s, out var local) ? local : weightCounts.GetValueOrDefault(s));

    private void Execute()
    {
        text.Line();
        text.Open($"protected override void Execute({External.ReadOnlySpan}<nint> {Tensors}, byte* {Arena})");
        var tensors = program.Regions.Where(r => r is Region.Input).Concat(program.Regions.Where(r => r is Region.Output));
        foreach (var (index, region) in tensors.Index())
        {
            text.Line($"var {memory[region]} = ({CSharpTypes.Memory(region.Element)}*){Tensors}[{CSharpTypes.Digits(index)}];");
        }

        text.Line();
        var regions = program.Regions.ToDictionary(r => r.Name, StringComparer.Ordinal);
        if (isProfiled)
        {
            text.Line($"StartLaps({CSharpTypes.Digits(program.Calls.Length)});");
        }

        foreach (var (index, call) in program.Calls.Index())
        {
            var arguments = call.Regions.Select(r => Address(regions[r]))
                .Concat(call.Kernel.Scalars.Select(s => dims.TryGetValue(s.Name, out var dim) ? dim
                    : weightCounts.TryGetValue(s.Name, out var count) ? count
                    : throw new CompilerBugException($"the kernel '{call.Kernel.Name}' asks for '{s.Name}', which is no dim of the model")));
            var team = ParallelLoop.IsIn(call.Kernel) ? "Team, " : "";
            text.Line($"{KernelClass}.{methods[call.Kernel]}({team}{string.Join(", ", arguments)});");
            if (isProfiled)
            {
                text.Line($"Lap({CSharpTypes.Digits(index)});");
            }
        }

        text.Close();
    }

    private string Address(Region region) => region is Region.Temporary temporary
        ? $"({CSharpTypes.Memory(region.Element)}*)({Arena} + {slots[temporary.Slot]})"
        : memory[region];
}
