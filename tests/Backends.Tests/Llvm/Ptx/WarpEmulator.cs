using System.Text;
using System.Text.RegularExpressions;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Hosting;
using SparseDsl.Backends.Llvm.Ptx;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Runtime;
using SparseDsl.Tests;

namespace SparseDsl.Backends.Tests.Llvm.Ptx;

/// <summary>
/// The kernels of a model for a GPU on this processor: the same LLVM text, but for the names of the few functions that only a GPU has, compiled together with
/// <c>warp-stubs.ll</c>, which has them.
/// </summary>
internal sealed unsafe partial class WarpEmulator : IDisposable
{
    private const int Lanes = 32;
    private const int StackBytes = 128 * 1024;

    private static readonly string Stubs = File.ReadAllText(Repository.PathOf("tests/Backends.Tests/Llvm/Ptx/warp-stubs.ll"));

    private readonly LlvmCode code;
    private readonly AlignedBuffer stacks = new(Lanes * StackBytes);
    private readonly delegate* unmanaged[Cdecl]<nint, void**, int, int, void*, long, int, int> launch;

    public WarpEmulator(PtxProgram program)
    {
        code = new LlvmCode([LlvmToolchain.Compile(HostText(program.Text), Cpu)]);
        launch = (delegate* unmanaged[Cdecl]<nint, void**, int, int, void*, long, int, int>)code.Find("w.launch");
    }

    /// <summary>Whether the threads of a warp run from the last to the first.</summary>
    public bool IsDescending { get; set; }

    /// <summary>Whether this machine can.</summary>
    public static bool IsHere => LlvmToolchain.IsThere && Cpu.IsHere;

    private static LlvmCpu Cpu => LlvmCpu.Find("x86-64-v3")!;

    public nint Find(string kernel) => code.Find(kernel + ".entry");

    /// <summary>Runs a kernel.</summary>
    /// <param name="kernel">From <see cref="Find"/>.</param>
    /// <param name="parameters">The address of each parameter.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <returns>Whether the threads of every warp did the same.</returns>
    public bool Launch(nint kernel, void** parameters, int grid, int block) =>
        launch(kernel, parameters, grid, block, stacks.Pointer, StackBytes, IsDescending ? Lanes - 1 : 1) == 0;

    public void Dispose()
    {
        code.Dispose();
        stacks.Dispose();
    }

    private static string HostText(string text)
    {
        var entries = new StringBuilder();
        foreach (Match kernel in Kernels().Matches(text))
        {
            entries.Append(Entry(kernel.Groups["name"].Value, kernel.Groups["parameters"].Value));
        }

        text = text.Replace("nvptx64-nvidia-cuda", Cpu.Triple, StringComparison.Ordinal)
            .Replace("ptx_kernel ", "", StringComparison.Ordinal)
            .Replace("asm \"dp4a.u32.s32 $0, $1, $2, $3;\", \"=r,r,r,r\"", "@nvvm.dp4a", StringComparison.Ordinal);
        text = Features().Replace(GpuDeclarations().Replace(text, ""), $"\"target-cpu\"=\"{Cpu.LlvmName}\"");
        return text.Replace("@llvm.nvvm.", "@nvvm.", StringComparison.Ordinal) + entries + Stubs.Replace("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)\n", "", StringComparison.Ordinal)
            + "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)\n";
    }

    // Parameters as a driver gets them: the address of each.
    private static string Entry(string name, string parameters)
    {
        var text = new StringBuilder($"\ndefine void @{name}.entry(ptr %params) {{\n");
        var arguments = new List<string>();
        foreach (var parameter in parameters.Split(", ", StringSplitOptions.RemoveEmptyEntries))
        {
            var (type, i) = (parameter.Split(' ')[0], arguments.Count);
            text.Append($"  %s{i} = getelementptr ptr, ptr %params, i64 {i}\n  %a{i} = load ptr, ptr %s{i}\n  %v{i} = load {type}, ptr %a{i}\n");
            arguments.Add($"{type} %v{i}");
        }

        return text.Append($"  call void @{name}({string.Join(", ", arguments)})\n  ret void\n}}\n").ToString();
    }

    [GeneratedRegex(@"^define ptx_kernel void @(?<name>\w+)\((?<parameters>[^)]*)\)", RegexOptions.Multiline)]
    private static partial Regex Kernels();

    [GeneratedRegex(@"^declare .*@llvm\.nvvm\..*\n", RegexOptions.Multiline)]
    private static partial Regex GpuDeclarations();

    [GeneratedRegex("\"target-cpu\"=\"[^\"]*\" \"target-features\"=\"[^\"]*\"")]
    private static partial Regex Features();
}
