using SparseDsl.Backends.CSharp;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Library;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Cli.Data;
using SparseDsl.Cli.Running;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli.Commands;

/// <summary>
/// Writes a model as a native library: <c>libNAME.so</c> and <c>NAME.o</c>, the header, the packed weights, a C program that calls it and the lines of CMake that build
/// that. Needs libLLVM and LLVM's linker, and no C compiler.
/// </summary>
internal sealed class NativeBuild(Session session, string target, LlvmCpuName? cpu, string folder, string? name)
{
    /// <summary>What it makes libraries for.</summary>
    public static readonly string[] Targets = ["x64", "arm64"];

    /// <summary>What is wrong with a processor for a target; null when nothing is.</summary>
    public static string? Mismatch(string target, LlvmCpuName cpu) => target == "csharp" ? "--cpu is for native libraries: --target x64 or arm64"
        : cpu != LlvmCpuName.Native && cpu.Row.Architecture != Architecture(target) ? $"the processor '{cpu.Name}' is not one of {target}"
        : null;

    /// <summary>Compiles and writes; problems are reported.</summary>
    public void Run(string file, string? model, string? weightsPath, string? profile)
    {
        if (LlvmToolchain.Check(session.Diagnostics) && Processor() is { } processor && ProfileFile.Find(session, profile) is { } machine
            && SourceFiles.Model(session, file, model) is { } bound && ModelWeights.Read(session, bound, weightsPath) is { } weights)
        {
            var options = new CompilationOptions(processor.Target) { Weights = weights.Find, Profile = machine };
            if (session.Work("compiling", () => Compile(bound, weights, options, processor)) is { } files && OutputFolder.Write(session, folder, files.Select(f => (f.Name, f.Content))))
            {
                Link(files);
            }
        }
    }

    private static LlvmArchitecture Architecture(string target) => target == "x64" ? LlvmArchitecture.X64 : LlvmArchitecture.Arm64;

    private LlvmCpu? Processor()
    {
        var row = cpu?.Row ?? LlvmCpu.DefaultOf(Architecture(target));
        if (row.Architecture == Architecture(target))
        {
            return row;
        }

        // This machine, asked for as 'native', is of another kind.
        session.Report(FileDiagnostics.TargetNotHere, target);
        return null;
    }

    private List<LibraryFile>? Compile(ProgramModel bound, ModelWeights weights, CompilationOptions options, LlvmCpu processor)
    {
        if (Compilation.Lower(bound.Model, options, session.Diagnostics) is not { } lowered)
        {
            return null;
        }

        IReadOnlyList<CSharpTier> tier = [new(options.Target, lowered.Program)];
        if (ModelPacker.Pack(tier, path => weights[path], session.Diagnostics) is not { } packed)
        {
            return null;
        }

        var hash = ModelHash.Of(tier);
        List<LibraryFile> files = [.. LlvmLibrary.Write(lowered.Program, processor, hash, name)];
        if (packed.Count > 0)
        {
            using var stream = new MemoryStream();
            WeightFileWriter.Write(stream, lowered.Program.Name, hash, packed);
            files.Add(new LibraryFile(LlvmLibrary.NameOf(lowered.Program, name) + ".sdw", stream.ToArray()));
        }

        return files;
    }

    private void Link(List<LibraryFile> files)
    {
        var @object = files[0].Name;
        var library = $"lib{Path.GetFileNameWithoutExtension(@object)}.so";
        if (Disk.TryWrite(session, Path.Combine(folder, library), temporary => IsLinked(Linker.Link(Path.Combine(folder, @object), temporary, library), library)))
        {
            session.Output.WriteLine($"{folder}: {library}, {string.Join(", ", files.Select(f => f.Name))}");
        }
    }

    private bool IsLinked((bool IsThere, string? Problem) linker, string library)
    {
        if (!linker.IsThere)
        {
            session.Report(FileDiagnostics.NoLinker, library);
        }
        else if (linker.Problem is { } problem)
        {
            session.Report(FileDiagnostics.LinkFailed, library, problem.ReplaceLineEndings(" "));
        }

        return linker is (true, null);
    }
}
