using System.Text.Json;
using SparseDsl.Compiler.Passes.Graphs;

namespace SparseDsl.Cli.Running;

/// <summary>Why weights are stored as they are.</summary>
internal static class StorageReport
{
    /// <summary>For people: a line for each weight that was asked for or weighed.</summary>
    public static void Write(TextWriter output, IEnumerable<LevelDecision> decisions)
    {
        LevelDecision[] shown = [.. decisions.Where(d => !d.Format.IsDense || d.DenseMicroseconds is not null)];
        if (shown.Length == 0)
        {
            return;
        }

        output.WriteLine("storage, estimated for one thread and dims in the middle of their ranges");
        var (tensor, format) = (shown.Max(d => d.Tensor.Length), shown.Max(d => d.Format.Name.Length));
        foreach (var decision in shown)
        {
            output.WriteLine($"  {decision.Tensor.PadRight(tensor)}  {decision.Format.Name.PadRight(format)}  {decision.Reason}");
        }
    }

    /// <summary>For machines: every weight.</summary>
    public static void Write(Utf8JsonWriter writer, IEnumerable<LevelDecision> decisions)
    {
        writer.WriteStartArray("storage");
        foreach (var decision in decisions)
        {
            writer.WriteStartObject();
            writer.WriteString("tensor", decision.Tensor);
            writer.WriteString("format", decision.Format.Name);
            writer.WriteString("reason", decision.Reason);
            Write(writer, "density", decision.Density);
            Write(writer, "stored", decision.Stored);
            Write(writer, "dense_microseconds", decision.DenseMicroseconds);
            Write(writer, "sparse_microseconds", decision.SparseMicroseconds);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }
}
