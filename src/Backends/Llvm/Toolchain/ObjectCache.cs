using System.Security.Cryptography;
using System.Text;

namespace SparseDsl.Backends.Llvm.Toolchain;

/// <summary>
/// Compiled objects by what they were compiled from: the text, the processor, the version of LLVM. A folder of files, written beside their place and moved there, so
/// that several processes may share it. What cannot be read, or is not what was written, is compiled again; what cannot be written is not kept.
/// </summary>
/// <param name="folder">Where the files are; made when it is needed.</param>
/// <param name="mostBytes">Beyond this, what was not used for the longest time is deleted.</param>
public sealed class ObjectCache(string folder, long mostBytes = 256L << 20)
{
    private const string Extension = ".o";
    private const int SumLength = SHA256.HashSizeInBytes;

    /// <summary>The cache of this user: <c>$XDG_CACHE_HOME/sparsedsl/llvm</c>, or <c>~/.cache/sparsedsl/llvm</c>.</summary>
    public static ObjectCache ForUser => new(Path.Combine(Root(), "sparsedsl", "llvm"));

    /// <summary>The object of a module, from the cache or compiled now.</summary>
    /// <param name="text">The module.</param>
    /// <param name="cpu">The processor that it was written for.</param>
    public byte[] Compile(string text, LlvmCpu cpu)
    {
        var path = Path.Combine(folder, KeyOf(text, cpu) + Extension);
        if (Read(path) is { } found)
        {
            return found;
        }

        var compiled = LlvmToolchain.Compile(text, cpu);
        Write(path, compiled);
        return compiled;
    }

    private static string KeyOf(string text, LlvmCpu cpu) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', LlvmToolchain.Version, cpu.Triple, cpu.LlvmName, cpu.Features, text))));

    private static byte[]? Read(string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            if (bytes.Length > SumLength && SHA256.HashData(bytes.AsSpan(SumLength)).AsSpan().SequenceEqual(bytes.AsSpan(0, SumLength)))
            {
                File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
                return bytes[SumLength..];
            }
        }
        catch (Exception problem) when (IsFileProblem(problem))
        {
        }

        return null;
    }

    private void Write(string path, byte[] bytes)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(folder);
            using (var file = File.Create(temporary))
            {
                file.Write(SHA256.HashData(bytes));
                file.Write(bytes);
            }

            File.Move(temporary, path, overwrite: true);
            Trim();
        }
        catch (Exception problem) when (IsFileProblem(problem))
        {
            Delete(temporary);
        }
    }

    private void Trim()
    {
        var sum = 0L;
        foreach (var file in new DirectoryInfo(folder).GetFiles().OrderByDescending(f => f.LastWriteTimeUtc))
        {
            sum += file.Length;
            if (sum > mostBytes)
            {
                Delete(file.FullName);
            }
        }
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception problem) when (IsFileProblem(problem))
        {
        }
    }

    private static bool IsFileProblem(Exception problem) => problem is IOException or UnauthorizedAccessException;

    private static string Root() => Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } root && Path.IsPathFullyQualified(root)
        ? root
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
}
