using System.Runtime.InteropServices;

namespace SparseDsl.Benchmarks;

/// <summary>Finds libraries of peers.</summary>
internal static class NativePeer
{
    /// <summary>The first of some libraries that can be loaded and has what is asked for; null when there is none.</summary>
    /// <param name="paths">File names for the system to search, or paths.</param>
    /// <param name="symbols">Functions that it must have.</param>
    public static nint? Find(IEnumerable<string> paths, params string[] symbols)
    {
        foreach (var path in paths)
        {
            if (NativeLibrary.TryLoad(path, out var library))
            {
                if (symbols.All(s => NativeLibrary.TryGetExport(library, s, out _)))
                {
                    return library;
                }

                NativeLibrary.Free(library);
            }
        }

        return null;
    }
}
