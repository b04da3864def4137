namespace SparseDsl.Runtime;

/// <summary>Packed weights copied to aligned memory.</summary>
public sealed unsafe class MemoryWeights : WeightSource
{
    private readonly Dictionary<string, (AlignedBuffer Buffer, string Element)> _arrays = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override string? ModelHash
    {
        get
        {
            ThrowIfFreed();
            return null;
        }
    }

    /// <inheritdoc/>
    public override string? Model
    {
        get
        {
            ThrowIfFreed();
            return null;
        }
    }

    /// <inheritdoc/>
    public override string Description => "the weights in memory";

    /// <summary>Adds an array; the bytes are copied.</summary>
    /// <param name="name">Its name; not yet there.</param>
    /// <param name="element">Type of an element: <c>f32</c>.</param>
    /// <param name="bytes">The elements, little-endian.</param>
    public void Add(string name, string element, ReadOnlySpan<byte> bytes)
    {
        ThrowIfFreed();
        var buffer = new AlignedBuffer(bytes.Length);
        bytes.CopyTo(new Span<byte>(buffer.Pointer, bytes.Length));
        _arrays.Add(name, (buffer, element));
    }

    /// <inheritdoc/>
    public override bool TryFind(string name, out WeightArray array)
    {
        ThrowIfFreed();
        var found = _arrays.TryGetValue(name, out var entry);
        array = found ? new WeightArray((nint)entry.Buffer.Pointer, entry.Buffer.ByteLength, entry.Element) : default;
        return found;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var (buffer, _) in _arrays.Values)
            {
                buffer.Dispose();
            }
        }
    }
}
