using System.CommandLine;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Cli.Commands;

/// <summary><c>fmt FILE…</c>: canonical text in place.</summary>
internal static class FormatCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        var files = SharedOptions.Files("programs to format");
        var check = new Option<bool>("--check") { Description = "change nothing; exit code 1 when a file is not in canonical form" };
        var stdout = new Option<bool>("--stdout") { Description = "print the result, change nothing" };
        var command = new Command("fmt", "Rewrite programs in canonical form.") { files, check, stdout };
        command.Validators.Add(result =>
        {
            if (result.GetValue(check) && result.GetValue(stdout))
            {
                result.AddError("--check and --stdout exclude each other");
            }
        });
        command.SetAction(parsed =>
        {
            var session = new Session(streams, json: false);
            foreach (var file in parsed.GetValue(files)!)
            {
                Format(session, file, parsed.GetValue(check), parsed.GetValue(stdout));
            }

            return session.Finish();
        });
        return command;
    }

    private static void Format(Session session, string file, bool check, bool stdout)
    {
        if (SourceFiles.Read(session, file) is not { } source)
        {
            return;
        }

        var mistakes = new DiagnosticBag();
        var module = Parser.Parse(source, mistakes);
        foreach (var mistake in mistakes.Items)
        {
            session.Diagnostics.Add(mistake);
        }

        if (mistakes.HasErrors)
        {
            return;
        }

        var text = Formatter.Format(source, module);
        if (stdout)
        {
            session.Output.Write(text);
        }
        else if (text != source.Text && check)
        {
            session.Report(FileDiagnostics.NotFormatted, file);
        }
        else if (text != source.Text)
        {
            Disk.Rewrite(session, file, text);
        }
    }
}
