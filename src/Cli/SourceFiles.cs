using System.Text;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli;

/// <summary>Programs on disk.</summary>
internal static class SourceFiles
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text of a file, or null after a report.</summary>
    public static SourceText? Read(Session session, string path)
    {
        try
        {
            // A mark at the start is no part of the program.
            return new SourceText(path, Strict.GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF'));
        }
        catch (DecoderFallbackException)
        {
            session.Report(FileDiagnostics.BadData, path, "it is not UTF-8 text");
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            session.Report(FileDiagnostics.CannotRead, path, Disk.Explain(problem));
        }

        return null;
    }

    /// <summary>Finds library modules, and the file <c>a/b.dsl</c> beside the importing one for <c>import a.b</c>.</summary>
    public static IModuleResolver Resolver(Session session) => new ModuleResolver((name, from) =>
    {
        var path = Path.Combine(Path.GetDirectoryName(from.Path) ?? "", name.Replace('.', Path.DirectorySeparatorChar) + ".dsl");
        return !from.Path.StartsWith("std/", StringComparison.Ordinal) && File.Exists(path) ? Read(session, path) : null;
    });

    /// <summary>Reads, parses and binds a file; null when it cannot be read.</summary>
    public static BoundModule? Bind(Session session, string path) =>
        Read(session, path) is not { } source ? null : Compilation.Bind(source, Resolver(session), session.Diagnostics);

    /// <summary>Binds a file and picks a model: by name, or the only one. Null after a report.</summary>
    public static BoundModel? Model(Session session, string path, string? name)
    {
        if (Bind(session, path) is not { } module || session.Diagnostics.HasErrors)
        {
            return null;
        }

        var names = string.Join(", ", module.Models.Select(m => m.Name));
        if (module.Models.Length == 0)
        {
            session.Report(FileDiagnostics.NoModel, path);
        }
        else if (name is null && module.Models.Length > 1)
        {
            session.Report(FileDiagnostics.SeveralModels, path, names);
        }
        else if (name is null || module.Models.Any(m => m.Name == name))
        {
            var model = module.Models.First(m => name is null || m.Name == name);
            ImageSettings.Check(session, model);
            return session.Diagnostics.HasErrors ? null : model;
        }
        else
        {
            session.Report(FileDiagnostics.UnknownModel, name, path, names);
        }

        return null;
    }
}
