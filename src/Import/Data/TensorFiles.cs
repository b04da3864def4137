using SparseDsl.Compiler.Data;

namespace SparseDsl.Import.Data;

/// <summary>Reads and writes tensors in the format a file's extension names: .npy, .npz or .safetensors.</summary>
public static class TensorFiles
{
    /// <summary>Whether the extension is one of the three.</summary>
    public static bool IsKnown(string path) => Extension(path) is ".npy" or ".npz" or ".safetensors";

    /// <summary>Reads every tensor of a file; the one array of an npy file is named after the file.</summary>
    /// <exception cref="DataFormatException">The extension is unknown or the file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public static IReadOnlyDictionary<string, TensorData> Read(string path) => Extension(path) switch
    {
        ".npy" => new Dictionary<string, TensorData>(StringComparer.Ordinal) { [Path.GetFileNameWithoutExtension(path)] = Npy.Read(path) },
        ".npz" => Npz.Read(path),
        ".safetensors" => SafetensorsFile.ReadAll(path),
        _ => throw Unknown(path),
    };

    /// <summary>Writes tensors, replacing a file that is there; an npy file takes exactly one.</summary>
    /// <exception cref="DataFormatException">The extension is unknown, or does not take so many tensors.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, TensorData> tensors)
    {
        switch (Extension(path))
        {
            case ".npy" when tensors.Count == 1:
                Npy.Write(path, tensors.Values.Single());
                break;
            case ".npy":
                throw new DataFormatException(FormattableString.Invariant($"an npy file holds one tensor, not {tensors.Count}"));
            case ".npz":
                Npz.Write(path, tensors.OrderBy(t => t.Key, StringComparer.Ordinal));
                break;
            case ".safetensors":
                tensors.Aggregate(new SafetensorsWriter(), (writer, t) => writer.Add(t.Key, t.Value)).Write(path);
                break;
            default:
                throw Unknown(path);
        }
    }

    private static string Extension(string path) => Path.GetExtension(path).ToLowerInvariant();

    private static DataFormatException Unknown(string path) =>
        new($"'{Path.GetExtension(path)}' is not an extension of tensor files: use .npy, .npz or .safetensors");
}
