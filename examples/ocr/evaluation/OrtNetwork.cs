using Microsoft.ML.OnnxRuntime;

namespace SparseDsl.Examples.Ocr.Evaluation;

/// <summary>A network run by ONNX Runtime, to compare with.</summary>
internal sealed class OrtNetwork : INetwork, IDisposable
{
    private readonly InferenceSession _session;

    /// <param name="path">The .onnx file.</param>
    /// <param name="threads">Number of threads.</param>
    public OrtNetwork(string path, int threads)
    {
        using var options = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(path, options);
    }

    /// <inheritdoc/>
    public Tensor Run(Tensor input)
    {
        using var value = OrtValue.CreateTensorValueFromMemory(input.Values, [.. input.Shape.Select(d => (long)d)]);
        using var options = new RunOptions();
        using var outputs = _session.Run(options, [_session.InputNames[0]], [value], [_session.OutputNames[0]]);
        var shape = outputs[0].GetTensorTypeAndShape().Shape;
        return new Tensor([.. shape.Select(d => (int)d)], outputs[0].GetTensorDataAsSpan<float>().ToArray());
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
