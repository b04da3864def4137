using System.ComponentModel;
using System.Diagnostics;

namespace SparseDsl.Backends.Llvm.Toolchain;

/// <summary>LLVM's linker, which makes shared libraries for every processor and needs no C compiler.</summary>
public static class Linker
{
    /// <summary>Names a program, in place of those looked for.</summary>
    public const string Variable = "LD_LLD_PATH";

    /// <summary>Links an object file to a shared library.</summary>
    /// <param name="object">Path of the object file.</param>
    /// <param name="library">Path of the library.</param>
    /// <param name="name">The file name by which it is loaded.</param>
    /// <returns>Whether there is a linker, and what it complained of; null for nothing.</returns>
    public static (bool IsThere, string? Problem) Link(string @object, string library, string name)
    {
        foreach (var program in Programs())
        {
            try
            {
                var start = new ProcessStartInfo(program, ["-shared", "-z", "noexecstack", "-z", "now", "-soname", name, "-o", library, @object])
                {
                    RedirectStandardError = true,
                };
                using var process = Process.Start(start)!;
                var problem = process.StandardError.ReadToEnd();
                process.WaitForExit();
                return (true, process.ExitCode == 0 ? null : problem.Trim());
            }
            catch (Win32Exception)
            {
                // Not installed under this name.
            }
        }

        return (false, null);
    }

    private static IEnumerable<string> Programs() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path
        ? [path]
        : ["ld.lld-19", "ld.lld", .. Enumerable.Range(15, 11).Reverse().Select(v => $"ld.lld-{v}")];
}
