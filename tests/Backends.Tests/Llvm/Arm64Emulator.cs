using System.Diagnostics;
using System.Text;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Tests;

namespace SparseDsl.Backends.Tests.Llvm;

/// <summary>A memory that kernels use.</summary>
/// <param name="Bytes">Its length.</param>
/// <param name="Contents">What it begins with; null for what nobody wrote.</param>
/// <param name="IsWanted">Whether it is read afterwards.</param>
internal sealed record EmulatedMemory(long Bytes, ReadOnlyMemory<byte>? Contents, bool IsWanted);

/// <summary>
/// One process that runs kernels for arm64 in an emulator, with SVE registers of one length; started once for all tests. What it speaks is described in
/// <c>arm64-runner.c</c>, which is compiled first.
/// </summary>
internal sealed class Arm64Emulator : IDisposable
{
    private const string Compiler = "aarch64-linux-gnu-gcc";
    private const string Emulator = "qemu-aarch64-static";

    private static readonly Lazy<string?> Runner = new(Compile);
    private static readonly Lazy<string> Folder = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("sparsedsl-arm64-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    });

    private static readonly Dictionary<int, Lazy<Arm64Emulator>> All = new[] { 16, 32, 64 }.ToDictionary(bytes => bytes, bytes => new Lazy<Arm64Emulator>(() => new Arm64Emulator(bytes)));

    private static int libraries;

    private readonly Lock turn = new();
    private readonly BinaryWriter requests;
    private readonly BinaryReader answers;
    private readonly int length;
    private readonly Process process;

    private Arm64Emulator(int vectorBytes)
    {
        length = vectorBytes;
        process = Process.Start(new ProcessStartInfo(Emulator, ["-L", "/usr/aarch64-linux-gnu", "-cpu", $"max,sve-default-vector-length={vectorBytes}", Runner.Value!])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
        requests = new BinaryWriter(new BufferedStream(process.StandardInput.BaseStream, 1 << 16));
        answers = new BinaryReader(process.StandardOutput.BaseStream);
        Assert.Equal(vectorBytes, answers.ReadInt32());
    }

    /// <summary>Ends the process; at the end of the tests.</summary>
    public void Dispose()
    {
        process.Kill();
        process.Dispose();
        requests.Dispose();
        answers.Dispose();
    }

    /// <summary>What is not installed; null when everything is.</summary>
    public static string? Missing => !LlvmToolchain.IsThere ? SuiteTests.Missing
        : !new[] { Compiler, Emulator, "ld.lld-19" }.All(Has) || Runner.Value is null ? "an emulator, a compiler or a linker for arm64 is not installed: scripts/install-llvm installs them"
        : null;

    /// <summary>The emulator with registers of the length that code for a processor counts on; the shortest for code without SVE.</summary>
    public static Arm64Emulator For(LlvmCpu cpu) => All[16 * Math.Max(1, cpu.VectorScale)].Value;

    /// <summary>Compiles a module to a library that an emulator can load.</summary>
    /// <returns>Its path.</returns>
    public static string Link(string text, LlvmCpu cpu)
    {
        var path = Path.Combine(Folder.Value, $"kernels{Interlocked.Increment(ref libraries)}");
        File.WriteAllBytes(path + ".o", LlvmToolchain.Compile(text, cpu));
        Assert.Equal((true, null), Linker.Link(path + ".o", path + ".so", Path.GetFileName(path) + ".so"));
        File.Delete(path + ".o");
        return path + ".so";
    }

    /// <summary>Runs the kernels of a library.</summary>
    /// <param name="library">Its path.</param>
    /// <param name="memories">Memories.</param>
    /// <param name="regions">For each region the number of the memory it is in.</param>
    /// <param name="scalars">Dims and lengths.</param>
    /// <returns>The bytes of the memories that are wanted, in order.</returns>
    public List<byte[]> Run(string library, IReadOnlyList<EmulatedMemory> memories, IReadOnlyList<int> regions, IReadOnlyList<int> scalars)
    {
        lock (turn)
        {
            var path = Encoding.UTF8.GetBytes(library);
            requests.Write(path.Length);
            requests.Write(path);
            requests.Write(memories.Count);
            foreach (var memory in memories)
            {
                requests.Write(memory.Bytes);
                requests.Write((byte)((memory.Contents is null ? 0 : 1) + (memory.IsWanted ? 2 : 0)));
                requests.Write((memory.Contents ?? default).Span);
            }

            Write(regions);
            Write(scalars);
            requests.Flush();
            var status = answers.ReadByte();
            Assert.True(status == 0, $"registers of {length} bytes: {(status == 1 ? "the library cannot be loaded" : "kernels wrote outside their memory")}");
            return [.. memories.Where(m => m.IsWanted).Select(m => answers.ReadBytes(checked((int)m.Bytes)))];
        }
    }

    private void Write(IReadOnlyList<int> numbers)
    {
        requests.Write(numbers.Count);
        foreach (var number in numbers)
        {
            requests.Write(number);
        }
    }

    private static string? Compile()
    {
        var program = Path.Combine(Folder.Value, "runner");
        string[] arguments = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o", program, Repository.PathOf("tests/Backends.Tests/Llvm/arm64-runner.c"), "-Wl,--no-as-needed", "-ldl", "-lm"];
        using var process = Process.Start(new ProcessStartInfo(Compiler, arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
        return program;
    }

    private static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(p => p.Length > 0 && File.Exists(Path.Combine(p, program)));
}
