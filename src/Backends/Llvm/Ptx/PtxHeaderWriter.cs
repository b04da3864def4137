using System.Text;
using SparseDsl.Backends.Llvm.Emit;
using SparseDsl.Backends.Llvm.Library;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.Llvm.Ptx;

/// <summary>Writes the C header of a model in PTX: its memory, its kernels and how they are launched, as tables and functions that a program over CUDA's driver interface reads.</summary>
internal sealed class PtxHeaderWriter(PtxProgram program, string name)
{
    private readonly LoopProgram model = program.Program;
    private readonly CNames names = new(program.Program, name);

    private string Name => names.Library;

    private string Constants => names.Constants;

    private bool HasWeights => model.Regions.Any(r => r is Region.Weight);

    /// <summary>The text of the header.</summary>
    public string Write() => $$"""
        /* The model {{model.Name}} for GPUs, {{program.Cpu.Name}} and later, written by SparseDsl. It is C99 and C++, and needs nothing but itself.
         *
         * Load {{Name}}.ptx with cuModuleLoadDataEx. Give every region memory of the device: {{Name}}_region_bytes says how much; temporaries with the same {{Name}}_slot may
         * share it.{{(HasWeights ? $" Copy each weight there from the array of its name in {Name}.sdw." : "")}} States are zero at first and keep what kernels write. Then a run is, in one stream:
         *
         *     copy the inputs to their regions;
         *     for each launch i of 0 to {{Constants}}_LAUNCHES - 1, in order: cuLaunchKernel the function {{Name}}_launch[i].kernel on {{Name}}_grid(i, ...) blocks in x
         *         of {{Name}}_launch[i].block threads in x, without dynamic shared memory, with these parameters:
         *             a pointer for each of its regions, in their order;
         *             {{(Scalars.Count == 0 ? "no numbers" : $"an int32_t for each number its scalars name, in their order")}};
         *             where it has scratch, a pointer to {{Name}}_scratch_bytes(...) bytes that all launches may share;
         *     copy the outputs from their regions.
         *
         * Tensors are row-major.{{Documentation()}}
         */
        #ifndef {{Constants}}_PTX_H
        #define {{Constants}}_PTX_H

        #include <stdint.h>

        /* Memory. */
        enum {
        {{Lines(model.Regions, (r, i) => $"    {RegionOf(r.Name)} = {LlvmTypes.Digits(i)},", r => Describe(r))}}
            {{Constants}}_REGIONS = {{LlvmTypes.Digits(model.Regions.Length)}}
        };

        /* The slot of each region that is a temporary, else -1. */
        static const int32_t {{Name}}_slot[] = { {{string.Join(", ", model.Regions.Select(r => r is Region.Temporary t ? LlvmTypes.Digits(t.Slot) : "-1"))}} };

        /* Bytes of a region. */
        static inline int64_t {{Name}}_region_bytes(int32_t region{{Parameters()}})
        {
            {{Unused()}}switch (region) {
        {{string.Join("\n", model.Regions.Select(r => $"    case {RegionOf(r.Name)}: return {C(r.Count)} * {LlvmTypes.Digits(r.Element.Size())};"))}}
            default: return 0;
            }
        }

        /* Numbers that launches take, in this order: {{(Scalars.Count == 0 ? "none" : string.Join(", ", Scalars.Select(Variable)))}}. */
        enum { {{string.Join(", ", Scalars.Select((s, i) => $"{Scalar(s)} = {LlvmTypes.Digits(i)}").Append($"{Constants}_SCALARS = {LlvmTypes.Digits(Scalars.Count)}"))}} };

        /* A launch: the function, threads of a block, parameters. */
        typedef struct {{Name}}_launch_entry {
            const char *kernel;
            int32_t block;
            int32_t region_count;
            const int32_t *regions;
            int32_t scalar_count;
            const int32_t *scalars; /* places in the list above */
            int32_t has_scratch;
        } {{Name}}_launch_entry;

        enum { {{Constants}}_LAUNCHES = {{LlvmTypes.Digits(program.Launches.Length)}} };

        {{string.Join("\n", model.Calls.Select((c, i) => Arrays(c, i)))}}

        static const {{Name}}_launch_entry {{Name}}_launch[] = {
        {{string.Join("\n", program.Launches.Select(Entry))}}
        };

        /* Blocks of a launch. */
        static inline int64_t {{Name}}_grid(int32_t launch{{Parameters()}})
        {
            int64_t warps = 1, limit = 1;
            {{Unused()}}switch (launch) {
        {{string.Join("\n", program.Launches.Select((l, i) => (Launch: l, Number: i)).Where(l => l.Launch.Kernel.IsParallel).Select(l => GridCase(l.Launch.Kernel, l.Number)))}}
            default: return 1;
            }
            warps = warps < 1 ? 1 : warps > limit ? limit : warps;
            return (warps + {{LlvmTypes.Digits(BlockWarps - 1)}}) / {{LlvmTypes.Digits(BlockWarps)}};
        }

        /* Bytes of scratch memory. */
        static inline int64_t {{Name}}_scratch_bytes({{string.Join(", ", ParameterList.DefaultIfEmpty("void"))}})
        {
            int64_t most = 0, bytes = 0;
            {{Unused()}}(void)bytes;
        {{string.Join("\n", program.Launches.Select((l, i) => (l.Kernel, Number: i)).Where(l => l.Kernel.HasScratch).Select(l =>
            $"    bytes = {LlvmTypes.Digits(l.Kernel.KernelScratch)} + {LlvmTypes.Digits(l.Kernel.WarpScratch * l.Kernel.Block / PtxKernel.WarpThreads)} * {Name}_grid({LlvmTypes.Digits(l.Number)}{string.Concat(Scalars.Select(s => ", " + Variable(s)))});\n    most = bytes > most ? bytes : most;"))}}
            return most;
        }

        #endif

        """.ReplaceLineEndings("\n");

