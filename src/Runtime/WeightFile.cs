using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Reflection;
using System.Text;

namespace SparseDsl.Runtime;

/// <summary>
/// A file of packed weights, mapped into memory: arrays become readable without being copied, and processes that use the same file share its pages. The same
/// bytes can also be a resource of an assembly, which is read in place.
/// </summary>
/// <remarks>
/// Little-endian. A header of 128 bytes: magic <c>SDWEIGHT</c>, version (u32), number of entries (u32), model hash (64 ASCII digits), length of the file
/// (u64), length of the index (u64), checksum of the index (u64), checksum of the data (u64), zeros. The index: length of the model's name (u16), the name in
/// UTF-8; then an entry each: length of the name (u16), the name in UTF-8, length of the element type (u8), the element type, offset from the beginning of
/// the file (u64), bytes (u64). Then the data, every array at a multiple of 64. A checksum is four FNV-1a sums, each over every fourth of the 64-bit words, and
/// an FNV-1a sum over the four; that of the index covers the first 96 bytes of the header, zeros up to 128, and the index filled up with zeros.
/// </remarks>
public sealed unsafe class WeightFile : WeightSource
{
    /// <summary>The version this runtime reads.</summary>
    public const int Version = 2;

    private const int HeaderLength = 128;

    private readonly Dictionary<string, WeightArray> _arrays = new(StringComparer.Ordinal);
    private readonly IDisposable _memory;
    private readonly byte* _start;
    private readonly long _length;

    // Copied when the file is opened, so that nobody reads them from memory that is being unmapped.
    private string _modelHash = "";
    private string _model = "";

    private WeightFile(string description, byte* start, long length, IDisposable memory)
    {
        Description = description;
        _start = start;
        _length = length;
        _memory = memory;
    }

    /// <inheritdoc/>
    public override string? ModelHash
    {
        get
        {
            ThrowIfFreed();
            return _modelHash;
        }
    }

    /// <inheritdoc/>
    public override string? Model
    {
        get
        {
            ThrowIfFreed();
            return _model;
        }
    }

    /// <inheritdoc/>
    public override string Description { get; }

    /// <summary>Maps a file and checks it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="verify">Also reads all data once and checks it; without, header and index are checked, and a large file is ready at once.</param>
    /// <exception cref="ModelException">The file is no weight file, of another version, truncated or corrupt.</exception>
    /// <exception cref="IOException">The file is not there, or cannot be read.</exception>
    public static WeightFile Open(string path, bool verify = true)
    {
        ArgumentNullException.ThrowIfNull(path);
        var info = new FileInfo(path);
        if (!info.Exists && Directory.Exists(path))
        {
            throw new IOException($"'{path}' is a folder, not a weight file: name the .sdw file in it");
        }

        if (!info.Exists)
        {
            throw new FileNotFoundException($"there is no weight file '{path}': pack it with 'sparsedsl pack', or let the build of the project do it", path);
        }

        var description = $"the weight file '{info.Name}'";
        CheckHeader(description, info.Length);
        var mapping = new Mapping(path, info.Length);
        return Checked(new WeightFile(description, mapping.Start, info.Length, mapping), verify);
    }

    /// <summary>Reads a weight file that is a resource of an assembly, in place.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="name">The resource's logical name.</param>
    /// <param name="verify">Also reads all data once and checks it.</param>
    /// <exception cref="ModelException">There is no such resource, or it is no weight file, of another version, truncated or corrupt.</exception>
    public static WeightFile FromResource(Assembly assembly, string name, bool verify = true)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        ArgumentNullException.ThrowIfNull(name);
        var description = $"the weight resource '{name}'";
        var stream = assembly.GetManifestResourceStream(name) ?? throw new ModelException($"{description} is missing in {assembly.GetName().Name}");
        CheckHeader(description, stream.Length);
        if (stream is UnmanagedMemoryStream memory)
        {
            return Checked(new WeightFile(description, memory.PositionPointer, memory.Length, memory), verify);
        }

        // Hosts that load assemblies from bytes give other streams.
        var copy = new AlignedBuffer(stream.Length);
        using (stream)
        {
            stream.ReadExactly(copy.AsSpan<byte>());
        }

