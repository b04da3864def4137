using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;

namespace SparseDsl.Compiler.Pipeline;

/// <summary>The library modules that travel with the compiler.</summary>
public static class StandardLibrary
{
    private const string Prefix = "std.";
    private const string Extension = ".dsl";

    /// <summary>Names of all modules, in alphabetical order.</summary>
    public static IReadOnlyList<string> Modules { get; } =
    [
        .. typeof(StandardLibrary).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("std/", StringComparison.Ordinal) && n.EndsWith(Extension, StringComparison.Ordinal))
            .Select(n => n.Substring(0, n.Length - Extension.Length).Replace('/', '.')).OrderBy(n => n, StringComparer.Ordinal),
    ];

    /// <summary>The text of <c>std.nn</c> and the like; null when there is no such module.</summary>
    public static SourceText? Find(string module)
    {
        if (!module.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var path = module.Replace('.', '/') + Extension;
        using var stream = typeof(StandardLibrary).Assembly.GetManifestResourceStream(path);
        if (stream is null)
        {
            return null;
        }

        using var reader = new StreamReader(stream);
        return new SourceText(path, reader.ReadToEnd());
    }
}

/// <summary>Finds library modules in the compiler and all others where the caller says.</summary>
/// <param name="files">The text of a module by its dotted name, as seen from a file; null when there is none.</param>
public sealed class ModuleResolver(Func<string, SourceText, SourceText?> files) : IModuleResolver
{
    // The binder knows a module by its path and may ask for it from many files.
    private readonly Dictionary<string, SourceText?> library = new(StringComparer.Ordinal);

    /// <summary>Library modules only.</summary>
    public static ModuleResolver LibraryOnly() => new((_, _) => null);

    /// <inheritdoc/>
    public SourceText? Resolve(string name, SourceText from)
    {
        if (!library.TryGetValue(name, out var text))
        {
            text = StandardLibrary.Find(name);
            library.Add(name, text);
        }

        return text ?? files(name, from);
    }
}
