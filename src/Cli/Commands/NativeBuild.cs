using SparseDsl.Backends.CSharp;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Library;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Cli.Data;
using SparseDsl.Cli.Running;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli.Commands;

/// <summary>
/// Writes a model as a native library: <c>libNAME.so</c> and <c>NAME.o</c>, the header, the packed weights, a C program that calls it and the lines of CMake that build
/// that. Needs libLLVM and LLVM's linker, and no C compiler.
/// </summary>
internal sealed class NativeBuild(Session session, string target, IReadOnlyList<LlvmCpuName> processors, string folder, string? name)
{
    /// <summary>What it makes libraries for.</summary>
    public static readonly string[] Targets = ["x64", "arm64"];

    /// <summary>What is wrong with processors for a target; null when nothing is.</summary>
    public static string? Mismatch(string target, IReadOnlyList<LlvmCpuName> processors)
    {
        var named = processors.Where(p => p != LlvmCpuName.Native && p != LlvmCpuName.Every).ToList();
        return target == PtxBuild.Target ? PtxBuild.Mismatch(processors)
            : target == "csharp" ? "--cpu is for native libraries: --target x64 or arm64"
            : named.FirstOrDefault(p => p.Row.Architecture != Architecture(target)) is { } other ? $"the processor '{other.Name}' is not one of {target}"
            : processors.Count > 1 && named.Count < processors.Count ? $"'{processors.Except(named).First().Name}' stands alone, without other processors"
            : named.GroupBy(p => p.Row.Target.Name).FirstOrDefault(g => g.Count() > 1) is { } alike ? $"a library chooses by the vectors of a machine, which '{alike.First().Name}' and '{alike.Last().Name}' have alike"
            : null;
    }

    /// <summary>Compiles and writes; problems are reported.</summary>
    public void Run(string file, string? model, string? weightsPath, string? profile)
    {
        if (LlvmToolchain.Check(session.Diagnostics) && Processors() is { } rows && ProfileFile.Find(session, profile) is { } machine
            && SourceFiles.Model(session, file, model) is { } bound && ModelWeights.Read(session, bound, weightsPath) is { } weights)
        {
            var options = new CompilationOptions(rows[0].Target) { Weights = weights.Find, Profile = machine };
            if (session.Work("compiling", () => Compile(bound, weights, options, rows)) is { } files && OutputFolder.Write(session, folder, files.Select(f => (f.Name, f.Content))))
            {
                Link(files);
            }
        }
    }

    private static LlvmArchitecture Architecture(string target) => target == "x64" ? LlvmArchitecture.X64 : LlvmArchitecture.Arm64;

    // The narrowest vectors first: a library takes the last that the machine runs.
    private List<LlvmCpu>? Processors()
    {
        IEnumerable<LlvmCpu> rows = processors.Count == 0 ? [LlvmCpu.DefaultOf(Architecture(target))]
            : processors.Contains(LlvmCpuName.Every) ? LlvmCpu.LevelsOf(Architecture(target))
            : processors.Select(p => p.Row);
        if (rows.All(r => r.Architecture == Architecture(target)))
        {
            return [.. rows.OrderBy(r => r.Target.VectorBits)];
        }

        // This machine, asked for as 'native', is of another kind.
        session.Report(FileDiagnostics.TargetNotHere, target);
        return null;
    }

    private List<LibraryFile>? Compile(ProgramModel bound, ModelWeights weights, CompilationOptions options, List<LlvmCpu> rows)
    {
        if (TierCompiler.Lower(bound.Model, [.. rows.Select(r => r.Target)], options, null, session.Diagnostics) is not { Tiers: var tiers })
        {
            return null;
        }

        if (ModelPacker.Pack(tiers, path => weights[path], session.Diagnostics) is not { } packed)
        {
            return null;
        }

        var hash = ModelHash.Of(tiers);
        List<LibraryLevel> levels = [.. tiers.Zip(rows, (tier, row) => new LibraryLevel(row, tier.Program, weight => CSharpEmitter.WeightName(tiers, tier, weight)))];
        return [.. LlvmLibrary.Write(levels, hash, name), .. PackedWeightsFile.Of(tiers[0].Program, hash, packed, name)];
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
