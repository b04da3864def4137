using SparseDsl.Backends.CSharp;
using SparseDsl.Backends.Llvm.Library;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Cli.Commands;

/// <summary>The packed weights beside native code: <c>NAME.sdw</c>.</summary>
internal static class PackedWeightsFile
{
    /// <summary>The file, or none where a model has no weights to pack.</summary>
    /// <param name="program">The model.</param>
    /// <param name="modelHash">Tells which code the weights fit.</param>
    /// <param name="packed">The arrays.</param>
    /// <param name="name">The library's name; null is the model's.</param>
    public static IEnumerable<LibraryFile> Of(LoopProgram program, string modelHash, IReadOnlyList<PackedWeight> packed, string? name)
    {
        if (packed.Count == 0)
        {
            return [];
        }

        using var stream = new MemoryStream();
        WeightFileWriter.Write(stream, program.Name, modelHash, packed);
        return [new LibraryFile(LlvmLibrary.NameOf(program, name) + ".sdw", stream.ToArray())];
    }
}
