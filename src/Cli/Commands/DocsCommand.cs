using System.CommandLine;
using SparseDsl.Cli.Documentation;

namespace SparseDsl.Cli.Commands;

/// <summary><c>docs DIR</c>: writes the pages that are generated from the sources.</summary>
internal static class DocsCommand
{
    /// <summary>The pages by file name.</summary>
    public static IReadOnlyList<(string Name, Func<string> Write)> Pages { get; } =
    [
        ("operators.md", OperatorsPage.Write),
        ("diagnostics.md", DiagnosticsPage.Write),
    ];

    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        var folder = new Argument<string>("DIR") { Description = "where to write; a folder that is there" };
        var command = new Command("docs", "Write the generated pages of the documentation.") { folder };
        command.SetAction(parsed =>
        {
            var session = new Session(streams, json: false);
            foreach (var (name, write) in Pages)
            {
                Disk.Write(session, Path.Combine(parsed.GetValue(folder)!, name), write());
            }

            return session.Finish();
        });
        return command;
    }
}
