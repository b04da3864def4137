using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Onnx;

namespace SparseDsl.Cli.Data;

/// <summary>ONNX files on disk as programs.</summary>
internal static class OnnxFile
{
    /// <summary>Whether a path is that of an ONNX file.</summary>
    public static bool IsOne(string path) => Path.GetExtension(path).Equals(".onnx", StringComparison.OrdinalIgnoreCase);

    /// <summary>The name of a program for a file: an identifier.</summary>
    public static string Identifier(string text) => Compiler.Graphs.NodeNames.Identifier(text).ToLowerInvariant();

    /// <summary>Imports a file; null after a report.</summary>
    public static ImportResult? Import(Session session, string path, string name)
    {
        try
        {
            var result = OnnxImporter.Import(OnnxModel.Load(path), name, new OnnxImportOptions { Source = Path.GetFileName(path) });
            foreach (var diagnostic in result.Diagnostics)
            {
                session.Diagnostics.Add(diagnostic);
            }

            return session.Diagnostics.HasErrors ? null : result;
        }
        catch (OnnxFormatException problem)
        {
            session.Report(FileDiagnostics.BadData, path, problem.Message, FileSignature.Hint(path));
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            Disk.ReportUnreadable(session, path, problem);
        }

        return null;
    }

    /// <summary>A file's model with its weights, nothing written; null after a report.</summary>
    public static (ProgramModel Model, ModelWeights Weights)? Load(Session session, string path)
    {
        if (Import(session, path, Identifier(Path.GetFileNameWithoutExtension(path))) is not { } imported)
        {
            return null;
        }

        var module = Compiler.Pipeline.Compilation.Bind(new SourceText(path, imported.Dsl), Compiler.Pipeline.ModuleResolver.LibraryOnly(), session.Diagnostics);
        if (session.Diagnostics.HasErrors)
        {
            return null;
        }

        var model = new ProgramModel(path, module, module.Models.Single());
        return ModelWeights.Of(session, model, imported.Weights, Path.GetFileName(path)) is { } weights ? (model, weights) : null;
    }
}
