using System.Globalization;
using System.Text.Json;
using SparseDsl.Compiler.Passes.Graphs;

namespace SparseDsl.Cli.Running;

/// <summary>What zeros in the weights made superfluous.</summary>
internal static class RemovalReport
{
    /// <summary>For people: a line for each weight that is smaller, and how many results of layers are.</summary>
    public static void Write(TextWriter output, IReadOnlyCollection<RemovedSlices> removed)
    {
        RemovedSlices[] weights = [.. removed.Where(r => r.Operation is null)];
        RemovedSlices[] results = [.. removed.Where(r => r.Operation is not null)];
        if (removed.Count == 0)
        {
            return;
        }

        output.WriteLine("removed, since the weights make them zero, constant or unread");
        var width = removed.Max(r => r.Tensor.Length);
        foreach (var weight in weights)
        {
            output.WriteLine($"  {weight.Tensor.PadRight(width)}  {weight.Text}");
        }

        foreach (var result in results)
        {
            output.WriteLine($"  {result.Tensor.PadRight(width)}  {result.Text} of {result.Operation}{(result.Scope.Length > 0 ? " in " + result.Scope : "")}");
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  in all {results.Sum(r => r.Removed):N0} of {results.Sum(r => r.Extent):N0} slices of the results of {results.Length:N0} operations"));
    }

    /// <summary>For machines: every tensor.</summary>
    public static void Write(Utf8JsonWriter writer, IEnumerable<RemovedSlices> removed)
    {
        writer.WriteStartArray("removed");
        foreach (var slices in removed)
        {
            writer.WriteStartObject();
            writer.WriteString("tensor", slices.Tensor);
            writer.WriteString("op", slices.Operation);
            writer.WriteString("scope", slices.Scope);
            writer.WriteNumber("axis", slices.Axis);
            writer.WriteNumber("removed", slices.Removed);
            writer.WriteNumber("extent", slices.Extent);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
