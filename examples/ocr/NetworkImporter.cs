namespace SparseDsl.Examples.Ocr;

/// <summary>Finds the programs that ONNX files were imported to.</summary>
public static class NetworkImporter
{
    /// <summary>The program of a network.</summary>
    /// <param name="onnx">The ONNX file.</param>
    /// <param name="folder">Where <c>NAME.dsl</c> and <c>NAME.safetensors</c> are kept.</param>
    /// <returns>The path of the <c>.dsl</c> file.</returns>
    /// <exception cref="FileNotFoundException">The network was not imported; the message says how to.</exception>
    public static string Ensure(string onnx, string folder)
    {
        var program = Path.Combine(folder, Path.GetFileNameWithoutExtension(onnx) + ".dsl");
        return File.Exists(program)
            ? program
            : throw new FileNotFoundException($"{program} is not there: run sparsedsl import {onnx} -o {folder}");
    }
}
