using System.Text;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Data;

namespace SparseDsl.Import.Onnx;

/// <summary>Writes an imported network: the program and its weights side by side.</summary>
public static class ImportWriter
{
    /// <summary>Writes <c>NAME.dsl</c> and <c>NAME.safetensors</c>.</summary>
    /// <param name="result">An import without errors.</param>
    /// <param name="folder">Where to; made when it is not there.</param>
    /// <param name="name">Name of the files, without extension.</param>
    /// <exception cref="ArgumentException">The import has errors.</exception>
    /// <exception cref="IOException">The files cannot be written.</exception>
    public static void Write(ImportResult result, string folder, string name)
    {
        if (result.Diagnostics.Any(d => d.Severity == Severity.Error))
        {
            throw new ArgumentException("an import with errors has nothing to write", nameof(result));
        }

        Directory.CreateDirectory(folder);
        var writer = new SafetensorsWriter();
        foreach (var (path, tensor) in result.Weights.OrderBy(w => w.Key, StringComparer.Ordinal))
        {
            writer.Add(path, tensor);
        }

        writer.Write(Path.Combine(folder, name + ".safetensors"));
        File.WriteAllText(Path.Combine(folder, name + ".dsl"), result.Dsl, new UTF8Encoding(false));
    }
}