        return Checked(new WeightFile(description, copy.Pointer, copy.ByteLength, copy), verify);
    }

    /// <inheritdoc/>
    public override bool TryFind(string name, out WeightArray array)
    {
        ThrowIfFreed();
        return _arrays.TryGetValue(name, out array);
    }

    /// <summary>Reads all data and compares its checksum.</summary>
    /// <exception cref="ModelException">It differs.</exception>
    /// <exception cref="ObjectDisposedException">The file was unmapped.</exception>
    public void Verify()
    {
        // Reading takes a while, and somebody may dispose of the file meanwhile.
        Retain();
        try
        {
            var data = Align(HeaderLength + (long)U64(88));
            var sum = new Checksum();
            sum.Add(_start + data, _length - data);
            if (sum.Value != U64(104))
            {
                throw new ModelException($"{Description} is corrupt: the checksum of its data is wrong");
            }
        }
        finally
        {
            Release();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _memory.Dispose();
        }
    }

    private static void CheckHeader(string description, long length)
    {
        if (length < HeaderLength)
        {
            throw new ModelException($"{description} is truncated: it has {length} bytes, less than a header");
        }
    }

    private static WeightFile Checked(WeightFile file, bool verify)
    {
        try
        {
            file.ReadIndex();
            if (verify)
            {
                file.Verify();
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static long Align(long position) => (position + 63) & ~63L;

    private static string ReadName(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text.Slice(2, BinaryPrimitives.ReadUInt16LittleEndian(text)));

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
        if (indexLength > expected - HeaderLength || indexLength > int.MaxValue || IndexChecksum((long)indexLength) != U64(96)
            || !TryReadEntries(new ReadOnlySpan<byte>(_start + HeaderLength, (int)indexLength), *(uint*)(_start + 12)))
        {
            throw new ModelException($"{Description} is corrupt: its index cannot be read");
        }

        _modelHash = Encoding.ASCII.GetString(_start + 16, 64);
        _model = ReadName(new ReadOnlySpan<byte>(_start + HeaderLength, (int)indexLength));
    }

    private ulong IndexChecksum(long length)
    {
        var header = stackalloc byte[HeaderLength];
        new ReadOnlySpan<byte>(_start, 96).CopyTo(new Span<byte>(header, 96));
        new Span<byte>(header + 96, HeaderLength - 96).Clear();
        var sum = new Checksum();
        sum.Add(header, HeaderLength);
        sum.Add(_start + HeaderLength, Math.Min(Align(HeaderLength + length), _length) - HeaderLength);
        return sum.Value;
    }

    // False when an entry leaves the index or the file.
    private bool TryReadEntries(ReadOnlySpan<byte> index, uint count)
    {
        if (index.Length < 2 || index.Length < 2 + BinaryPrimitives.ReadUInt16LittleEndian(index))
        {
            return false;
        }

        index = index[(2 + BinaryPrimitives.ReadUInt16LittleEndian(index))..];
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

    // Four sums that do not wait for each other: memory is what limits them.
    private struct Checksum
    {
        private const ulong Offset = 14695981039346656037;
        private const ulong Prime = 1099511628211;

        private ulong _a = Offset;
        private ulong _b = Offset + 1;
        private ulong _c = Offset + 2;
        private ulong _d = Offset + 3;

        public Checksum()
        {
        }

        public readonly ulong Value => (((((((Offset ^ _a) * Prime) ^ _b) * Prime) ^ _c) * Prime) ^ _d) * Prime;

        // Lengths are multiples of 64; what a damaged file has beyond that is noticed elsewhere.
        public void Add(byte* data, long length)
        {
            var words = (ulong*)data;
            for (; length >= 32; length -= 32, words += 4)
            {
                _a = (_a ^ words[0]) * Prime;
                _b = (_b ^ words[1]) * Prime;
                _c = (_c ^ words[2]) * Prime;
                _d = (_d ^ words[3]) * Prime;
            }
        }
    }

    private sealed class Mapping : IDisposable
    {
        private readonly MemoryMappedFile _file;
        private readonly MemoryMappedViewAccessor _view;

        public Mapping(string path, long length)
        {
            _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            byte* start = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            Start = start + _view.PointerOffset;
        }

        public byte* Start { get; }

        public void Dispose()
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }
}
