using System.Collections.Concurrent;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

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

    // Parsed when first asked for, once a process: texts and trees do not change.
    private static readonly ConcurrentDictionary<string, Lazy<Module?>> Parsed = new(StringComparer.Ordinal);

    /// <summary>The text of <c>std.nn</c> and the like; null when there is no such module.</summary>
    public static SourceText? Find(string module) => Load(module)?.Text;

    /// <summary>The syntax of a text that <see cref="Find"/> gave; null for any other text.</summary>
    internal static ModuleSyntax? Syntax(SourceText text)
    {
        var module = text.Path.EndsWith(Extension, StringComparison.Ordinal) ? text.Path.Substring(0, text.Path.Length - Extension.Length).Replace('/', '.') : "";
        return Load(module) is { } found && ReferenceEquals(found.Text, text) ? found.Syntax : null;
    }

    /// <summary>Parses the modules that most programs import, so that a thread of its own may do it while another reads the program.</summary>
    public static void Prepare()
    {
        Load("std.nn");
        Load("std.layers");
    }

    private static Module? Load(string module) => module.StartsWith(Prefix, StringComparison.Ordinal) ? Parsed.GetOrAdd(module, Parse).Value : null;

    // A tree with mistakes is not kept: whoever changes the library sees them.
    private static Lazy<Module?> Parse(string name) => new(() =>
    {
        var mistakes = new DiagnosticBag();
        return Read(name) is not { } text ? null : Parser.Parse(text, mistakes) is var syntax && mistakes.HasErrors ? new Module(text, null) : new Module(text, syntax);
    });

    private static SourceText? Read(string module)
    {
        var path = module.Replace('.', '/') + Extension;
        using var stream = typeof(StandardLibrary).Assembly.GetManifestResourceStream(path);
        if (stream is null)
        {
            return null;
        }

        using var reader = new StreamReader(stream);
        return new SourceText(path, reader.ReadToEnd());
    }

    private sealed record Module(SourceText Text, ModuleSyntax? Syntax);
}

/// <summary>Finds library modules in the compiler and all others where the caller says.</summary>
/// <param name="files">The text of a module by its dotted name, as seen from a file; null when there is none.</param>
public sealed class ModuleResolver(Func<string, SourceText, SourceText?> files) : IModuleResolver
{
    /// <summary>Library modules only.</summary>
    public static ModuleResolver LibraryOnly() => new((_, _) => null);

    /// <inheritdoc/>
    public SourceText? Resolve(string name, SourceText from) => StandardLibrary.Find(name) ?? files(name, from);

    /// <inheritdoc/>
    public ModuleSyntax Parse(SourceText module, DiagnosticBag diagnostics) => StandardLibrary.Syntax(module) ?? Parser.Parse(module, diagnostics);
}
