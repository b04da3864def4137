using System.Security.Cryptography;
using System.Text;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.Llvm.Toolchain;

/// <summary>
/// Compiled objects by what they were compiled from: the text of a module, or a lowered model and the emitter; the processor; the version of LLVM. A folder of files, written beside their place and moved there, so
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
    public byte[] Compile(string text, LlvmCpu cpu) => Find(KeyOf(cpu, text), () => LlvmToolchain.Compile(text, cpu));

    /// <summary>The objects of a lowered model, from the cache or compiled now. Its modules are not written for what is in the cache.</summary>
    /// <param name="program">The model after the loop passes.</param>
    /// <param name="cpu">The processor, of the target that the model was lowered for.</param>
    public IReadOnlyList<byte[]> Compile(LoopProgram program, LlvmCpu cpu)
    {
        // Another build of the emitter writes other modules.
        var key = KeyOf(cpu, cpu.Target.Name, typeof(LlvmEmitter).Module.ModuleVersionId.ToString(), LoopPrinter.Print(program));
        return Parts(Find(key, () => Joined(LlvmToolchain.CompileAll(LlvmEmitter.EmitParts(program, cpu), cpu))));
    }

    private byte[] Find(string key, Func<byte[]> compile)
    {
        var path = Path.Combine(folder, key + Extension);
        if (Read(path) is { } found)
        {
            return found;
        }

        var compiled = compile();
        Write(path, compiled);
        return compiled;
    }

    private static string KeyOf(LlvmCpu cpu, params IEnumerable<string> what) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\0', what.Prepend(cpu.Features).Prepend(cpu.LlvmName).Prepend(cpu.Triple).Prepend(LlvmToolchain.Version)))));

    // Each behind its length.
    private static byte[] Joined(byte[][] objects)
    {
        var result = new MemoryStream();
        using var writer = new BinaryWriter(result);
        foreach (var each in objects)
        {
            writer.Write(each.Length);
            writer.Write(each);
        }

        return result.ToArray();
    }

    private static List<byte[]> Parts(byte[] joined)
    {
        var parts = new List<byte[]>();
        for (var at = 0; at < joined.Length; at += sizeof(int) + parts[^1].Length)
        {
            parts.Add(joined[(at + sizeof(int))..(at + sizeof(int) + BitConverter.ToInt32(joined, at))]);
        }

        return parts;
    }

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
