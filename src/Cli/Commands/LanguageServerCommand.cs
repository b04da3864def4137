using System.CommandLine;
using SparseDsl.Cli.Running;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.LanguageServer;

namespace SparseDsl.Cli.Commands;

/// <summary><c>lsp</c>: the language server for editors.</summary>
internal static class LanguageServerCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        // Clients add it to every server they start; there is no other way to talk to this one.
        var stdio = new Option<bool>("--stdio") { Description = "talk over standard input and output, which it always does", Hidden = true };
        var command = new Command("lsp", "Serve an editor: the Language Server Protocol on standard input and output.") { stdio };
        command.SetAction(async (_, _) =>
        {
            await using var input = Console.OpenStandardInput();
            await using var output = Console.OpenStandardOutput();
            return await LanguageServerHost.Run(input, output, streams.Errors, (model, diagnostics) => Check(streams, model, diagnostics), new EditorCosts().Of);
        });
        return command;
    }

    /// <summary>What <c>check</c> reports besides the compiler's own mistakes.</summary>
    private static void Check(Streams streams, BoundModel model, DiagnosticBag diagnostics)
    {
        var session = new Session(streams, json: false);
        ModelChecks.Run(session, model);
        foreach (var diagnostic in session.Diagnostics.Items)
        {
            diagnostics.Add(diagnostic);
        }
    }
}
