using System.Globalization;
using System.Text.Json;
using SparseDsl.Compiler.Passes.Graphs;

namespace SparseDsl.Cli.Running;

/// <summary>Why weights are stored as they are.</summary>
internal static class StorageReport
{
    /// <summary>For people: a line for each weight that was asked for or weighed.</summary>
    public static void Write(TextWriter output, IEnumerable<LevelDecision> decisions)
    {
        LevelDecision[] shown = [.. decisions.Where(d => !d.Format.IsDense || d.Weighed is not null)];
        if (shown.Length == 0)
        {
            return;
        }

        output.WriteLine("storage, estimated for one thread and dims in the middle of their ranges");
        var (tensor, format, id) = (shown.Max(d => d.Tensor.Length), shown.Max(d => d.Format.Name.Length), shown.Max(d => d.Id.Length));
        foreach (var decision in shown)
        {
            var flip = Flip(decision) is { } text ? $"; {text}" : "";
            output.WriteLine($"  {decision.Tensor.PadRight(tensor)}  {decision.Format.Name.PadRight(format)}  {decision.Id.PadRight(id)}  {decision.Reason}{flip}");
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
            writer.WriteString("reason_id", decision.Id);
            writer.WriteString("reason", decision.Reason);
            Write(writer, "density", decision.Density);
            Write(writer, "stored", decision.Stored);
            if (decision.Weighed is { } weighed)
            {
                writer.WriteString("sparse_format", weighed.Sparse.Name);
                writer.WriteString("sparse_kernel", weighed.SparseKernel.Name);
                writer.WriteString("dense_kernel", weighed.DenseKernel.Name);
                writer.WriteNumber("sparse_microseconds", weighed.SparseMicroseconds);
                writer.WriteNumber("dense_microseconds", weighed.DenseMicroseconds);
                writer.WriteNumber("crossover", weighed.Crossover);
                writer.WriteString("flip", Flip(decision));
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>What would make the other choice: <c>dense above 62% stored</c>; null where nothing was weighed.</summary>
    private static string? Flip(LevelDecision decision) => decision.Weighed is not { } weighed ? null
        : decision.Id == StorageReasons.SparseFaster ? (weighed.Crossover > 0.9999 ? "never dense" : $"dense above {Percent(weighed.Crossover)}")
        : weighed.Crossover < 0.0001 ? $"never {weighed.Sparse.Name}" : $"{weighed.Sparse.Name} below {Percent(weighed.Crossover)}";

    private static string Percent(double fraction) => (fraction * 100).ToString("0.#", CultureInfo.InvariantCulture) + "% stored";

    private static void Write(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }
}
