using System.Security.Cryptography;
using System.Text;
using SparseDsl.Dsl;

namespace SparseDsl.LanguageServer.Documents;

/// <summary>Modules of the library as files that an editor can open. They travel inside the compiler; a copy is written, once for each text, when somebody goes to it.</summary>
internal sealed class LibraryFiles
{
    private const string Prefix = "std/";

    private readonly string folder = Path.Combine(DataFolder(), "sparsedsl", "library");

    /// <summary>Whether a text is part of the library.</summary>
    public static bool IsLibrary(SourceText source) => source.Path.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Whether a path is one of the copies, of this version or another.</summary>
    public bool IsCopy(string path) => path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>The file that holds the text of a library module.</summary>
    public string PathOf(SourceText source)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(source.Text)))[..12];
        var path = Path.Combine(folder, hash, source.Path.Replace('/', Path.DirectorySeparatorChar));
        if (!File.Exists(path) || File.ReadAllText(path) != source.Text)
        {
            Write(path, source.Text);
        }

        return path;
    }

    private static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():N}";
        File.WriteAllText(temporary, text);
        // Another server may do the same: the file appears whole. Changing it would change nothing, and editors say so.
        File.SetAttributes(temporary, FileAttributes.ReadOnly);
        File.Move(temporary, path, overwrite: true);
    }

    private static string DataFolder()
    {
        var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return data.Length > 0 ? data : Path.GetTempPath();
    }
}
