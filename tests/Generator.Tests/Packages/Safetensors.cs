using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace SparseDsl.Tests.Generator.Packages;

/// <summary>Writes vectors as a safetensors file.</summary>
internal static class Safetensors
{
    public static void Write(string path, params (string Name, float[] Values)[] tensors)
    {
        var (entries, data) = (new List<string>(), new MemoryStream());
        foreach (var (name, values) in tensors)
        {
            var begin = data.Length;
            data.Write(MemoryMarshal.AsBytes<float>(values));
            entries.Add(string.Create(CultureInfo.InvariantCulture, $"\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{values.Length}],\"data_offsets\":[{begin},{data.Length}]}}"));
        }

        var header = Encoding.UTF8.GetBytes("{" + string.Join(",", entries) + "}");
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        File.WriteAllBytes(path, [.. length, .. header, .. data.ToArray()]);
    }
}
