using System.Globalization;
using System.Text;
using SparseDsl.Dsl;

namespace SparseDsl.Import.Data;

/// <summary>
/// The header of an npy array: a magic, a version and a Python dictionary
/// (<c>numpy.lib.format</c>, versions 1.0, 2.0 and 3.0).
/// </summary>
/// <param name="Type">Element type; an unsigned 64-bit array is read as i64.</param>
/// <param name="BigEndian">Whether elements are stored most significant byte first.</param>
/// <param name="Unsigned64">Whether the array is stored as unsigned 64-bit.</param>
/// <param name="Fortran">Whether the first dimension varies fastest.</param>
/// <param name="Shape">Extents, outermost first.</param>
/// <param name="Length">Bytes before the first element.</param>
internal sealed record NpyHeader(
    ElementType Type, bool BigEndian, bool Unsigned64, bool Fortran, IReadOnlyList<long> Shape, int Length)
{
    // Real headers take one or two hundred bytes; a longer one is a damaged length.
    private const int MaxTextLength = 1 << 20;

    private static readonly (string Code, ElementType Type)[] Types =
    [
        ("b1", ElementType.Bool), ("u1", ElementType.U8), ("i1", ElementType.I8), ("u2", ElementType.U16),
        ("i2", ElementType.I16), ("u4", ElementType.U32), ("i4", ElementType.I32), ("i8", ElementType.I64),
        ("f2", ElementType.F16), ("f4", ElementType.F32), ("f8", ElementType.F64),
    ];

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads up to the first element.</summary>
    public static NpyHeader Read(Stream stream, string? tensor)
    {
        var start = DataBytes.Read(stream, 8, tensor, 0);
        if (!start.AsSpan(0, 6).SequenceEqual(Magic))
        {
            throw new DataFormatException("this is not an npy array: it does not begin with \\x93NUMPY", tensor, 0);
        }

        var (major, minor) = (start[6], start[7]);
        if (major is < 1 or > 3 || minor != 0)
        {
            throw new DataFormatException($"npy version {major}.{minor} is not known", tensor, 6);
        }

        var lengthBytes = DataBytes.Read(stream, major == 1 ? 2 : 4, tensor, 8);
        var textLength = major == 1 ? BitConverter.ToUInt16(lengthBytes) : BitConverter.ToUInt32(lengthBytes);
        if (textLength > MaxTextLength)
        {
            throw new DataFormatException(FormattableString.Invariant($"a header of {textLength} bytes is too long"), tensor, 8);
        }

        var textStart = 8 + lengthBytes.Length;
        var text = DataBytes.Read(stream, (int)textLength, tensor, textStart);
        return Interpret(PythonDictionary.Parse(Decode(text, major), tensor, textStart), tensor, textStart, textStart + text.Length);
    }

    /// <summary>The header that stores a tensor, padded so that elements start at a multiple of 64 bytes.</summary>
    public static byte[] Write(ElementType type, IReadOnlyList<int> shape)
    {
        var code = Array.Find(Types, row => row.Type == type).Code;
        var descr = (type.Size() == 1 ? "|" : "<") + code;
        var tuple = string.Concat(shape.Select(d => d.ToString(CultureInfo.InvariantCulture) + ", "));
        tuple = shape.Count == 1 ? tuple.TrimEnd() : tuple.TrimEnd(',', ' ');
        var text = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({tuple}), }}";

        // A version 1.0 header is at most 65535 bytes, which rank 32, numpy's largest, does not reach.
        var length = (10 + text.Length + 1 + 63) / 64 * 64;
        byte[] header = [.. Magic, 1, 0, (byte)(length - 10), (byte)((length - 10) >> 8), .. Encoding.ASCII.GetBytes(text)];
        var end = header.Length;
        Array.Resize(ref header, length);
        header.AsSpan(end).Fill((byte)' ');
        header[^1] = (byte)'\n';
        return header;
    }

    private static string Decode(byte[] text, int major) =>
        (major == 3 ? Encoding.UTF8 : Encoding.Latin1).GetString(text);

    private static NpyHeader Interpret(PythonDictionary dictionary, string? tensor, int offset, int length)
    {
        if (dictionary.Descr is not { } descr || dictionary.FortranOrder is not { } fortran || dictionary.Shape is not { } shape)
        {
            throw new DataFormatException("the header must have 'descr', 'fortran_order' and 'shape'", tensor, offset);
        }

        var order = descr.Length > 0 ? descr[0] : ' ';
        var code = order is '<' or '>' or '|' or '=' ? descr[1..] : descr;
        var unsigned64 = code == "u8";
        var row = Array.Find(Types, r => r.Code == (unsigned64 ? "i8" : code == "?" ? "b1" : code));
        return row.Code is null
            ? throw new DataFormatException($"element type '{descr}' is not supported", tensor, offset) { IsUnsupported = true }
            : new NpyHeader(row.Type, order == '>', unsigned64, fortran, shape, length);
    }
}
