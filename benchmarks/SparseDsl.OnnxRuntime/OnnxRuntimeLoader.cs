using Microsoft.ML.OnnxRuntime;
using SparseDsl.Compiler.Data;
using SparseDsl.Measurement;

namespace SparseDsl.OnnxRuntime;

/// <summary>ONNX Runtime's CPU provider.</summary>
public sealed class OnnxRuntimeLoader : IPeerLoader
{
    /// <inheritdoc/>
    public string Name => "onnxruntime";

    /// <inheritdoc/>
    public string Version => OrtEnv.Instance().GetVersionString();

    /// <inheritdoc/>
    public IEngine Load(byte[] model, IReadOnlyList<TensorData> inputs, int threads, int copies, int inputCopies)
    {
        try
        {
            return new OnnxRuntimeEngine(model, inputs, threads, copies, inputCopies);
        }
        catch (Exception problem) when (problem is OnnxRuntimeException or NotSupportedException)
        {
            throw new InvalidDataException(problem.Message, problem);
        }
    }
}