    private const int BlockWarps = PtxKernel.BlockThreads / PtxKernel.WarpThreads;

    // Dims, and lengths that only data tells.
    private static List<string> ScalarsOf(LoopProgram model) => [.. model.Dims.Select(d => d.Name), .. LlvmEmitter.DataCounts(model).Select(w => w.Count.SymbolName!)];

    private List<string> Scalars => ScalarsOf(model);

    private readonly Dictionary<string, string> constants = Unique([.. program.Program.Regions.Select(r => r.Name)], n => CNames.Identifier(n).ToUpperInvariant(), []);
    private readonly Dictionary<string, string> variables = Unique(ScalarsOf(program.Program), CNames.Identifier, ["region", "launch", "warps", "limit", "most", "bytes"]);

    // A C name for each name, no two alike.
    private static Dictionary<string, string> Unique(IEnumerable<string> originals, Func<string, string> spell, IEnumerable<string> reserved)
    {
        var (result, taken) = (new Dictionary<string, string>(StringComparer.Ordinal), new HashSet<string>(reserved, StringComparer.Ordinal));
        foreach (var original in originals)
        {
            var stem = spell(original);
            var free = stem;
            for (var number = 2; !taken.Add(free); number++)
            {
                free = $"{stem}_{LlvmTypes.Digits(number)}";
            }

            result.Add(original, free);
        }

        return result;
    }

    private string RegionOf(string region) => $"{Constants}_REGION_{constants[region]}";

    private string Scalar(string scalar) => $"{Constants}_SCALAR_{LlvmTypes.Digits(Scalars.IndexOf(scalar))}";

    private string Variable(string scalar) => variables[scalar];

    private IEnumerable<string> ParameterList => Scalars.Select(s => "int64_t " + Variable(s));

    private string Parameters() => string.Concat(ParameterList.Select(p => ", " + p));

