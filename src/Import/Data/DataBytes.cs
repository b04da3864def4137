using SparseDsl.Dsl;

namespace SparseDsl.Import.Data;

/// <summary>Reads the bytes of tensors, and checks what their shape cannot promise.</summary>
internal static class DataBytes
{
    private const int Step = 1 << 20;

    /// <summary>Reads a byte count a file states, without trusting it: memory grows only as bytes arrive.</summary>
    public static byte[] Read(Stream stream, int count, string? tensor, long offset)
    {
        var bytes = new byte[Math.Min(count, Step)];
        for (var have = 0; ;)
        {
            var got = stream.ReadAtLeast(bytes.AsSpan(have), bytes.Length - have, throwOnEndOfStream: false);
            have += got;
            if (have < bytes.Length)
            {
                throw new DataFormatException(
                    FormattableString.Invariant($"the data ends after {have} of {count} bytes"), tensor, offset + have);
            }

            if (have == count)
            {
                return bytes;
            }

            Array.Resize(ref bytes, (int)Math.Min(count, 2L * have));
        }
    }

    /// <summary>Throws unless every bool is the byte 0 or 1.</summary>
    public static void CheckBools(ElementType type, ReadOnlySpan<byte> bytes, string? tensor, long offset)
    {
        var bad = type == ElementType.Bool ? bytes.IndexOfAnyExceptInRange((byte)0, (byte)1) : -1;
        if (bad >= 0)
        {
            throw new DataFormatException($"a bool is {bytes[bad]}, which is neither 0 nor 1", tensor, offset + bad);
        }
    }

    /// <summary>Throws unless unsigned 64-bit values fit the i64 they are kept as.</summary>
    public static void CheckUnsigned64(ReadOnlySpan<byte> bytes, string? tensor, long offset)
    {
        for (var top = 7; top < bytes.Length; top += 8)
        {
            if ((bytes[top] & 0x80) != 0)
            {
                throw new DataFormatException("an unsigned 64-bit value does not fit i64", tensor, offset + top - 7);
            }
        }
    }
}
