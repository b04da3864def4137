using System.Globalization;
using System.Text.Json;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Analysis;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Cli.Running;

/// <summary>The hot loops of a model's kernels as machine code: which instructions, how many registers.</summary>
internal static class CodeReport
{
    /// <summary>Compiles a lowered model and looks at its hot loops; needs libLLVM.</summary>
    /// <returns>For each loop the layers that run it, in the order of the program.</returns>
    public static IReadOnlyList<(string Layers, HotLoop Loop)> Of(LoopProgram program, LlvmCpu cpu)
    {
        var loops = AssemblyReader.HotLoops(LlvmToolchain.Assemble(LlvmEmitter.Emit(program, cpu), cpu), cpu.Architecture);
        return [.. from kernel in LlvmEmitter.FunctionNames(program) from loop in loops where IsOf(loop.Function, kernel.Value) select (Layers(program, kernel.Key), loop)];
    }

    /// <summary>For people: a line for each loop.</summary>
    public static void Write(TextWriter output, LlvmCpu cpu, IReadOnlyList<(string Layers, HotLoop Loop)> code)
    {
        output.WriteLine($"hot loops for {cpu.Name}: instructions of one round");
        List<string[]> rows = [["op", .. Columns(code.Count == 0 ? new InstructionMix(0, 0, 0, 0, 0, 0, 0, 0, 0, 0) : code[0].Loop.Mix).Select(c => c.Name.Replace('_', ' '))]];
        rows.AddRange(code.Select(c => (string[])[c.Layers, .. Columns(c.Loop.Mix).Select(n => n.Value.ToString(CultureInfo.InvariantCulture))]));
        TextTable.Write(output, rows, texts: 1);
    }

    /// <summary>For machines.</summary>
    public static void Write(Utf8JsonWriter writer, LlvmCpu cpu, IReadOnlyList<(string Layers, HotLoop Loop)> code)
    {
        writer.WriteStartObject("code");
        writer.WriteString("cpu", cpu.Name);
        writer.WriteStartArray("loops");
        foreach (var (layers, loop) in code)
        {
            writer.WriteStartObject();
            writer.WriteString("op", layers);
            writer.WriteString("function", loop.Function);
            foreach (var (name, value) in Columns(loop.Mix))
            {
                writer.WriteNumber(name, value);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    // A parallel loop of a kernel is a function of its own.
    private static bool IsOf(string function, string kernel) => function == kernel || function.StartsWith(kernel + ".part", StringComparison.Ordinal);

    private static string Layers(LoopProgram program, Kernel kernel) =>
        string.Join(", ", program.Calls.Where(c => ReferenceEquals(c.Kernel, kernel)).Select(c => c.Label).Distinct());

    private static IEnumerable<(string Name, int Value)> Columns(InstructionMix mix) =>
    [
        ("total", mix.Total), ("fma", mix.Fma), ("arithmetic", mix.Arithmetic), ("loads", mix.Loads), ("stores", mix.Stores), ("moves", mix.Moves), ("scalar", mix.Scalar),
        ("branches", mix.Branches), ("memory_operands", mix.MemoryOperands), ("vector_registers", mix.VectorRegisters), ("spills", mix.Spills),
    ];
}
