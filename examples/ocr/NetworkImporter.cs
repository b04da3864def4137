using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Onnx;

namespace SparseDsl.Examples.Ocr;

/// <summary>Turns ONNX files into programs with weights, once.</summary>
public static class NetworkImporter
{
    /// <summary>The program of a network; imports it where the folder does not hold it yet, or holds one older than the ONNX file.</summary>
    /// <param name="onnx">The ONNX file.</param>
    /// <param name="folder">Where <c>NAME.dsl</c> and <c>NAME.safetensors</c> are kept; made where it is missing.</param>
    /// <returns>The path of the <c>.dsl</c> file.</returns>
    /// <exception cref="InvalidDataException">The file is no ONNX model, or something in it cannot be imported.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static string Ensure(string onnx, string folder)
    {
        var name = Path.GetFileNameWithoutExtension(onnx);
        var program = Path.Combine(folder, name + ".dsl");
        if (!File.Exists(program) || (File.Exists(onnx) && File.GetLastWriteTimeUtc(program) < File.GetLastWriteTimeUtc(onnx)))
        {
            Import(onnx, name, folder);
        }

        return program;
    }

    private static void Import(string onnx, string name, string folder)
    {
        var model = Read(onnx);
        var imported = OnnxImporter.Import(model, name, Options(model.Graph, Path.GetFileName(onnx)));
        if (imported.Diagnostics.FirstOrDefault(diagnostic => diagnostic.Severity == Severity.Error) is { } error)
        {
            throw new InvalidDataException($"{onnx}: {DiagnosticRenderer.Header(error)}");
        }

        ImportWriter.Write(imported, folder, name);
    }

    private static OnnxModel Read(string onnx)
    {
        try
        {
            return OnnxModel.Load(onnx);
        }
        catch (OnnxFormatException damage)
        {
            throw new InvalidDataException($"{onnx}: {damage.Message}", damage);
        }
    }

    // The pipeline runs one picture at a time.
    private static OnnxImportOptions Options(OnnxGraph graph, string source) => new()
    {
        Source = source,
        Dims = graph.Inputs.ToImmutableDictionary(input => input.Name + "[0]", _ => ImportDim.Fixed(1)),
    };
}
