using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Generator;

/// <summary>A <c>.dsl</c> file of the project.</summary>
/// <param name="Path">As the compiler was given it.</param>
/// <param name="Text">Its characters.</param>
/// <param name="Imports">Dotted names of the modules it imports.</param>
/// <param name="Models">Names of the models it declares, in order.</param>
/// <param name="Settings">What the project file says about it.</param>
internal sealed record DslFile(string Path, string Text, EquatableArray<string> Imports, EquatableArray<string> Models, FileSettings Settings)
{
    /// <summary>Reads a file and finds its imports.</summary>
    public static DslFile Read(AdditionalText file, AnalyzerConfigOptions options, CancellationToken token)
    {
        var text = file.GetText(token)?.ToString() ?? "";
        var path = file.Path.Replace('\\', '/');
        var syntax = Parser.Parse(new Dsl.SourceText(path, text), new DiagnosticBag());
        return new DslFile(path, text, new([.. syntax.Imports.Select(i => i.Path.Text)]), new([.. syntax.Items.OfType<ModelItem>().Select(m => m.Name.Text)]), FileSettings.Read(options));
    }

    /// <summary>The path at which a module is looked for, as seen from a file: <c>a/b.dsl</c> beside it for <c>a.b</c>.</summary>
    public static string PathOf(string module, string from)
    {
        var folder = from.LastIndexOf('/');
        return from.Substring(0, folder + 1) + module.Replace('.', '/') + ".dsl";
    }
}

/// <summary>How the weights of a file's model are stored, as the packer wrote it.</summary>
/// <param name="For">Path of the <c>.dsl</c> file.</param>
/// <param name="Text">See <see cref="Compiler.Weights.StorageRecord"/>.</param>
internal sealed record StorageText(string For, string Text)
{
    /// <summary>Reads a file that is marked as such a record; null for other files.</summary>
    public static StorageText? TryRead(AdditionalText file, AnalyzerConfigOptions options, CancellationToken token) =>
        options.TryGetValue("build_metadata.AdditionalFiles.SparseDslStorageOf", out var owner) && owner.Length > 0 && file.GetText(token) is { } text
            ? new StorageText(owner.Replace('\\', '/'), text.ToString())
            : null;
}

/// <summary>What the packer found while it had the weights, for the C# compiler to report as the project asks.</summary>
internal static class PackerMistakes
{
    /// <summary>Reads a file that is marked as the packer's; nothing for other files.</summary>
    public static EquatableArray<Mistake> Read(AdditionalText file, AnalyzerConfigOptions options, CancellationToken token)
    {
        var isPackers = options.TryGetValue("build_metadata.AdditionalFiles.SparseDslDiagnostics", out var mark) && mark == "true";
        var text = isPackers ? file.GetText(token)?.ToString() ?? "" : "";
        return new([.. text.Split('\n').Select(DiagnosticLine.TryParse).OfType<DiagnosticLine>().Select(Mistake.Of)]);
    }
}
