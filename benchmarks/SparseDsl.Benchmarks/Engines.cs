using Microsoft.ML.OnnxRuntime;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Compiler.Data;
using SparseDsl.Examples.Ocr;

namespace SparseDsl.Benchmarks;

/// <summary>A network with its input in place: a call computes and nothing else.</summary>
internal interface IEngine : IDisposable
{
    /// <summary>Computes the output once. Neither engine copies or allocates tensors here.</summary>
    void Invoke();

    /// <summary>The values of the last output, copied.</summary>
    float[] ReadOutput();
}

/// <summary>The network compiled by us.</summary>
internal sealed class OurEngine : IEngine
{
    private readonly CompiledModel _model;

    /// <summary>Compiles a workload's program and binds its input.</summary>
    public OurEngine(Workload workload, int threads)
    {
        _model = ModelCompiler.Compile(workload.Program, threads);
        _model.Bind(new Dictionary<string, TensorData>
        {
            [_model.Inputs.Single().Name] = TensorData.FromFloats(workload.MakeInput(), workload.Shape),
        });
    }

    /// <inheritdoc/>
    public void Invoke() => _model.Invoke();

    /// <inheritdoc/>
    public float[] ReadOutput() => _model.ReadOutputs().Values.Single().ToFloats();

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}

/// <summary>The network run by ONNX Runtime's CPU provider with every graph optimisation, its tensors allocated beforehand.</summary>
internal sealed class OnnxRuntimeEngine : IEngine
{
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly OrtIoBinding _binding;
    private readonly OrtValue _input;
    private readonly OrtValue _output;

    /// <summary>Loads a workload's model and binds its input and output.</summary>
    public OnnxRuntimeEngine(Workload workload, int threads)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        _session = new InferenceSession(workload.Onnx, options);
        _binding = _session.CreateIoBinding();
        _input = OrtValue.CreateTensorValueFromMemory(workload.MakeInput(), [.. workload.Shape.Select(length => (long)length)]);
        _output = Allocate();
        _binding.BindInput(_session.InputNames[0], _input);
        _binding.BindOutput(_session.OutputNames[0], _output);
    }

    /// <inheritdoc/>
    public void Invoke() => _session.RunWithBinding(_run, _binding);

    /// <inheritdoc/>
    public float[] ReadOutput() => _output.GetTensorDataAsSpan<float>().ToArray();

    /// <inheritdoc/>
    public void Dispose()
    {
        _binding.Dispose();
        _output.Dispose();
        _input.Dispose();
        _run.Dispose();
        _session.Dispose();
    }

    // Only a run tells the output's shape.
    private OrtValue Allocate()
    {
        using var first = _session.Run(_run, _session.InputNames, [_input], _session.OutputNames);
        return OrtValue.CreateTensorValueFromMemory(
            first[0].GetTensorDataAsSpan<float>().ToArray(), first[0].GetTensorTypeAndShape().Shape);
    }
}
