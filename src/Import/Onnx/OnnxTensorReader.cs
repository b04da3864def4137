using System.Globalization;
using System.Runtime.InteropServices;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Import.Data;
using SparseDsl.Import.Onnx.Proto;
using DataType = SparseDsl.Import.Onnx.Proto.TensorProto.Types.DataType;

namespace SparseDsl.Import.Onnx;

/// <summary>Turns tensor messages into <see cref="TensorData"/>, wherever they keep their elements.</summary>
/// <param name="folder">Where external data files lie; null when there is no such place.</param>
internal sealed class OnnxTensorReader(string? folder)
{
    /// <summary>The element type a tensor is read as (unsigned 64-bit as i64); null where there is none.</summary>
    public static ElementType? ElementTypeOf(DataType type) => type switch
    {
        DataType.Float => ElementType.F32,
        DataType.Double => ElementType.F64,
        DataType.Float16 => ElementType.F16,
        DataType.Bfloat16 => ElementType.BF16,
        DataType.Bool => ElementType.Bool,
        DataType.Uint8 => ElementType.U8,
        DataType.Int8 => ElementType.I8,
        DataType.Uint16 => ElementType.U16,
        DataType.Int16 => ElementType.I16,
        DataType.Uint32 => ElementType.U32,
        DataType.Int32 => ElementType.I32,
        DataType.Int64 or DataType.Uint64 => ElementType.I64,
        _ => null,
    };

    /// <summary>Reads one tensor.</summary>
    /// <param name="proto">The message.</param>
    /// <param name="what">What the tensor is, for errors: <c>initializer 'w'</c>.</param>
    public TensorData Read(TensorProto proto, string what)
    {
        if (ElementTypeOf(proto.DataType) is not { } type)
        {
            throw new OnnxFormatException($"{what} has element type {proto.DataType}, which is not supported");
        }

        try
        {
            var length = DataShape.ByteLength(proto.Dims, type.Size(), null, null);
            var bytes = ReadBytes(proto, type, length, what);
            DataBytes.CheckBools(type, bytes, null, 0);
            if (proto.DataType == DataType.Uint64)
            {
                DataBytes.CheckUnsigned64(bytes, null, 0);
            }

            return new TensorData(type, DataShape.ToInts(proto.Dims), bytes);
        }
        catch (DataFormatException e)
        {
            throw new OnnxFormatException($"{what}: {e.Message}", e);
        }
    }

    private byte[] ReadBytes(TensorProto proto, ElementType type, int length, string what)
    {
        if (proto.DataLocation == TensorProto.Types.DataLocation.External)
        {
            return ReadExternal(proto, length, what);
        }

        var bytes = proto.RawData.Length > 0 ? proto.RawData.ToByteArray() : ReadTyped(proto, type);
        return bytes.Length == length
            ? bytes
            : throw new OnnxFormatException(FormattableString.Invariant($"{what} needs {length} bytes, but the file holds {bytes.Length}"));
    }

    /// <summary>The lists of numbers a message may hold instead of raw bytes, one for several element types each.</summary>
    private static byte[] ReadTyped(TensorProto proto, ElementType type) => proto.DataType switch
    {
        DataType.Float => Bytes<float>(proto.FloatData),
        DataType.Double => Bytes<double>(proto.DoubleData),
        DataType.Int64 => Bytes<long>(proto.Int64Data),
        DataType.Uint64 => Bytes<ulong>(proto.Uint64Data),
        DataType.Uint32 => Bytes<uint>(proto.Uint64Data.Select(value => (uint)value)),
        DataType.Int32 => Bytes<int>(proto.Int32Data),

        // 16-bit floats are kept as their bits, so one rule serves all narrow types.
        _ when type.Size() == 2 => Bytes<ushort>(proto.Int32Data.Select(value => (ushort)value)),
        _ => Bytes<byte>(proto.Int32Data.Select(value => (byte)value)),
    };

    private static byte[] Bytes<T>(IEnumerable<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values.ToArray()).ToArray();

    private byte[] ReadExternal(TensorProto proto, int length, string what)
    {
        var path = ExternalPath(Entry(proto, "location") ?? "", what);
        var offset = ExternalNumber(proto, "offset", 0, what);
        if (ExternalNumber(proto, "length", length, what) != length)
        {
            throw new OnnxFormatException(FormattableString.Invariant($"{what} needs {length} bytes, but refers to another number of them"));
        }

        try
        {
            using var stream = File.OpenRead(path);
            stream.Position = offset;
            return DataBytes.Read(stream, length, null, offset);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OnnxFormatException($"the data file '{Entry(proto, "location")}' of {what} cannot be read", e);
        }
    }

    /// <summary>A model must not reach outside its own folder.</summary>
    private string ExternalPath(string location, string what)
    {
        if (folder is null)
        {
            throw new OnnxFormatException($"{what} lies in a data file, and there is no folder to find it in");
        }

        var root = Path.GetFullPath(folder);
        var path = location.Contains('\0', StringComparison.Ordinal) ? root : Path.GetFullPath(Path.Combine(root, location));
        return path.StartsWith(Path.TrimEndingDirectorySeparator(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new OnnxFormatException($"the data file '{location}' of {what} is not inside the model's folder");
    }

    private static long ExternalNumber(TensorProto proto, string key, long defaultValue, string what)
    {
        if (Entry(proto, key) is not { } text)
        {
            return defaultValue;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new OnnxFormatException($"the data file entry '{key}' of {what} is not a number");
    }

    private static string? Entry(TensorProto proto, string key) =>
        proto.ExternalData.FirstOrDefault(entry => entry.Key == key)?.Value;
}
