using SparseDsl.Compiler.Data;
using SparseDsl.Examples.Ocr;
using SparseDsl.Measurement;
using SparseDsl.OnnxRuntime;

namespace SparseDsl.Benchmarks;

/// <summary>A workload compiled by us, its input in several places.</summary>
internal static class OurNetwork
{
    /// <summary>Copies of the input of a network: one call must not find what the last one left in the nearest cache.</summary>
    public const int InputCopies = 4;

    /// <summary>The same by ONNX Runtime.</summary>
    /// <param name="workload">The workload.</param>
    /// <param name="threads">Threads of a call.</param>
    /// <param name="onnx">The bytes of another file for it; null for its own.</param>
    public static OnnxRuntimeEngine LoadPeer(Workload workload, int threads, byte[]? onnx = null) =>
        new(onnx ?? File.ReadAllBytes(workload.Onnx), [TensorData.FromFloats(workload.MakeInput(), workload.Shape)], threads, inputCopies: InputCopies);

    /// <summary>Compiles a workload's program and binds its input.</summary>
    public static CompiledEngine Load(Workload workload, int threads)
    {
        var model = ModelCompiler.Compile(workload.Program, threads);
        model.Bind(new Dictionary<string, TensorData> { [model.Inputs.Single().Name] = TensorData.FromFloats(workload.MakeInput(), workload.Shape) }, InputCopies);
        return new CompiledEngine("sparsedsl", [model], threads);
    }
}
