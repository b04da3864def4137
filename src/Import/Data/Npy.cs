using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Import.Data;

/// <summary>
/// Reads and writes one array in NumPy's npy format
/// (<see href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html"/>).
/// </summary>
/// <remarks>
/// Read: versions 1.0 to 3.0, booleans, all integers (unsigned 64-bit as i64), f2, f4 and f8, either byte order, C and
/// Fortran order. Written: version 1.0, little-endian, C order; bf16, which NumPy lacks, is widened to f4.
/// </remarks>
public static class Npy
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="DataFormatException">The file is not a whole, supported npy array.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static TensorData Read(string path)
    {
        using var stream = File.OpenRead(path);
        return Read(stream);
    }

    /// <summary>Reads one array that takes the whole rest of a stream.</summary>
    /// <param name="stream">Positioned at the array; need not seek.</param>
    /// <param name="name">The tensor's name in errors, if it has one.</param>
    /// <exception cref="DataFormatException">The stream is not a whole, supported npy array.</exception>
    public static TensorData Read(Stream stream, string? name = null)
    {
        var header = NpyHeader.Read(stream, name);
        var size = header.Type.Size();
        var bytes = DataBytes.Read(stream, DataShape.ByteLength(header.Shape, size, name, header.Length), name, header.Length);
        if (stream.ReadByte() >= 0)
        {
            throw new DataFormatException("the file goes on after the last element", name, (long)header.Length + bytes.Length);
        }

        if (header.BigEndian)
        {
            ReverseElements(bytes, size);
        }

        DataBytes.CheckBools(header.Type, bytes, name, header.Length);
        if (header.Unsigned64)
        {
            DataBytes.CheckUnsigned64(bytes, name, header.Length);
        }

        var shape = DataShape.ToInts(header.Shape);
        return new TensorData(header.Type, shape, header.Fortran ? ToRowMajor(bytes, shape, size) : bytes);
    }

    /// <summary>Writes a file, replacing one that is there.</summary>
    public static void Write(string path, TensorData tensor)
    {
        using var stream = File.Create(path);
        Write(stream, tensor);
    }

    /// <summary>Writes one array to a stream.</summary>
    public static void Write(Stream stream, TensorData tensor)
    {
        var stored = tensor.Type == ElementType.BF16 ? tensor.ConvertTo(ElementType.F32) : tensor;
        stream.Write(NpyHeader.Write(stored.Type, stored.Shape));
        stream.Write(stored.Bytes);
    }

    private static void ReverseElements(byte[] bytes, int size)
    {
        for (var i = 0; i < bytes.Length; i += size)
        {
            Array.Reverse(bytes, i, size);
        }
    }

    /// <summary>Walks the elements in row-major order, keeping the column-major position of the current one.</summary>
    private static byte[] ToRowMajor(byte[] bytes, int[] shape, int size)
    {
        var result = new byte[bytes.Length];
        var index = new int[shape.Length];
        var strides = new long[shape.Length];
        long stride = size;
        for (var d = 0; d < shape.Length; d++)
        {
            strides[d] = stride;
            stride *= shape[d];
        }

        long from = 0;
        for (var to = 0; to < bytes.Length; to += size)
        {
            Array.Copy(bytes, from, result, to, size);
            for (var d = shape.Length - 1; d >= 0; d--)
            {
                from += strides[d];
                if (++index[d] < shape[d])
                {
                    break;
                }

                from -= strides[d] * shape[d];
                index[d] = 0;
            }
        }

        return result;
    }
}
