using System.Text;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli.Documentation;

/// <summary>The page <c>diagnostics.md</c>: every row of the table, with its example and what that prints.</summary>
internal static class DiagnosticsPage
{
    /// <summary>Examples that reach a limit are thousands of characters long.</summary>
    private const int LongestLine = 200;

    private static readonly (char Digit, string Title)[] Ranges =
    [
        ('1', "Syntax"),
        ('2', "Names, shapes and types"),
        ('3', "Sparsity"),
        ('4', "What is not compiled"),
        ('5', "Weights, files, imported networks"),
    ];

    /// <summary>The page; every line ends with LF.</summary>
    public static string Write()
    {
        var page = new StringBuilder();
        page.Append("""
            # Diagnostics

            Every mistake the tools report, by id. In messages and hints `{0}`, `{1}`, … stand for names and numbers of the program.
            Where the example is a program, what is printed for it follows. Errors end a command with exit code 1, warnings do not.

            This page is generated: `./sparsedsl docs docs`.


            """.ReplaceLineEndings("\n"));
        foreach (var (digit, title) in Ranges)
        {
            page.Append("## ").Append(title).Append("\n\n");
            foreach (var row in DiagnosticTable.All.Where(r => r.Id[2] == digit).OrderBy(r => r.Id, StringComparer.Ordinal))
            {
                WriteRow(page, row);
            }
        }

        return page.ToString().TrimEnd('\n') + "\n";
    }

    private static void WriteRow(StringBuilder page, DiagnosticDescriptor row)
    {
        page.Append("### ").Append(row.Id).Append("\n\n");
        page.Append("- ").Append(row.Severity.ToString().ToLowerInvariant()).Append(": ").Append(Code(row.Message)).Append('\n');
        if (row.Hint.Length > 0)
        {
            page.Append("- hint: ").Append(Code(row.Hint)).Append('\n');
        }

        if (DiagnosticExample.Run(row.Example).FirstOrDefault(d => d.Id == row.Id) is not { } provoked)
        {
            page.Append("- example: ").Append(Code(row.Example)).Append("\n\n");
            return;
        }

        Block(page.Append('\n'), "dsl", row.Example);
        Block(page, "text", DiagnosticRenderer.Render(provoked));
    }

    private static string Code(string text) => text.Contains('`', StringComparison.Ordinal) ? $"`` {text} ``" : $"`{text}`";

    private static void Block(StringBuilder page, string language, string text)
    {
        page.Append("```").Append(language).Append('\n');
        foreach (var line in text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
        {
            page.Append(line.Length <= LongestLine ? line.TrimEnd() : line[..LongestLine] + "…").Append('\n');
        }

        page.Append("```\n\n");
    }
}
