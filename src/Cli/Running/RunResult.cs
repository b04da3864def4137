using System.Globalization;
using System.Text.Json;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Binding;

namespace SparseDsl.Cli.Running;

/// <summary>What the user asked <c>run</c> for.</summary>
internal sealed record RunRequest(
    string File,
    string? Model,
    string? Weights,
    IReadOnlyList<KeyValuePair<string, string>> Inputs,
    IReadOnlyList<KeyValuePair<string, string>> Outputs,
    IReadOnlyList<KeyValuePair<string, long>> Dims,
    string Backend,
    Target? Target,
    LlvmCpuName? Cpu,
    int Threads,
    int Repeat,
    string? Profile)
{
    /// <summary>The backend that does not compile.</summary>
    public const string Reference = "reference";

    /// <summary>Whether it is asked for.</summary>
    public bool IsReference => Backend == Reference;
}

/// <summary>What <c>run</c> found.</summary>
internal sealed record RunResult(RunRequest Request, ModelHost Host, BoundModel Model, IReadOnlyList<(string Name, TensorData Tensor)> Outputs, double Milliseconds, SparsityReport? Sparsity)
{
    private string Where => Request.IsReference ? "reference, float64" : Host.Name;

    /// <summary>For people.</summary>
    public void Write(TextWriter output)
    {
        foreach (var (name, tensor) in Outputs)
        {
            TensorText.Write(output, name, tensor);
        }

        // Calls vary more than the times below, which are medians of many: a reader must not compare them.
        var threads = Request.IsReference ? 1 : Request.Threads;
        var calls = Request.Repeat == 1 ? "one call after a first one; --repeat N takes a median" : $"median of {Request.Repeat} calls after a first one";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"time: {DurationText.Of(Milliseconds)} ({calls}), {threads} {(threads == 1 ? "thread" : "threads")}, {Where}"));
        Sparsity?.Write(output);
    }

    /// <summary>For machines.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("model", Model.Name);
        writer.WriteString("backend", Request.Backend);
        writer.WriteNumber("threads", Request.Threads);
        writer.WriteNumber("milliseconds", Milliseconds);
        writer.WriteStartObject("outputs");
        foreach (var (name, tensor) in Outputs)
        {
            TensorText.Write(writer, name, tensor);
        }

        writer.WriteEndObject();
        Sparsity?.Write(writer);
    }
}
