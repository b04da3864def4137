using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SparseDsl.Compiler.Data;

/// <summary>Short names for texts, the same on every machine.</summary>
public static class StableText
{
    /// <summary>64 hexadecimal digits: SHA-256 of the text in UTF-8.</summary>
    public static string Digest(string text)
    {
        using var sha = SHA256.Create();
        return string.Concat(sha.ComputeHash(Encoding.UTF8.GetBytes(text)).Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));
    }
}
