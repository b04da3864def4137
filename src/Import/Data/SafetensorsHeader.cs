using System.Text.Json;
using SparseDsl.Dsl;

namespace SparseDsl.Import.Data;

/// <summary>
/// The header of a safetensors file, read as strictly as the format's own implementation does: the data section holds
/// the tensors without overlaps, holes or bytes left over.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's own limit on the length of the header text.</summary>
    private const int MaxLength = 100_000_000;

    private const string MetadataKey = "__metadata__";

    private static readonly Dictionary<string, ElementType> Types = new(StringComparer.Ordinal)
    {
        ["BOOL"] = ElementType.Bool,
        ["U8"] = ElementType.U8,
        ["I8"] = ElementType.I8,
        ["I16"] = ElementType.I16,
        ["U16"] = ElementType.U16,
        ["I32"] = ElementType.I32,
        ["U32"] = ElementType.U32,
        ["I64"] = ElementType.I64,
        ["U64"] = ElementType.I64,
        ["F16"] = ElementType.F16,
        ["BF16"] = ElementType.BF16,
        ["F32"] = ElementType.F32,
        ["F64"] = ElementType.F64,
    };

    private readonly Dictionary<string, SafetensorsEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly long _dataStart;

    private SafetensorsHeader(long dataStart) => _dataStart = dataStart;

    /// <summary>Rows by name, in file order.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _entries;

    /// <summary>The free-form strings under <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Reads and checks the header at the start of a stream that can seek.</summary>
    public static SafetensorsHeader Read(Stream stream)
    {
        stream.Position = 0;
        var length = BitConverter.ToUInt64(DataBytes.Read(stream, 8, null, 0));
        if (length > MaxLength || (long)length > stream.Length - 8)
        {
            throw new DataFormatException(FormattableString.Invariant($"a header of {length} bytes does not fit the file"), offset: 0);
        }

        var text = DataBytes.Read(stream, (int)length, null, 8);
        if (text.Length == 0 || text[0] != '{')
        {
            throw new DataFormatException("the header does not begin with '{'", offset: 8);
        }

        var header = new SafetensorsHeader(8 + text.Length);
        header.Parse(text);
        header.CheckLayout(stream.Length);
        return header;
    }

    /// <summary>The name safetensors gives an element type.</summary>
    public static string TypeName(ElementType type) => Types.First(row => row.Value == type).Key;

    private void Parse(byte[] text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.NameEquals(MetadataKey))
                {
                    ParseMetadata(property.Value);
                }
                else
                {
                    ParseEntry(property.Name, property.Value);
                }
            }
        }
        catch (JsonException e)
        {
            throw new DataFormatException("the header is not valid JSON", offset: 8 + (e.LineNumber == 0 ? e.BytePositionInLine ?? 0 : 0), inner: e);
        }
        catch (InvalidOperationException e)
        {
            // What System.Text.Json throws for a string whose escapes are half a surrogate pair.
            throw new DataFormatException("the header holds a string that is not valid Unicode", offset: 8, inner: e);
        }
    }

    private void ParseMetadata(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new DataFormatException("'__metadata__' must be an object", offset: 8);
        }

        foreach (var property in value.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
            {
                throw new DataFormatException($"metadata '{property.Name}' must be a string", offset: 8);
            }

            if (!_metadata.TryAdd(property.Name, property.Value.GetString()!))
            {
                throw new DataFormatException($"metadata '{property.Name}' is given twice", offset: 8);
            }
        }
    }

    private void ParseEntry(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shape)
            || !value.TryGetProperty("data_offsets", out var offsets)
            || value.EnumerateObject().Count() != 3)
        {
            throw new DataFormatException("the header row must be an object of 'dtype', 'shape' and 'data_offsets'", name, 8);
        }

        var typeName = dtype.GetString()!;
        if (!Types.TryGetValue(typeName, out var type))
        {
            throw new DataFormatException($"element type '{typeName}' is not supported", name, 8) { IsUnsupported = true };
        }

        var extents = Integers(shape, "shape", name);
        var length = DataShape.ByteLength(extents, type.Size(), name, 8);
        var begin = Begin(Integers(offsets, "data_offsets", name), length, name);
        var entry = new SafetensorsEntry(name, type, typeName == "U64", DataShape.ToInts(extents), _dataStart + begin, length);
        if (!_entries.TryAdd(name, entry))
        {
            throw new DataFormatException("the header holds this name twice", name, 8);
        }
    }

    private static long Begin(List<long> offsets, int length, string name)
    {
        if (offsets is not [var begin, var end] || begin < 0 || end < begin)
        {
            throw new DataFormatException("'data_offsets' must be a begin and an end", name, 8);
        }

        return end - begin == length
            ? begin
            : throw new DataFormatException(
                FormattableString.Invariant($"its shape needs {length} bytes, but 'data_offsets' spans {end - begin}"), name, 8);
    }

    private static List<long> Integers(JsonElement array, string key, string name)
    {
        var result = new List<long>();
        if (array.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in array.EnumerateArray())
            {
                if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var value))
                {
                    throw new DataFormatException($"'{key}' must hold integers", name, 8);
                }

                result.Add(value);
            }

            return result;
        }

        throw new DataFormatException($"'{key}' must be an array", name, 8);
    }

    /// <summary>Every byte of the data section belongs to exactly one tensor.</summary>
    private void CheckLayout(long fileLength)
    {
        var at = _dataStart;
        foreach (var entry in _entries.Values.OrderBy(e => e.Offset).ThenBy(e => e.Length))
        {
            // Subtract: an offset can be as large as a long, and adding to it would wrap.
            if (entry.Offset < at || entry.Offset > fileLength || entry.Length > fileLength - entry.Offset)
            {
                var overlaps = entry.Offset >= _dataStart && entry.Offset < at;
                var problem = overlaps ? "its data overlaps another tensor" : "its data lies outside the file";
                throw new DataFormatException(problem, entry.Name, entry.Offset);
            }

            if (entry.Offset > at)
            {
                throw new DataFormatException("bytes before its data belong to no tensor", entry.Name, at);
            }

            at += entry.Length;
        }

        if (at != fileLength)
        {
            throw new DataFormatException("bytes after the last tensor belong to none", offset: at);
        }
    }
}
