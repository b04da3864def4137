using System.Globalization;
using System.Runtime.InteropServices;

namespace LLVMSharp.Interop;

/// <summary>
/// Finds libLLVM: the file that <c>$LIBLLVM_PATH</c> names, the program's folder, LLVM 19, then the other versions with the IR this project writes (15 and later,
/// in which pointers are opaque), newest first.
/// </summary>
internal static unsafe class LibraryResolver
{
    /// <summary>Names a library file, in place of all others.</summary>
    public const string Variable = "LIBLLVM_PATH";

    private const int Oldest = 15;
    private const int Preferred = 19;
    private const int Newest = 25;

    private static readonly Lazy<(nint Handle, string Version)> Loaded = new(Load);

    /// <summary>Whether there is one.</summary>
    public static bool IsThere => Loaded.Value.Handle != 0;

    /// <summary>Its version: <c>19.1.7</c>; empty when there is none.</summary>
    public static string Version => Loaded.Value.Version;

    private static (nint Handle, string Version) Load()
    {
        var handle = Open();
        if (handle == 0)
        {
            return (0, "");
        }

        NativeLibrary.SetDllImportResolver(typeof(LibraryResolver).Assembly, (name, _, _) => name == LLVM.Library ? handle : 0);
        Initialise();
        return (handle, VersionOf(handle));
    }

    private static nint Open()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path)
        {
            return NativeLibrary.TryLoad(path, out var given) && IsUsable(given) ? given : 0;
        }

        foreach (var name in Names())
        {
            if (NativeLibrary.TryLoad(name, out var handle))
            {
                if (IsUsable(handle))
                {
                    return handle;
                }

                NativeLibrary.Free(handle);
            }
        }

        return 0;
    }

    private static IEnumerable<string> Names()
    {
        int[] majors = [Preferred, .. Enumerable.Range(Oldest, Newest - Oldest + 1).Reverse().Where(m => m != Preferred)];
        foreach (var folder in new[] { AppContext.BaseDirectory, "" })
        {
            foreach (var major in majors)
            {
                var digits = major.ToString(CultureInfo.InvariantCulture);
                foreach (var file in new[] { $"libLLVM.so.{digits}.1", $"libLLVM-{digits}.so.1", $"libLLVM-{digits}.so" })
                {
                    yield return folder + file;
                }
            }
        }
    }

    // LLVM 14 has the functions, but parses typed pointers; LLVM 15 was the first with this one.
    private static bool IsUsable(nint handle) => NativeLibrary.TryGetExport(handle, "LLVMPointerTypeInContext", out _);

    private static string VersionOf(nint handle)
    {
        if (!NativeLibrary.TryGetExport(handle, "LLVMGetVersion", out _))
        {
            return Oldest.ToString(CultureInfo.InvariantCulture);
        }

        uint major, minor, patch;
        LLVM.GetVersion(&major, &minor, &patch);
        return string.Create(CultureInfo.InvariantCulture, $"{major}.{minor}.{patch}");
    }

    // By name: the functions that initialise "the native target" are macros of headers, no exports.
    private static void Initialise()
    {
        LLVM.InitializeX86TargetInfo();
        LLVM.InitializeX86Target();
        LLVM.InitializeX86TargetMC();
        LLVM.InitializeX86AsmPrinter();
        LLVM.InitializeX86AsmParser();
        LLVM.InitializeAArch64TargetInfo();
        LLVM.InitializeAArch64Target();
        LLVM.InitializeAArch64TargetMC();
        LLVM.InitializeAArch64AsmPrinter();
        LLVM.InitializeAArch64AsmParser();
        LLVM.InitializeNVPTXTargetInfo();
        LLVM.InitializeNVPTXTarget();
        LLVM.InitializeNVPTXTargetMC();
        LLVM.InitializeNVPTXAsmPrinter();
    }
}
