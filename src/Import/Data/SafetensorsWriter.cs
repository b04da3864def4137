using System.Buffers;
using System.Globalization;
using System.Text.Json;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Import.Data;

/// <summary>
/// Collects tensors and writes them as one safetensors file. Equal content gives equal bytes: tensors are laid out by
/// falling element size, then by name, and the data section begins at a multiple of 64 bytes.
/// </summary>
public sealed class SafetensorsWriter
{
    private const int DataAlignment = 64;

    private readonly SortedDictionary<string, TensorData> _tensors = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);

    /// <summary>Adds a tensor, stored dense.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public SafetensorsWriter Add(string name, TensorData tensor)
    {
        _tensors.Add(name, tensor);
        return this;
    }

    /// <summary>
    /// Adds a tensor of two or more dimensions, stored by compressed rows: <c>NAME.values</c>, <c>NAME.indices</c> and
    /// <c>NAME.indptr</c>, and in the metadata <c>NAME.format</c> = csr and <c>NAME.shape</c>. Zeros are not stored.
    /// </summary>
    /// <exception cref="ArgumentException">A name is taken, or the tensor has fewer than two dimensions.</exception>
    public SafetensorsWriter AddSparse(string name, TensorData tensor)
    {
        var csr = Csr.FromDense(tensor);
        AddMetadata(name + Csr.FormatSuffix, Csr.FormatName);
        AddMetadata(name + Csr.ShapeSuffix, string.Join(",", csr.Shape.Select(d => d.ToString(CultureInfo.InvariantCulture))));
        return Add(name + Csr.ValuesSuffix, csr.Values)
            .Add(name + Csr.IndicesSuffix, csr.Indices)
            .Add(name + Csr.IndptrSuffix, csr.Indptr);
    }

    /// <summary>Adds a free-form string.</summary>
    /// <exception cref="ArgumentException">The key is taken.</exception>
    public SafetensorsWriter AddMetadata(string key, string value)
    {
        _metadata.Add(key, value);
        return this;
    }

    /// <summary>Writes a file, replacing one that is there.</summary>
    public void Write(string path)
    {
        using var stream = File.Create(path);
        Write(stream);
    }

    /// <summary>Writes to a stream.</summary>
    public void Write(Stream stream)
    {
        var layout = _tensors.OrderByDescending(t => t.Value.Type.Size()).ThenBy(t => t.Key, StringComparer.Ordinal).ToArray();
        var header = Header(layout);
        stream.Write(BitConverter.GetBytes((ulong)header.Length));
        stream.Write(header);
        foreach (var (_, tensor) in layout)
        {
            stream.Write(tensor.Bytes);
        }
    }

    private byte[] Header(IEnumerable<KeyValuePair<string, TensorData>> layout)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            WriteMetadata(json);
            long offset = 0;
            foreach (var (name, tensor) in layout)
            {
                WriteRow(json, name, tensor, offset);
                offset += tensor.ByteLength;
            }

            json.WriteEndObject();
        }

        // The format allows blanks after the object.
        var length = ((8 + buffer.WrittenCount + DataAlignment - 1) / DataAlignment * DataAlignment) - 8;
        var header = new byte[length];
        buffer.WrittenSpan.CopyTo(header);
        header.AsSpan(buffer.WrittenCount).Fill((byte)' ');
        return header;
    }

    private void WriteMetadata(Utf8JsonWriter json)
    {
        if (_metadata.Count == 0)
        {
            return;
        }

        json.WriteStartObject("__metadata__");
        foreach (var (key, value) in _metadata)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteRow(Utf8JsonWriter json, string name, TensorData tensor, long offset)
    {
        json.WriteStartObject(name);
        json.WriteString("dtype", SafetensorsHeader.TypeName(tensor.Type));
        json.WriteStartArray("shape");
        foreach (var extent in tensor.Shape)
        {
            json.WriteNumberValue(extent);
        }

        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset + tensor.ByteLength);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