    private string Unused() => string.Concat(Scalars.Select(s => $"(void){Variable(s)}; "));

    private static string Lines(IReadOnlyList<Region> regions, Func<Region, int, string> line, Func<Region, string> comment) =>
        string.Join("\n", regions.Select((r, i) => $"{line(r, i)} /* {comment(r)} */"));

    private string Describe(Region region) => region switch
    {
        Region.Input input => $"input, {input.Type}",
        Region.Output output => $"output, {output.Type}",
        Region.State state => $"state, {state.Type}",
        Region.Weight weight => $"weight, {weight.Element.Name()}, the array \"{weight.Name}\" of {Name}.sdw",
        _ => $"temporary, {region.Element.Name()}",
    };

    private string Documentation()
    {
        var dims = model.Dims.Select(d => $"\n * {Variable(d.Name)}: {LlvmTypes.Digits(d.Low)} to {LlvmTypes.Digits(d.High)}{(d.Step == 1 ? "" : $", a multiple of {LlvmTypes.Digits(d.Step)}")}.");
        var counts = LlvmEmitter.DataCounts(model).Select(w => $"\n * {Variable(w.Count.SymbolName!)}: elements of the weight \"{w.Name}\".");
        return string.Concat(dims.Concat(counts));
    }

    // C has no arrays without elements.
    private string Arrays(KernelCall call, int number)
    {
        var regions = call.Regions.Select(r => RegionOf(r)).DefaultIfEmpty("0");
        var scalars = call.Kernel.Scalars.Select(s => Scalar(s.Name)).DefaultIfEmpty("0");
        return $"static const int32_t {Name}_regions_{LlvmTypes.Digits(number)}[] = {{ {string.Join(", ", regions)} }}; /* {call.Label.Replace("*/", "* /", StringComparison.Ordinal).ReplaceLineEndings(" ")} */\n"
            + $"static const int32_t {Name}_scalars_{LlvmTypes.Digits(number)}[] = {{ {string.Join(", ", scalars)} }};";
    }

    private string Entry(PtxLaunch launch)
    {
        var (call, number) = (model.Calls[launch.Call], LlvmTypes.Digits(launch.Call));
        return $"    {{ \"{launch.Kernel.Name}\", {LlvmTypes.Digits(launch.Kernel.Block)}, {LlvmTypes.Digits(call.Regions.Length)}, {Name}_regions_{number}, "
            + $"{LlvmTypes.Digits(call.Kernel.Scalars.Length)}, {Name}_scalars_{number}, {(launch.Kernel.HasScratch ? 1 : 0)} }},";
    }

    private string GridCase(PtxKernel kernel, int launch)
    {
        var limit = LlvmTypes.Digits(kernel.WarpLimit);
        var warps = kernel.Warps.ToC(s => Scalars.Contains(s) ? Variable(s) : null) ?? limit;
        return $"    case {LlvmTypes.Digits(launch)}: warps = {warps}; limit = {limit}; break;";
    }

    private string C(Dim dim)
    {
        var terms = dim.Terms().Select(t => string.Join(" * ", t.Factors.Select(C).Prepend($"(int64_t){LlvmTypes.Digits(t.Coefficient)}")));
        return $"({string.Join(" + ", terms.DefaultIfEmpty("(int64_t)0"))})";
    }

    // Extents: never negative.
    private string C(Dim.Atom atom)
    {
        if (atom.Kind == Dim.AtomKind.Symbol)
        {
            return Variable(atom.Name);
        }

        var (left, right) = (C(atom.Left!), C(atom.Right!));
        return atom.Kind switch
        {
            Dim.AtomKind.FloorDiv => $"({left} / {right})",
            Dim.AtomKind.Mod => $"({left} % {right})",
            Dim.AtomKind.Min => $"({left} < {right} ? {left} : {right})",
            _ => $"({left} > {right} ? {left} : {right})",
        };
    }
}
