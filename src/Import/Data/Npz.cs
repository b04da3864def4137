using System.IO.Compression;
using System.Text;
using SparseDsl.Compiler.Data;

namespace SparseDsl.Import.Data;

/// <summary>Reads and writes NumPy's npz format: a zip archive with one npy array per member, <c>NAME.npy</c>.</summary>
/// <remarks>Members may be stored or deflated, with zip64 sizes; their checksums are verified.</remarks>
public static class Npz
{
    private const string Extension = ".npy";

    // Archives without time stamps, so that equal tensors give equal files; 1980 is where zip dates begin.
    private static readonly DateTimeOffset Epoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Reads every array of a file, by name.</summary>
    /// <exception cref="DataFormatException">The file is not a whole archive of supported npy arrays.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyDictionary<string, TensorData> Read(string path)
    {
        using var stream = File.OpenRead(path);
        return Read(stream);
    }

    /// <summary>Reads every array of a stream that can seek, by name.</summary>
    /// <exception cref="DataFormatException">The stream is not a whole archive of supported npy arrays.</exception>
    public static IReadOnlyDictionary<string, TensorData> Read(Stream stream)
    {
        var result = new Dictionary<string, TensorData>(StringComparer.Ordinal);
        using var archive = Open(stream);
        foreach (var entry in archive.Entries)
        {
            var name = Name(entry);
            if (!result.TryAdd(name, ReadEntry(entry, name)))
            {
                throw new DataFormatException("the archive holds this name twice", name);
            }
        }

        return result;
    }

    /// <summary>Writes arrays to a file in the order given, replacing one that is there.</summary>
    public static void Write(string path, IEnumerable<KeyValuePair<string, TensorData>> tensors, bool compress = false)
    {
        using var stream = File.Create(path);
        Write(stream, tensors, compress);
    }

    /// <summary>Writes arrays to a stream in the order given.</summary>
    public static void Write(Stream stream, IEnumerable<KeyValuePair<string, TensorData>> tensors, bool compress = false)
    {
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8);
        foreach (var (name, tensor) in tensors)
        {
            var entry = archive.CreateEntry(name + Extension, compress ? CompressionLevel.Optimal : CompressionLevel.NoCompression);
            entry.LastWriteTime = Epoch;
            using var member = entry.Open();
            Npy.Write(member, tensor);
        }
    }

    private static ZipArchive Open(Stream stream)
    {
        try
        {
            var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true, Encoding.UTF8);

            // The directory is read on first use; let its faults surface here.
            _ = archive.Entries;
            return archive;
        }
        catch (Exception e) when (IsZipFault(e))
        {
            throw new DataFormatException("this is not a whole zip archive", inner: e);
        }
    }

    private static string Name(ZipArchiveEntry entry) =>
        entry.FullName.EndsWith(Extension, StringComparison.Ordinal) ? entry.FullName[..^Extension.Length] : entry.FullName;

    private static TensorData ReadEntry(ZipArchiveEntry entry, string name)
    {
        try
        {
            using var member = entry.Open();
            using var checking = new Crc32Stream(member);
            var tensor = Npy.Read(checking, name);
            return checking.Crc32 == entry.Crc32
                ? tensor
                : throw new DataFormatException("the archive's checksum does not match", name);
        }
        catch (Exception e) when (IsZipFault(e))
        {
            throw new DataFormatException("the archive member cannot be read", name, inner: e);
        }
    }

    // Besides InvalidDataException, damaged offsets and sizes surface in ZipArchive as seeks and reads that fail.
    private static bool IsZipFault(Exception e) =>
        e is InvalidDataException or EndOfStreamException or ArgumentException or NotSupportedException or OverflowException
            || (e is IOException && e is not FileNotFoundException);
}
