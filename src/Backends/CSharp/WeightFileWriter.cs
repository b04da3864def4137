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
    private const int Version = 2;

    /// <summary>Writes a file. Arrays of the same bytes, as tiers have them, are stored once.</summary>
    /// <param name="output">Where to; written from its current position on.</param>
    /// <param name="model">The model's name, for messages.</param>
    /// <param name="modelHash">See <see cref="ModelHash"/>.</param>
    /// <param name="weights">The arrays; names are unique.</param>
    public static void Write(Stream output, string model, string modelHash, IReadOnlyList<PackedWeight> weights)
    {
        var sizes = new MemoryStream();
        WriteIndex(sizes, model, weights, new long[weights.Count]);
        var data = Align(HeaderLength + sizes.Length);
        var stored = new List<ReadOnlyMemory<byte>>();
        var offsets = Place(weights, data, stored, out var length);
        var index = new MemoryStream();
        WriteIndex(index, model, weights, offsets);

        var header = new MemoryStream();
        header.Write(Encoding.ASCII.GetBytes("SDWEIGHT"), 0, 8);
        Number(header, Version, 4);
        Number(header, weights.Count, 4);
        header.Write(Encoding.ASCII.GetBytes(modelHash), 0, 64);
        Number(header, length, 8);
        Number(header, index.Length, 8);
        var indexSum = new Checksum();
        indexSum.Add(Padded(header.ToArray()));
        indexSum.Add(Padded(index.ToArray()));
        var dataSum = new Checksum();
        foreach (var bytes in stored)
        {
            dataSum.Add(Padded(bytes));
        }

        Number(header, unchecked((long)indexSum.Value), 8);
        Number(header, unchecked((long)dataSum.Value), 8);

        WritePadded(output, header.ToArray(), HeaderLength);
        WritePadded(output, index.ToArray(), (int)(data - HeaderLength));
        foreach (var bytes in stored)
        {
            var padded = Padded(bytes);
            output.Write(padded, 0, padded.Length);
        }
    }

    private static void WriteIndex(MemoryStream index, string model, IReadOnlyList<PackedWeight> weights, long[] offsets)
    {
        Text(index, model);
        for (var i = 0; i < weights.Count; i++)
        {
            Text(index, weights[i].Name);
            Number(index, weights[i].Element.Length, 1);
            index.Write(Encoding.ASCII.GetBytes(weights[i].Element), 0, weights[i].Element.Length);
            Number(index, offsets[i], 8);
            Number(index, weights[i].Bytes.Length, 8);
        }
    }

    private static void Text(MemoryStream index, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Number(index, bytes.Length, 2);
        index.Write(bytes, 0, bytes.Length);
    }

    // The offset of every array, and the different arrays in the order in which they are stored.
    private static long[] Place(IReadOnlyList<PackedWeight> weights, long position, List<ReadOnlyMemory<byte>> stored, out long length)
    {
        var offsets = new long[weights.Count];
        var places = new List<long>();
        for (var i = 0; i < weights.Count; i++)
        {
            var same = stored.FindIndex(s => s.Equals(weights[i].Bytes) || (s.Length == weights[i].Bytes.Length && s.Span.SequenceEqual(weights[i].Bytes.Span)));
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

    // Four FNV-1a sums over 64-bit words, each over every fourth, then one over the four.
    private sealed class Checksum
    {
        private const ulong Prime = 1099511628211;

        private readonly ulong[] lanes = [14695981039346656037, 14695981039346656038, 14695981039346656039, 14695981039346656040];

        public ulong Value => lanes.Aggregate(14695981039346656037, (sum, lane) => unchecked((sum ^ lane) * Prime));

        // Lengths are multiples of 64.
        public void Add(byte[] bytes)
        {
            for (var i = 0; i < bytes.Length; i += 8)
            {
                ref var lane = ref lanes[i / 8 % 4];
                lane = unchecked((lane ^ BitConverter.ToUInt64(bytes, i)) * Prime);
            }
        }
    }
}
