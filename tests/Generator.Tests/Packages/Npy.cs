using System.Text;

namespace SparseDsl.Tests.Generator.Packages;

/// <summary>Writes a vector of bytes as an npy file.</summary>
internal static class Npy
{
    public static void Write(string path, byte[] values)
    {
        var header = $"{{'descr': '|u1', 'fortran_order': False, 'shape': ({values.Length},), }}".PadRight(117) + "\n";
        File.WriteAllBytes(path, [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), .. values]);
    }
}
