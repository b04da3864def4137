using System.Text;
using SparseDsl.Backends.Llvm.Emit;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.Llvm.Library;

/// <summary>A file of a native library.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Content">Its bytes.</param>
public sealed record LibraryFile(string Name, ReadOnlyMemory<byte> Content);

/// <summary>Writes a model as a library that C and C++ call: an object file, its header, a C program that shows how to call it, and the lines of CMake that build that.</summary>
public static class LlvmLibrary
{
    /// <summary>The name of the library of a model, as it is in file names and identifiers.</summary>
    /// <param name="program">The model.</param>
    /// <param name="name">The name asked for; null is the model's.</param>
    public static string NameOf(LoopProgram program, string? name = null) => new CNames(program, name).Library;

    /// <summary>The text of the module. The library exports functions that begin with its name, and nothing else.</summary>
    /// <param name="program">The model after the loop passes.</param>
    /// <param name="cpu">The processor, of the target that the model was lowered for.</param>
    /// <param name="modelHash">64 digits that tell which packed weights fit.</param>
    /// <param name="name">The library's name; null is the model's.</param>
    public static string Emit(LoopProgram program, LlvmCpu cpu, string modelHash, string? name = null)
    {
        var module = new Module(cpu);
        LlvmEmitter.Write(module, program, isExported: false);
        new LibraryWriter(module, program, new CNames(program, name), modelHash).Write();
        return module.ToString();
    }

    /// <summary>Compiles the library; needs libLLVM.</summary>
    /// <param name="program">The model after the loop passes.</param>
    /// <param name="cpu">The processor, of the target that the model was lowered for.</param>
    /// <param name="modelHash">64 digits that tell which packed weights fit.</param>
    /// <param name="name">The library's name; null is the model's.</param>
    public static IReadOnlyList<LibraryFile> Write(LoopProgram program, LlvmCpu cpu, string modelHash, string? name = null)
    {
        var names = new CNames(program, name);
        var example = new ExampleWriter(program, names);
        return
        [
            new(names.Library + ".o", LlvmToolchain.Compile(Emit(program, cpu, modelHash, name), cpu)),
            Text(names.Library + ".h", new HeaderWriter(program, cpu, names).Write()),
            Text("example.c", example.Program()),
            Text("CMakeLists.txt", example.CMake()),
        ];
    }

    private static LibraryFile Text(string name, string text) => new(name, Encoding.UTF8.GetBytes(text));
}
