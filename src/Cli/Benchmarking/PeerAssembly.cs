using System.Reflection;
using System.Runtime.Loader;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Measurement;

namespace SparseDsl.Cli.Benchmarking;

/// <summary>Finds ONNX Runtime, which is no part of this program: it is larger than all the rest.</summary>
internal static class PeerAssembly
{
    /// <summary>The environment variable that names the folder for all commands.</summary>
    public const string Variable = "SPARSEDSL_PEERS";

    private const string FileName = "SparseDsl.OnnxRuntime";

    /// <summary>Loads the assembly from a folder the user names, or from the source tree this program was built in; null after a report.</summary>
    public static IPeerLoader? Find(Session session, string peer, string? folder)
    {
        var path = Path.Combine(folder ?? Environment.GetEnvironmentVariable(Variable) ?? InSourceTree(), FileName + ".dll");
        try
        {
            if (File.Exists(path))
            {
                var assembly = new PeerContext(Path.GetFullPath(path)).LoadFromAssemblyPath(Path.GetFullPath(path));
                var type = assembly.GetExportedTypes().Single(t => typeof(IPeerLoader).IsAssignableFrom(t) && !t.IsInterface);
                return (IPeerLoader)Activator.CreateInstance(type)!;
            }
        }
        catch (Exception problem) when (problem is BadImageFormatException or FileLoadException or FileNotFoundException or TypeLoadException or InvalidOperationException)
        {
            // As good as not there.
        }

        session.Report(FileDiagnostics.PeerNotHere, peer, path);
        return null;
    }

    private static string InSourceTree()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "SparseDsl.sln")))
            {
                var output = Path.Combine(folder, "benchmarks", FileName, "bin");
                string[] built = [Path.Combine(output, "Release", "net10.0"), Path.Combine(output, "Debug", "net10.0")];
                return built.FirstOrDefault(Directory.Exists) ?? built[0];
            }
        }

        return AppContext.BaseDirectory;
    }

    /// <summary>What the assembly brings is its own; what it shares with this program is this program's.</summary>
    private sealed class PeerContext(string path) : AssemblyLoadContext(FileName)
    {
        private readonly AssemblyDependencyResolver resolver = new(path);

        protected override Assembly? Load(AssemblyName assemblyName) =>
            assemblyName.Name!.StartsWith("SparseDsl.", StringComparison.Ordinal) && assemblyName.Name != FileName ? null
            : resolver.ResolveAssemblyToPath(assemblyName) is { } found ? LoadFromAssemblyPath(found) : null;

        protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
            resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } found ? LoadUnmanagedDllFromPath(found) : 0;
    }
}
