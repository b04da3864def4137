using System.Text;
using System.Text.RegularExpressions;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Cli.Documentation;

/// <summary>The page <c>operators.md</c>: every declaration of the library as it stands there, with its comment and what holds for it.</summary>
internal static partial class OperatorsPage
{
    private static readonly string[] Modules = ["std.nn", "std.layers", "std.attention", "std.formats"];

    /// <summary>The page; every line ends with LF.</summary>
    public static string Write()
    {
        var page = new StringBuilder();
        page.Append("""
            # The library

            Every declaration of the library. An operator is its definition: the text below is what runs, fuses and is lowered over sparse storage.
            [The language](language.md) says how to read it.

            Under an operator stands what holds for it, found by computing it with the attributes at their defaults: what makes zeros of zeros loses nothing when
            the zeros are not stored.

            This page is generated: `./sparsedsl docs docs`.


            """.ReplaceLineEndings("\n"));
        foreach (var module in Modules)
        {
            WriteModule(page, module, StandardLibrary.Find(module)!);
        }

        return page.ToString().TrimEnd('\n') + "\n";
    }

    private static void WriteModule(StringBuilder page, string module, SourceText source)
    {
        var mistakes = new DiagnosticBag();
        var tree = Parser.Parse(source, mistakes);
        var items = tree.Items.ToDictionary(i => source.Position(i.Span.Start).Line);
        page.Append("## ").Append(module).Append("\n\n");
        var comment = new List<string>();
        for (var line = 1; line <= source.Position(source.Text.Length).Line; line++)
        {
            var text = source.Line(line);
            if (items.TryGetValue(line, out var item))
            {
                WriteItem(page, module, source, item, comment);
            }
            else if (Section().Match(text) is { Success: true } section)
            {
                page.Append("### ").Append(Capital(section.Groups[1].Value)).Append("\n\n");
            }
            else if (text.StartsWith("//", StringComparison.Ordinal))
            {
                comment.Add(text[2..].Trim());
                continue;
            }
            else if (comment.Count > 0)
            {
                // A comment before an empty line is about what follows as a whole.
                page.Append(string.Join('\n', comment)).Append("\n\n");
            }

            comment.Clear();
        }
    }

    private static void WriteItem(StringBuilder page, string module, SourceText source, ItemSyntax item, List<string> comment)
    {
        page.Append("#### ").Append(Kind(item)).Append(" `").Append(item.Name.Text).Append("`\n\n");
        page.Append(string.Join('\n', comment)).Append("\n\n```dsl\n").Append(source.Slice(item.Span).ReplaceLineEndings("\n").Trim()).Append("\n```\n\n");
        var laws = item is OpItem op ? OperatorLaws.Of(module, op) : [];
        foreach (var law in laws)
        {
            page.Append("- ").Append(law).Append('\n');
        }

        page.Append(laws.Count > 0 ? "\n" : "");
    }

    private static string Kind(ItemSyntax item) => item switch
    {
        OpItem => "op",
        FunctionItem { IsLayer: true } => "layer",
        FunctionItem => "fn",
        FormatItem => "format",
        MaskItem { IsScore: true } => "score",
        MaskItem => "mask",
        PatternItem => "pattern",
        _ => "const",
    };

    private static string Capital(string title) => char.ToUpperInvariant(title[0]) + title[1..];

    [GeneratedRegex(@"^// -{8,} (.+)$")]
    private static partial Regex Section();
}
