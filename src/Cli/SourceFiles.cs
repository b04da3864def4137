using System.Text;
using SparseDsl.Cli.Data;
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
            session.Files.Reads(path);
            // A mark at the start is no part of the program.
            return new SourceText(path, Strict.GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF'));
        }
        catch (DecoderFallbackException)
        {
            session.Report(FileDiagnostics.BadData, path, "it is not UTF-8 text", FileSignature.Hint(path));
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            Disk.ReportUnreadable(session, path, problem);
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
        Read(session, path) is not { } source ? null : Bind(session, source);

    /// <summary>Parses and binds a text.</summary>
    public static BoundModule Bind(Session session, SourceText source, StageObserver? observer = null) =>
        Compilation.Bind(source, Resolver(session), session.Diagnostics, observer);

    /// <summary>Binds a file and picks a model: by name, or the only one. Null after a report.</summary>
    public static ProgramModel? Model(Session session, string path, string? name)
    {
        var models = Models(session, path, name);
        if (models.Count < 2)
        {
            return models.Count == 0 ? null : models[0];
        }

        session.Report(FileDiagnostics.SeveralModels, path, string.Join(", ", models.Select(m => m.Model.Name)));
        return null;
    }

    /// <summary>Binds a file and picks models: one by name, or all. None after a report.</summary>
    public static IReadOnlyList<ProgramModel> Models(Session session, string path, string? name)
    {
        if (Bind(session, path) is not { } module || session.Diagnostics.HasErrors)
        {
            return [];
        }

        ProgramModel[] chosen = [.. module.Models.Where(m => name is null || m.Name == name).Select(m => new ProgramModel(path, module, m))];
        if (module.Models.IsEmpty)
        {
            session.Report(FileDiagnostics.NoModel, path);
        }
        else if (chosen.Length == 0)
        {
            session.Report(FileDiagnostics.UnknownModel, name!, path, string.Join(", ", module.Models.Select(m => m.Name)));
        }

        foreach (var model in chosen)
        {
            ImageSettings.Check(session, model.Model);
        }

        return session.Diagnostics.HasErrors ? [] : chosen;
    }
}

/// <summary>A model of a program on disk.</summary>
/// <param name="Path">The program's file.</param>
/// <param name="Module">The program.</param>
/// <param name="Model">The model.</param>
internal sealed record ProgramModel(string Path, BoundModule Module, BoundModel Model)
{
    /// <summary>Where its weights are when the user does not say: <c>net.safetensors</c> for <c>net.dsl</c>, or <c>net.Detector.safetensors</c> for one of its models when it is there.</summary>
    public string DefaultWeights
    {
        get
        {
            var all = System.IO.Path.ChangeExtension(Path, ".safetensors");
            var own = Backends.CSharp.DefaultWeights.NameFor(all, Module, Model);
            return File.Exists(own) ? own : all;
        }
    }
}
