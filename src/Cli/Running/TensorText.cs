using System.Globalization;
using System.Text.Json;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Cli.Running;

/// <summary>Tensors for people and for machines.</summary>
internal static class TensorText
{
    private const int MostValues = 64;

    /// <summary>Name, type, and the elements row by row, at most 64 of them.</summary>
    public static void Write(TextWriter output, string name, TensorData tensor)
    {
        var shown = Math.Min(tensor.Count, MostValues);
        if (tensor.Count == 1)
        {
            output.WriteLine($"{name}: {tensor} = {Element(tensor, 0)}");
            return;
        }

        output.WriteLine($"{name}: {tensor}");
        var row = tensor.Rank == 0 ? 1 : Math.Max(1, tensor.Shape[^1]);
        var texts = Enumerable.Range(0, shown).Select(i => Element(tensor, i)).ToList();
        var width = texts.Count == 0 ? 0 : texts.Max(t => t.Length);
        for (var i = 0; i < shown; i += row)
        {
            output.WriteLine("  " + string.Join("  ", texts.Skip(i).Take(row).Select(t => t.PadLeft(width))));
        }

        if (shown < tensor.Count)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  … {tensor.Count - shown:N0} more; --output {name}=FILE.npy writes all"));
        }
    }

    /// <summary>An object with dtype, shape, values and, when there are more than 64, truncated.</summary>
    public static void Write(Utf8JsonWriter writer, string name, TensorData tensor)
    {
        writer.WriteStartObject(name);
        writer.WriteString("dtype", tensor.Type.Name());
        writer.WriteStartArray("shape");
        foreach (var extent in tensor.Shape)
        {
            writer.WriteNumberValue(extent);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("values");
        for (var i = 0; i < Math.Min(tensor.Count, MostValues); i++)
        {
            WriteElement(writer, tensor, i);
        }

        writer.WriteEndArray();
        if (tensor.Count > MostValues)
        {
            writer.WriteBoolean("truncated", true);
        }

        writer.WriteEndObject();
    }

    private static void WriteElement(Utf8JsonWriter writer, TensorData tensor, int index)
    {
        if (tensor.Type == ElementType.Bool)
        {
            writer.WriteBooleanValue(tensor.GetInt64(index) != 0);
        }
        else if (!tensor.Type.IsFloat())
        {
            writer.WriteNumberValue(tensor.GetInt64(index));
        }
        else if (tensor.GetDouble(index) is var value && double.IsFinite(value))
        {
            // The shortest text that gives the same f32.
            writer.WriteRawValue(((float)value).ToString("R", CultureInfo.InvariantCulture));
        }
        else
        {
            // JSON has no infinities.
            writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static string Element(TensorData tensor, int index) =>
        tensor.Type == ElementType.Bool ? (tensor.GetInt64(index) != 0 ? "true" : "false")
        : tensor.Type.IsFloat() ? tensor.GetDouble(index).ToString("G6", CultureInfo.InvariantCulture)
        : tensor.GetInt64(index).ToString(CultureInfo.InvariantCulture);
}
