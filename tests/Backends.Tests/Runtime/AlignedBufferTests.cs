using SparseDsl.Runtime;

namespace SparseDsl.Backends.Tests.Runtime;

public unsafe class AlignedBufferTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(100_003)]
    public void IsAlignedAndZeroed(int length)
    {
        using var buffer = new AlignedBuffer(length);
        Assert.Equal(length, buffer.ByteLength);
        Assert.Equal(0, (nint)buffer.Pointer % AlignedBuffer.Alignment);
        Assert.Equal(length, buffer.AsSpan<byte>().Length);
        Assert.False(buffer.AsSpan<byte>().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void ViewsShareTheMemory()
    {
        using var buffer = new AlignedBuffer(18);
        buffer.AsSpan<float>(8, 2).Fill(1.5f);
        Assert.Equal([0, 0, 1.5f, 1.5f], buffer.AsSpan<float>().ToArray());
        Assert.Equal(1.5f, ((float*)buffer.Pointer)[3]);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 5)]
    [InlineData(13, 1)]
    [InlineData(17, 0)]
    [InlineData(0, -1)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(0, int.MaxValue)]
    public void ViewsOutsideTheBufferAreRefused(long offset, int count)
    {
        using var buffer = new AlignedBuffer(16);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.AsSpan<float>(offset, count).Length);
    }

    [Fact]
    public void ADisposedBufferGivesNothing()
    {
        var buffer = new AlignedBuffer(16);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nint)buffer.Pointer);
        Assert.Throws<ObjectDisposedException>(() => buffer.AsSpan<byte>().Length);
        Assert.Throws<ObjectDisposedException>(() => buffer.AsSpan<byte>(0, 0).Length);
    }

    [Fact]
    public void ANegativeLengthIsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new AlignedBuffer(-1));
}
