using System.Text;

namespace SparseDsl.Backends.CSharp;

/// <summary>An array for a weight file.</summary>
/// <param name="Name">The name a generated class asks for.</param>
/// <param name="Element">Type of an element: <c>f32</c>.</param>
/// <param name="Bytes">The elements, little-endian.</param>
public sealed record PackedWeight(string Name, string Element, ReadOnlyMemory<byte> Bytes);

/// <summary>Writes the files of packed weights that <c>SparseDsl.Runtime.WeightFile</c> maps; the format is described there.</summary>
public static class WeightFileWriter
{
    private const int HeaderLength = 128;
    private const int Version = 1;

    /// <summary>Writes a file. Arrays of the same bytes, as tiers have them, are stored once.</summary>
    /// <param name="output">Where to; written from its current position on.</param>
    /// <param name="modelHash">See <see cref="ModelHash"/>.</param>
    /// <param name="weights">The arrays; names are unique.</param>
    public static void Write(Stream output, string modelHash, IReadOnlyList<PackedWeight> weights)
    {
        var names = weights.Select(w => Encoding.UTF8.GetBytes(w.Name)).ToList();
        var indexLength = weights.Zip(names, (w, name) => 2L + name.Length + 1 + w.Element.Length + 16).Sum();
        var stored = new List<ReadOnlyMemory<byte>>();
        var offsets = Place(weights, Align(HeaderLength + indexLength), stored, out var length);

        var index = new MemoryStream();
        for (var i = 0; i < weights.Count; i++)
        {
            Number(index, names[i].Length, 2);
            index.Write(names[i], 0, names[i].Length);
            Number(index, weights[i].Element.Length, 1);
            index.Write(Encoding.ASCII.GetBytes(weights[i].Element), 0, weights[i].Element.Length);
            Number(index, offsets[i], 8);
            Number(index, weights[i].Bytes.Length, 8);
        }

        var header = new MemoryStream();
        header.Write(Encoding.ASCII.GetBytes("SDWEIGHT"), 0, 8);
        Number(header, Version, 4);
        Number(header, weights.Count, 4);
        header.Write(Encoding.ASCII.GetBytes(modelHash), 0, 64);
        Number(header, length, 8);
        Number(header, indexLength, 8);
        var checksum = Checksum(Checksum(Offset, header.ToArray()), index.ToArray());
        Number(header, unchecked((long)checksum), 8);
        Number(header, unchecked((long)stored.Aggregate(Offset, (hash, bytes) => Checksum(hash, Padded(bytes)))), 8);

        WritePadded(output, header.ToArray(), HeaderLength);
        WritePadded(output, index.ToArray(), (int)(Align(HeaderLength + indexLength) - HeaderLength));
        foreach (var bytes in stored)
        {
            var padded = Padded(bytes);
            output.Write(padded, 0, padded.Length);
        }
    }

    // The offset of every array, and the different arrays in the order in which they are stored.
    private static long[] Place(IReadOnlyList<PackedWeight> weights, long position, List<ReadOnlyMemory<byte>> stored, out long length)
    {
        var offsets = new long[weights.Count];
        var places = new List<long>();
        for (var i = 0; i < weights.Count; i++)
        {
            var same = stored.FindIndex(s => s.Length == weights[i].Bytes.Length && s.Span.SequenceEqual(weights[i].Bytes.Span));
            if (same < 0)
            {
                same = stored.Count;
                stored.Add(weights[i].Bytes);
                places.Add(position);
                position = Align(position + weights[i].Bytes.Length);
            }

            offsets[i] = places[same];
        }

        length = position;
        return offsets;
    }

    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    private static ulong Checksum(ulong hash, byte[] bytes)
    {
        for (var i = 0; i < bytes.Length; i += 8)
        {
            ulong word = 0;
            for (var k = 0; k < 8 && i + k < bytes.Length; k++)
            {
                word |= (ulong)bytes[i + k] << (8 * k);
            }

            hash = unchecked((hash ^ word) * Prime);
        }

        return hash;
    }

    private static long Align(long position) => (position + 63) & ~63L;

    private static byte[] Padded(ReadOnlyMemory<byte> bytes)
    {
        var padded = new byte[Align(bytes.Length)];
        bytes.Span.CopyTo(padded);
        return padded;
    }

    private static void WritePadded(Stream output, byte[] bytes, int length)
    {
        output.Write(bytes, 0, bytes.Length);
        output.Write(new byte[length - bytes.Length], 0, length - bytes.Length);
    }

    private static void Number(Stream output, long value, int size)
    {
        for (var i = 0; i < size; i++)
        {
            output.WriteByte(unchecked((byte)(value >> (8 * i))));
        }
    }
}
