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
    /// <param name="levels">The model for one processor or several of one instruction set, the best last.</param>
    /// <param name="modelHash">64 digits that tell which packed weights fit.</param>
    /// <param name="name">The library's name; null is the model's.</param>
    public static string Emit(IReadOnlyList<LibraryLevel> levels, string modelHash, string? name = null)
    {
        var module = new Module(LlvmCpu.BaselineOf(levels[0].Cpu.Architecture));
        new LibraryWriter(module, levels, new CNames(levels[0].Program, name), modelHash).Write();
        return module.ToString();
    }

    /// <summary>Compiles the library; needs libLLVM.</summary>
    /// <param name="levels">The model for one processor or several of one instruction set, the best last.</param>
    /// <param name="modelHash">64 digits that tell which packed weights fit.</param>
    /// <param name="name">The library's name; null is the model's.</param>
    public static IReadOnlyList<LibraryFile> Write(IReadOnlyList<LibraryLevel> levels, string modelHash, string? name = null)
    {
        var program = levels[0].Program;
        var names = new CNames(program, name);
        var example = new ExampleWriter(program, names);
        return
        [
            new(names.Library + ".o", LlvmToolchain.Compile(Emit(levels, modelHash, name), LlvmCpu.BaselineOf(levels[0].Cpu.Architecture))),
            Text(names.Library + ".h", new HeaderWriter(levels, names).Write()),
            Text("example.c", example.Program()),
            Text("CMakeLists.txt", example.CMake()),
        ];
    }

    private static LibraryFile Text(string name, string text) => new(name, Encoding.UTF8.GetBytes(text));
}
