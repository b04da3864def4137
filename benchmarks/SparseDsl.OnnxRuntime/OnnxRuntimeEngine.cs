using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Measurement;

namespace SparseDsl.OnnxRuntime;

/// <summary>
/// A model run by ONNX Runtime's CPU provider with every graph optimisation, its tensors allocated beforehand; or several sessions of one, used in turn, so that
/// their weights are not in a cache more often than ours.
/// </summary>
public sealed class OnnxRuntimeEngine : IEngine
{
    private readonly Copy[] copies;
    private readonly RunOptions run = new();
    private readonly int threads;
    private int current;

    /// <summary>Loads a model and binds its inputs and outputs.</summary>
    /// <param name="model">The ONNX file's bytes.</param>
    /// <param name="inputs">Elements of the inputs, in the model's order.</param>
    /// <param name="threads">Threads of a call.</param>
    /// <param name="sessions">Copies of the weights.</param>
    /// <param name="inputCopies">Copies of the inputs in each session.</param>
    public OnnxRuntimeEngine(byte[] model, IReadOnlyList<TensorData> inputs, int threads, int sessions = 1, int inputCopies = 1)
    {
        this.threads = threads;
        copies = [.. Enumerable.Range(0, sessions).SelectMany(_ => Load(model, inputs, threads, inputCopies))];
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
    public float[] ReadOutput()
    {
        var first = copies[current].Outputs[0];
        return first.GetTensorTypeAndShape().ElementDataType switch
        {
            TensorElementType.Float => first.GetTensorDataAsSpan<float>().ToArray(),
            TensorElementType.Int64 => [.. first.GetTensorDataAsSpan<long>().ToArray().Select(v => (float)v)],
            TensorElementType.Int32 => [.. first.GetTensorDataAsSpan<int>().ToArray().Select(v => (float)v)],
            var other => throw new NotSupportedException($"outputs of type {other} are not compared"),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var copy in copies)
        {
            copy.Binding.Dispose();
            foreach (var value in copy.Outputs.Concat(copy.Inputs))
            {
                value.Dispose();
            }
        }

        foreach (var session in copies.Select(copy => copy.Session).Distinct())
        {
            session.Dispose();
        }

        run.Dispose();
    }

    private static IEnumerable<Copy> Load(byte[] model, IReadOnlyList<TensorData> inputs, int threads, int inputCopies)
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
        return [.. Enumerable.Range(0, inputCopies).Select(_ => Bind(session, inputs))];
    }

    private static Copy Bind(InferenceSession session, IReadOnlyList<TensorData> inputs)
    {
        var binding = session.CreateIoBinding();
        OrtValue[] values = [.. inputs.Select(Value)];
        OrtValue[] outputs = [.. Allocate(session, values)];
        foreach (var (name, value) in session.InputNames.Zip(values))
        {
            binding.BindInput(name, value);
        }

        foreach (var (name, value) in session.OutputNames.Zip(outputs))
        {
            binding.BindOutput(name, value);
        }

        return new Copy(session, binding, values, outputs);
    }

    private static OrtValue Value(TensorData tensor)
    {
        long[] shape = [.. tensor.Shape.Select(length => (long)length)];
        return tensor.Type switch
        {
            ElementType.F32 => OrtValue.CreateTensorValueFromMemory(tensor.ToFloats(), shape),
            ElementType.F64 => OrtValue.CreateTensorValueFromMemory(tensor.ToDoubles(), shape),
            ElementType.I64 => OrtValue.CreateTensorValueFromMemory(tensor.ToInt64s(), shape),
            ElementType.I32 => OrtValue.CreateTensorValueFromMemory(tensor.ToInt64s().Select(v => (int)v).ToArray(), shape),
            ElementType.U8 => OrtValue.CreateTensorValueFromMemory(tensor.ToBytes(), shape),
            _ => throw new NotSupportedException($"inputs of type {tensor.Type.Name()} are not given to ONNX Runtime"),
        };
    }

    // Only a run tells the outputs' shapes.
    private static IReadOnlyList<OrtValue> Allocate(InferenceSession session, OrtValue[] inputs)
    {
        using var run = new RunOptions();
        using var first = session.Run(run, session.InputNames, inputs, session.OutputNames);
        return [.. first.Select(value => OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, value.GetTensorTypeAndShape().ElementDataType, value.GetTensorTypeAndShape().Shape))];
    }

    private void Advance() => current = current + 1 == copies.Length ? 0 : current + 1;

    private sealed record Copy(InferenceSession Session, OrtIoBinding Binding, OrtValue[] Inputs, OrtValue[] Outputs);
}
