using System.Text;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Data;

namespace SparseDsl.Import.Onnx;

/// <summary>Writes an imported network: the program and its weights side by side.</summary>
public static class ImportWriter
{
    /// <summary>
    /// Writes <c>NAME.dsl</c> and <c>NAME.safetensors</c>, replacing what is there. Both are written whole under other names before either gets its own,
    /// so that a full disk or a crash leaves what was there before; the program comes last: where it is, its weights are.
    /// </summary>
    /// <param name="result">An import without errors.</param>
    /// <param name="folder">Where to; made when it is not there.</param>
    /// <param name="name">Name of the files, without extension.</param>
    /// <returns>The path of the program.</returns>
    /// <exception cref="ArgumentException">The import has errors.</exception>
    /// <exception cref="IOException">The files cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or a file in it may not be written.</exception>
    public static string Write(ImportResult result, string folder, string name)
    {
        if (result.Diagnostics.Any(d => d.Severity == Severity.Error))
        {
            throw new ArgumentException("an import with errors has nothing to write", nameof(result));
        }

        Directory.CreateDirectory(folder);
        var mark = Guid.NewGuid().ToString("N");
        string Temporary(string extension) => Path.Combine(folder, $".{name}.{mark}{extension}");
        string Final(string extension) => Path.Combine(folder, name + extension);
        string[] extensions = [".safetensors", ".dsl"];
        try
        {
            TensorFiles.Write(Temporary(".safetensors"), result.Weights);
            File.WriteAllText(Temporary(".dsl"), result.Dsl, new UTF8Encoding(false));
            foreach (var extension in extensions)
            {
                File.Move(Temporary(extension), Final(extension), overwrite: true);
            }
        }
        finally
        {
            foreach (var extension in extensions)
            {
                File.Delete(Temporary(extension));
            }
        }

        return Final(".dsl");
    }
}
