using System.CommandLine;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Cli.Commands;

/// <summary><c>check FILE…</c>: every mistake of programs, and nothing else.</summary>
internal static class CheckCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        var files = SharedOptions.Files("programs to check");
        var json = SharedOptions.Json();
        var command = new Command("check", "Report every mistake in programs.") { files, json };
        command.SetAction(parsed =>
        {
            var session = new Session(streams, parsed.GetValue(json));
            foreach (var file in parsed.GetValue(files)!)
            {
                if (SourceFiles.Read(session, file) is not { } source)
                {
                    continue;
                }

                var isEmpty = false;
                var module = SourceFiles.Bind(session, source, (_, result) => isEmpty |= result is ModuleSyntax { Items.IsEmpty: true, Imports.IsEmpty: true });
                foreach (var model in module.Models)
                {
                    ModelChecks.Run(session, model);
                }

                if (!session.Diagnostics.HasErrors && isEmpty)
                {
                    session.Report(FileDiagnostics.Empty, file);
                }
            }

            return session.Finish();
        });
        return command;
    }
}
