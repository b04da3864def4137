using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli;

/// <summary>JSON on standard output: indented, one document.</summary>
internal static class Json
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a document.</summary>
    public static void Write(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Options))
        {
            write(writer);
        }

        output.WriteLine(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }

    /// <summary>The member <c>diagnostics</c>.</summary>
    public static void WriteDiagnostics(Utf8JsonWriter writer, IEnumerable<Diagnostic> diagnostics)
    {
        writer.WriteStartArray("diagnostics");
        foreach (var diagnostic in diagnostics)
        {
            WriteDiagnostic(writer, diagnostic);
        }

        writer.WriteEndArray();
    }

    private static void WriteDiagnostic(Utf8JsonWriter writer, Diagnostic diagnostic)
    {
        writer.WriteStartObject();
        writer.WriteString("id", diagnostic.Id);
        writer.WriteString("severity", diagnostic.Severity.ToString().ToLowerInvariant());
        writer.WriteString("message", diagnostic.Message);
        writer.WriteString("hint", diagnostic.Hint);
        if (diagnostic.Location is { } location)
        {
            var (line, column) = location.Source.Position(location.Span.Start);
            writer.WriteString("file", location.Source.Path);
            writer.WriteNumber("line", line);
            writer.WriteNumber("column", column);
            writer.WriteNumber("length", location.Span.Length);
        }

        writer.WriteEndObject();
    }
}
