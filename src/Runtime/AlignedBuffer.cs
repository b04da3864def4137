using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SparseDsl.Runtime;

/// <summary>
/// Native memory that begins at a multiple of 64 bytes, a cache line and the widest vector. Zeroed when created; the
/// garbage collector neither moves nor scans it.
/// </summary>
/// <remarks>
/// Free it with <see cref="Dispose"/>; the finalizer frees what was forgotten. A pointer or span into the buffer does not
/// keep it alive: hold the buffer itself for as long as they are in use, and do not dispose of it meanwhile.
/// </remarks>
public sealed unsafe class AlignedBuffer : IDisposable
{
    /// <summary>Alignment of <see cref="Pointer"/> in bytes.</summary>
    public const int Alignment = 64;

    private byte* _pointer;

    /// <summary>Allocates a zeroed buffer.</summary>
    /// <param name="byteLength">Number of bytes; 0 is allowed.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="OutOfMemoryException">There is not so much memory.</exception>
    public AlignedBuffer(long byteLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        ByteLength = byteLength;
        var size = checked((nuint)byteLength);
        _pointer = (byte*)NativeMemory.AlignedAlloc(size, Alignment);
        NativeMemory.Clear(_pointer, size);
    }

    /// <summary>Frees the memory if <see cref="Dispose"/> was not called.</summary>
    ~AlignedBuffer() => Free();

    /// <summary>Number of bytes.</summary>
    public long ByteLength { get; }

    /// <summary>The first byte.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer == null, this);
            return _pointer;
        }
    }

    /// <summary>A view of the whole buffer; bytes that do not fill an element are left out.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    /// <exception cref="OverflowException">There are more elements than a span can hold.</exception>
    public Span<T> AsSpan<T>()
        where T : unmanaged => new(Pointer, checked((int)(ByteLength / sizeof(T))));

    /// <summary>A view of a part of the buffer.</summary>
    /// <param name="byteOffset">Where the view begins, in bytes; need not be aligned.</param>
    /// <param name="count">Number of elements.</param>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The view reaches outside the buffer.</exception>
    public Span<T> AsSpan<T>(long byteOffset, int count)
        where T : unmanaged
    {
        var start = Pointer;
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (byteOffset < 0 || byteOffset > ByteLength || (long)count * sizeof(T) > ByteLength - byteOffset)
        {
            throw new ArgumentOutOfRangeException(nameof(byteOffset));
        }

        return new Span<T>(start + byteOffset, count);
    }

    /// <summary>Frees the memory; further use throws.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
