using SparseDsl.Compiler;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli.Documentation;

/// <summary>The examples of the diagnostics table that are programs, run as far as text alone goes: there are no files and no weights.</summary>
internal static class DiagnosticExample
{
    /// <summary>What compiling an example reports.</summary>
    public static IReadOnlyList<Diagnostic> Run(string text)
    {
        using var nowhere = new StringWriter();
        var session = new Session(new Streams(nowhere, nowhere, IsTerminal: false), json: false);
        var module = Compilation.Bind(new SourceText("example.dsl", text), ModuleResolver.LibraryOnly(), session.Diagnostics);
        foreach (var model in module.Models)
        {
            ImageSettings.Check(session, model);
            if (!session.Diagnostics.HasErrors)
            {
                // A fixed target: the pages are the same on every machine.
                Compilation.Lower(model, new CompilationOptions(Target.Avx2), session.Diagnostics);
            }
        }

        return session.Diagnostics.Items;
    }
}
