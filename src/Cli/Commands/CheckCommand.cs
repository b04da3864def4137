using System.CommandLine;

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
                foreach (var model in SourceFiles.Bind(session, file)?.Models ?? [])
                {
                    ModelChecks.Run(session, model);
                }
            }

            return session.Finish();
        });
        return command;
    }
}
