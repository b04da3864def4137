using SparseDsl.Compiler.Data;

namespace SparseDsl.Import.Data;

/// <summary>
/// An open safetensors file (<see href="https://github.com/huggingface/safetensors#format"/>). The header is read and
/// checked at once, each tensor's bytes when it is asked for.
/// </summary>
/// <remarks>
/// A tensor stored by compressed rows (see <see cref="SafetensorsWriter.AddSparse"/>) appears under its own name, dense;
/// its parts do not appear. Not safe for use from several threads at once.
/// </remarks>
public sealed class SafetensorsFile : IDisposable
{
    private readonly Stream _stream;
    private readonly SafetensorsHeader _header;
    private readonly HashSet<string> _sparse;
    private readonly IReadOnlyList<string> _names;

    private SafetensorsFile(Stream stream)
    {
        _stream = stream;
        _header = SafetensorsHeader.Read(stream);
        _sparse = FindSparse();
        var parts = _sparse.SelectMany(PartNames).ToHashSet(StringComparer.Ordinal);
        _names = [.. _header.Entries.Keys.Where(n => !parts.Contains(n)).Concat(_sparse).Order(StringComparer.Ordinal)];
    }

    /// <summary>Names of the tensors, in ordinal order.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The file's free-form strings, those that describe sparse tensors included.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="DataFormatException">The header is damaged or does not fit the file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        var stream = File.OpenRead(path);
        try
        {
            return new SafetensorsFile(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file that is the whole of a stream that can seek; the stream is disposed with the result.</summary>
    /// <exception cref="DataFormatException">The header is damaged or does not fit the stream.</exception>
    public static SafetensorsFile Open(Stream stream) => new(stream);

    /// <summary>Reads every tensor of a file, by name.</summary>
    /// <exception cref="DataFormatException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyDictionary<string, TensorData> ReadAll(string path)
    {
        using var file = Open(path);
        return file.ReadAll();
    }

    /// <summary>Reads every tensor, by name.</summary>
    /// <exception cref="DataFormatException">A tensor is damaged.</exception>
    public IReadOnlyDictionary<string, TensorData> ReadAll() =>
        Names.ToDictionary(name => name, Read, StringComparer.Ordinal);

    /// <summary>Reads one tensor.</summary>
    /// <exception cref="DataFormatException">The tensor is damaged.</exception>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    public TensorData Read(string name) => _sparse.Contains(name) ? ReadSparse(name) : ReadEntry(_header.Entries[name]);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private static string[] PartNames(string name) =>
        [name + Csr.ValuesSuffix, name + Csr.IndicesSuffix, name + Csr.IndptrSuffix];

    /// <summary>
    /// Names that the metadata gives a storage format. Other tools write a metadata key "format" too, so a key counts
    /// only when tensor parts stand behind it.
    /// </summary>
    private HashSet<string> FindSparse()
    {
        var result = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, format) in Metadata)
        {
            var name = key.EndsWith(Csr.FormatSuffix, StringComparison.Ordinal) ? key[..^Csr.FormatSuffix.Length] : "";
            var parts = PartNames(name);
            if (name.Length == 0 || !parts.Any(_header.Entries.ContainsKey))
            {
                continue;
            }

            CheckSparse(name, format, parts);
            result.Add(name);
        }

        return result;
    }

    private void CheckSparse(string name, string format, string[] parts)
    {
        if (format != Csr.FormatName)
        {
            throw new DataFormatException($"storage format '{format}' is not known", name, 8);
        }

        if (_header.Entries.ContainsKey(name))
        {
            throw new DataFormatException("the file holds it both dense and sparse", name, 8);
        }

        if (Array.Find(parts, part => !_header.Entries.ContainsKey(part)) is { } missing)
        {
            throw new DataFormatException($"its part '{missing}' is missing", name, 8);
        }
    }

    private TensorData ReadSparse(string name)
    {
        var parts = PartNames(name).Select(part => ReadEntry(_header.Entries[part])).ToArray();
        var shape = Csr.ParseShape(Metadata.GetValueOrDefault(name + Csr.ShapeSuffix), name);
        try
        {
            return new Csr(shape, parts[0], parts[1], parts[2]).ToDense(name);
        }
        catch (DataFormatException e) when (e.Offset is null)
        {
            // The finest place there is to give: where the row pointers and what they contradict begin.
            throw new DataFormatException(e.Problem, name, _header.Entries[name + Csr.IndptrSuffix].Offset, e);
        }
    }

    private TensorData ReadEntry(SafetensorsEntry entry)
    {
        _stream.Position = entry.Offset;
        var bytes = DataBytes.Read(_stream, entry.Length, entry.Name, entry.Offset);
        DataBytes.CheckBools(entry.Type, bytes, entry.Name, entry.Offset);
        if (entry.Unsigned64)
        {
            DataBytes.CheckUnsigned64(bytes, entry.Name, entry.Offset);
        }

        return new TensorData(entry.Type, entry.Shape, bytes);
    }
}
