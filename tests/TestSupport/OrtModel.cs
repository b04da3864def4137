using Microsoft.ML.OnnxRuntime;

namespace SparseDsl.TestSupport;

/// <summary>An ONNX model run by ONNX Runtime: the engine that ours is compared with.</summary>
public sealed class OrtModel : IDisposable
{
    private readonly InferenceSession _session;

    /// <summary>Loads a model.</summary>
    /// <param name="path">The .onnx file.</param>
    /// <param name="threads">Number of threads; one by default, so that results repeat and times compare.</param>
    /// <param name="optimize">Whether ONNX Runtime may rewrite the graph; without, every node is computed as written.</param>
    public OrtModel(string path, int threads = 1, bool optimize = true)
    {
        using var options = Options(threads, optimize);
        _session = new InferenceSession(path, options);
    }

    /// <summary>Loads a model from the bytes of an .onnx file.</summary>
    /// <param name="model">The bytes.</param>
    /// <param name="threads">Number of threads.</param>
    /// <param name="optimize">Whether ONNX Runtime may rewrite the graph.</param>
    public OrtModel(byte[] model, int threads = 1, bool optimize = true)
    {
        using var options = Options(threads, optimize);
        _session = new InferenceSession(model, options);
    }

    /// <summary>The names of the inputs, in the model's order, without initialisers.</summary>
    public IReadOnlyList<string> InputNames => _session.InputNames;

    /// <summary>The names of the outputs, in the model's order.</summary>
    public IReadOnlyList<string> OutputNames => _session.OutputNames;

    /// <summary>The declared shape of an input; -1 where the model leaves a dimension open.</summary>
    public IReadOnlyList<int> InputShape(string name) => _session.InputMetadata[name].Dimensions;

    /// <summary>Runs the model on named inputs and gives all outputs by name.</summary>
    public IReadOnlyDictionary<string, OrtTensor> Run(IReadOnlyDictionary<string, OrtTensor> inputs)
    {
        var values = inputs.ToDictionary(input => input.Key, input => input.Value.ToValue());
        try
        {
            using var options = new RunOptions();
            using var outputs = _session.Run(options, values, OutputNames);
            return OutputNames.Zip(outputs, (name, value) => (name, tensor: OrtTensor.FromValue(value)))
                .ToDictionary(output => output.name, output => output.tensor);
        }
        finally
        {
            foreach (var value in values.Values)
            {
                value.Dispose();
            }
        }
    }

    /// <summary>Runs a model with one float input and gives its first output, which must be float.</summary>
    public OrtTensor Run(IReadOnlyList<int> shape, float[] values) =>
        Run(new Dictionary<string, OrtTensor> { [InputNames.Single()] = new(shape, values) })[OutputNames[0]];

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private static SessionOptions Options(int threads, bool optimize) => new()
    {
        IntraOpNumThreads = threads,
        InterOpNumThreads = 1,
        ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
        GraphOptimizationLevel = optimize ? GraphOptimizationLevel.ORT_ENABLE_ALL : GraphOptimizationLevel.ORT_DISABLE_ALL,
        LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
    };
}
