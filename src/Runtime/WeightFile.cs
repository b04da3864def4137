using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Text;

namespace SparseDsl.Runtime;

/// <summary>
/// A file of packed weights, mapped into memory: arrays become readable without being copied, and processes that use the same file share its pages.
/// </summary>
/// <remarks>
/// Little-endian. A header of 128 bytes: magic <c>SDWEIGHT</c>, version (u32), number of entries (u32), model hash (64 ASCII digits), length of the file
/// (u64), length of the index (u64), checksum of the index (u64), checksum of the data (u64), zeros. The index, an entry each: length of the name (u16),
/// the name in UTF-8, length of the element type (u8), the element type, offset from the beginning of the file (u64), bytes (u64). Then the data, every
/// array at a multiple of 64. Checksums are FNV-1a over 64-bit words, the last filled up with zeros; that of the index covers the header before it too.
/// </remarks>
public sealed unsafe class WeightFile : WeightSource
{
    /// <summary>The version this runtime reads.</summary>
    public const int Version = 1;

    private const int HeaderLength = 128;

    private readonly Dictionary<string, WeightArray> _arrays = new(StringComparer.Ordinal);
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly long _length;

    private WeightFile(string path, MemoryMappedFile file, long length)
    {
        _file = file;
        _length = length;
        Description = $"the weight file '{Path.GetFileName(path)}'";
        _view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    /// <inheritdoc/>
    public override string? ModelHash => Encoding.ASCII.GetString(_start + 16, 64);

    /// <inheritdoc/>
    public override string Description { get; }

    /// <summary>Maps a file and checks its header and index.</summary>
    /// <param name="path">The file.</param>
    /// <param name="verify">Also reads all data once and checks it; without, a large file is ready at once.</param>
    /// <exception cref="ModelException">The file is no weight file, of another version, truncated or corrupt.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static WeightFile Open(string path, bool verify = true)
    {
        var length = new FileInfo(path).Length;
        if (length < HeaderLength)
        {
            throw new ModelException($"the weight file '{Path.GetFileName(path)}' is truncated: it has {length} bytes, less than a header");
        }

        var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        var result = new WeightFile(path, file, length);
        try
        {
            result.ReadIndex();
            if (verify)
            {
                result.Verify();
            }
        }
        catch
        {
            result.Dispose();
            throw;
        }

        return result;
    }

    /// <inheritdoc/>
    public override bool TryFind(string name, out WeightArray array) => _arrays.TryGetValue(name, out array);

    /// <summary>Reads all data and compares its checksum.</summary>
    /// <exception cref="ModelException">It differs.</exception>
    public void Verify()
    {
        var data = HeaderLength + (long)U64(88);
        data = (data + 63) & ~63L;
        if (Checksum(Offset, _start + data, _length - data) != U64(104))
        {
            throw new ModelException($"{Description} is corrupt: the checksum of its data is wrong");
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }

    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    private static ulong Checksum(ulong hash, byte* data, long length)
    {
        for (; length >= 8; length -= 8, data += 8)
        {
            hash = (hash ^ *(ulong*)data) * Prime;
        }

        ulong last = 0;
        for (var i = 0; i < length; i++)
        {
            last |= (ulong)data[i] << (8 * i);
        }

        return length > 0 ? (hash ^ last) * Prime : hash;
    }

    private ulong U64(long offset) => *(ulong*)(_start + offset);

    private void ReadIndex()
    {
        if (!new ReadOnlySpan<byte>(_start, 8).SequenceEqual("SDWEIGHT"u8))
        {
            throw new ModelException($"{Description} is not a file of packed weights");
        }

        var version = *(uint*)(_start + 8);
        if (version != Version)
        {
            throw new ModelException($"{Description} has version {version}; this runtime reads version {Version}: pack the weights again");
        }

        var expected = U64(80);
        if ((ulong)_length != expected)
        {
            throw new ModelException($"{Description} is {((ulong)_length < expected ? "truncated" : "too long")}: it has {_length} bytes, not {expected}");
        }

        var indexLength = U64(88);
        if (indexLength > expected - HeaderLength
            || Checksum(Checksum(Offset, _start, 96), _start + HeaderLength, (long)indexLength) != U64(96)
            || !TryReadEntries(new ReadOnlySpan<byte>(_start + HeaderLength, checked((int)indexLength)), *(uint*)(_start + 12)))
        {
            throw new ModelException($"{Description} is corrupt: its index cannot be read");
        }
    }

    // False when an entry leaves the index or the file.
    private bool TryReadEntries(ReadOnlySpan<byte> index, uint count)
    {
        for (uint i = 0; i < count; i++)
        {
            var nameLength = index.Length < 2 ? ushort.MaxValue : BinaryPrimitives.ReadUInt16LittleEndian(index);
            if (index.Length < 2 + nameLength + 1)
            {
                return false;
            }

            var elementLength = index[2 + nameLength];
            var numbers = 2 + nameLength + 1 + elementLength;
            if (index.Length < numbers + 16)
            {
                return false;
            }

            var name = Encoding.UTF8.GetString(index.Slice(2, nameLength));
            var element = Encoding.ASCII.GetString(index.Slice(2 + nameLength + 1, elementLength));
            var offset = BinaryPrimitives.ReadUInt64LittleEndian(index[numbers..]);
            var bytes = BinaryPrimitives.ReadUInt64LittleEndian(index[(numbers + 8)..]);
            if (offset % 64 != 0 || offset > (ulong)_length || bytes > (ulong)_length - offset)
            {
                return false;
            }

            _arrays[name] = new WeightArray((nint)(_start + offset), (long)bytes, element);
            index = index[(numbers + 16)..];
        }

        return index.Length == 0;
    }
}
