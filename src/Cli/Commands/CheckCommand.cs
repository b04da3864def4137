using System.CommandLine;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

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
                    ImageSettings.Check(session, model);
                    CheckSelections(session, model);
                }
            }

            return session.Finish();
        });
        return command;
    }

    /// <summary>Reports what only the reference backend runs; other commands find it when they lower.</summary>
    private static void CheckSelections(Session session, BoundModel model)
    {
        var seen = new HashSet<BoundValue>();
        var stack = new Stack<BoundValue>(model.Outputs.Select(o => o.Value));
        while (stack.Count > 0)
        {
            var value = stack.Pop();
            if (!seen.Add(value))
            {
                continue;
            }

            foreach (var operand in value.Operands)
            {
                stack.Push(operand);
            }
        }

        foreach (var select in seen.OfType<BoundSelect>().OrderBy(s => s.Location.Span.Start))
        {
            session.Diagnostics.Report(LoweringDiagnostics.NotLowered, select.Location, select.Selection.ToString());
        }
    }
}
