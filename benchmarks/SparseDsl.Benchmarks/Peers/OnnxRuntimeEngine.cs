using Microsoft.ML.OnnxRuntime;
using SparseDsl.Measurement;

namespace SparseDsl.Benchmarks;

/// <summary>
/// A model run by ONNX Runtime's CPU provider with every graph optimisation, its tensors allocated beforehand; or several sessions of one, used in turn, so that
/// their weights are not in a cache more often than ours.
/// </summary>
internal sealed class OnnxRuntimeEngine : IEngine
{
    private readonly Copy[] copies;
    private readonly RunOptions run = new();
    private readonly int threads;
    private int current;

    /// <summary>Loads a model and binds its one input and its first output.</summary>
    /// <param name="model">The ONNX file's bytes.</param>
    /// <param name="input">Elements of the input.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="threads">Threads of a call.</param>
    /// <param name="sessions">Copies of the weights.</param>
    /// <param name="inputs">Copies of the input in each session.</param>
    public OnnxRuntimeEngine(byte[] model, float[] input, int[] shape, int threads, int sessions = 1, int inputs = 1)
    {
        this.threads = threads;
        copies = [.. Enumerable.Range(0, sessions).SelectMany(_ => Load(model, input, shape, threads, inputs))];
    }

    /// <summary>Loads a workload.</summary>
    public OnnxRuntimeEngine(Workload workload, int threads, string? onnx = null)
        : this(File.ReadAllBytes(onnx ?? workload.Onnx), workload.MakeInput(), workload.Shape, threads, inputs: OurNetwork.InputCopies)
    {
    }

    /// <inheritdoc/>
    public string Name { get; init; } = "onnxruntime";

    /// <inheritdoc/>
    public void BeginTurn()
    {
        // Sessions have threads of their own that go on spinning after a call: within a turn there is one.
        if (threads > 1)
        {
            Advance();
        }
    }

    /// <inheritdoc/>
    public void Invoke()
    {
        if (threads == 1)
        {
            Advance();
        }

        copies[current].Session.RunWithBinding(run, copies[current].Binding);
    }

    /// <inheritdoc/>
    public float[] ReadOutput() => copies[current].Output.GetTensorDataAsSpan<float>().ToArray();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var copy in copies)
        {
            copy.Binding.Dispose();
            copy.Output.Dispose();
            copy.Input.Dispose();
        }

        foreach (var session in copies.Select(copy => copy.Session).Distinct())
        {
            session.Dispose();
        }

        run.Dispose();
    }

    private static IEnumerable<Copy> Load(byte[] model, float[] input, int[] shape, int threads, int inputs)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        var session = new InferenceSession(model, options);
        return [.. Enumerable.Range(0, inputs).Select(_ => Bind(session, input, shape))];
    }

    private static Copy Bind(InferenceSession session, float[] values, int[] shape)
    {
        var binding = session.CreateIoBinding();
        var input = OrtValue.CreateTensorValueFromMemory((float[])values.Clone(), [.. shape.Select(length => (long)length)]);
        var output = Allocate(session, input);
        binding.BindInput(session.InputNames[0], input);
        binding.BindOutput(session.OutputNames[0], output);
        return new Copy(session, binding, input, output);
    }

    // Only a run tells the output's shape.
    private static OrtValue Allocate(InferenceSession session, OrtValue input)
    {
        using var run = new RunOptions();
        using var first = session.Run(run, session.InputNames, [input], session.OutputNames);
        return OrtValue.CreateTensorValueFromMemory(first[0].GetTensorDataAsSpan<float>().ToArray(), first[0].GetTensorTypeAndShape().Shape);
    }

    private void Advance() => current = current + 1 == copies.Length ? 0 : current + 1;

    private sealed record Copy(InferenceSession Session, OrtIoBinding Binding, OrtValue Input, OrtValue Output);
}
