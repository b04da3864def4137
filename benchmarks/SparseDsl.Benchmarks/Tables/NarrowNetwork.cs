using System.Globalization;
using SparseDsl.Backends.Hosting;
using SparseDsl.Backends.Llvm.Hosting;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Examples.Ocr;
using SparseDsl.Import.Data;
using SparseDsl.Measurement;

namespace SparseDsl.Benchmarks.Tables;

/// <summary>
/// <c>--table narrow --network PROGRAM</c>: the recogniser as <c>sparsedsl quantize</c> left it, in turn with its dense self and with ONNX Runtime, f32 and dynamically quantised.
/// </summary>
internal static class NarrowNetwork
{
    private static readonly Budget Budget = new(2000, 12000, 25);

    /// <summary>Measures and prints.</summary>
    public static bool Run(string program)
    {
        if (!LlvmToolchain.IsThere)
        {
            Console.Error.WriteLine("libLLVM is not installed: on Debian, apt-get install libllvm19");
            return false;
        }

        var workload = Workload.Recogniser;
        var input = TensorData.FromFloats(workload.MakeInput(), workload.Shape);
        var dynamic = DynamicOnnx.Quantize(File.ReadAllBytes(workload.Onnx), out var quantized);
        List<IEngine> engines =
        [
            Ours("C# f32", ModelCompiler.Compile(workload.Program), input), Ours("C# narrow", ModelCompiler.Compile(program), input),
            Ours("LLVM f32", Llvm(workload.Program), input), Ours("LLVM narrow", Llvm(program), input),
            new OnnxRuntime.OnnxRuntimeEngine(File.ReadAllBytes(workload.Onnx), [input], 1, inputCopies: OurNetwork.InputCopies) { Name = "ort f32" },
            new OnnxRuntime.OnnxRuntimeEngine(dynamic, [input], 1, inputCopies: OurNetwork.InputCopies) { Name = "ort dynamic u8" },
        ];
        try
        {
            var times = Interleaved.Run(engines, Budget);
            Console.WriteLine($"{workload.Name}, one thread; µs of calls in turn, median (p10 to p90); ONNX Runtime's file has {quantized.ToString(CultureInfo.InvariantCulture)} operators of integers");
            for (var i = 0; i < engines.Count; i++)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{engines[i].Name,-16}{times[i].Median,10:F0} ({times[i].P10:F0} to {times[i].P90:F0})  {times[^1].Median / times[i].Median:F2}x ort dynamic"));
            }

            return true;
        }
        finally
        {
            engines.ForEach(e => e.Dispose());
        }
    }

    private static CompiledEngine Ours(string name, CompiledModel model, TensorData input)
    {
        model.Bind(new Dictionary<string, TensorData> { [model.Inputs.Single().Name] = input }, OurNetwork.InputCopies);
        return new CompiledEngine(name, [model], 1);
    }

    private static CompiledModel Llvm(string program)
    {
        var diagnostics = new DiagnosticBag();
        var module = Compilation.Bind(new SourceText(program, File.ReadAllText(program)), new ModuleResolver((name, from) => Beside(name, from)), diagnostics);
        var model = module.Models.Single();
        var file = Path.ChangeExtension(program, ".safetensors");
        var weights = WeightLoader.Load(model.Name, WeightDeclaration.Of(model), new MemoryWeightProvider(file, SafetensorsFile.ReadAll(file)), diagnostics);
        var cpu = LlvmToolchain.Native();
        var lowered = Compilation.Lower(model, new CompilationOptions(cpu.Target) { Weights = weights.Find }, diagnostics);
        if (lowered is null || diagnostics.HasErrors)
        {
            throw new InvalidDataException(DiagnosticRenderer.Header(diagnostics.Items.First(d => d.Severity == Severity.Error)));
        }

        var packed = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
        return LlvmHost.Load(lowered.Program, cpu, region => Compilation.Pack(region, path => weights.Tensors[path], packed));
    }

    private static SourceText? Beside(string module, SourceText from)
    {
        var path = Path.Combine(Path.GetDirectoryName(from.Path) ?? "", module.Replace('.', Path.DirectorySeparatorChar) + ".dsl");
        return !from.Path.StartsWith("std/", StringComparison.Ordinal) && File.Exists(path) ? new SourceText(path, File.ReadAllText(path)) : null;
    }
}
