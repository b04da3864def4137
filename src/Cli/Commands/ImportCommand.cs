using System.CommandLine;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Onnx;

namespace SparseDsl.Cli.Commands;

/// <summary><c>import MODEL.onnx -o DIR</c>: a network of another framework as a program and its weights.</summary>
internal static class ImportCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        var file = new Argument<string>("MODEL") { Description = "an ONNX file" };
        var folder = new Option<string>("--output", "-o") { Description = "where to write; made when it is not there", HelpName = "DIR", Required = true };
        var name = new Option<string?>("--name") { Description = "name of the module and of the files; default: that of the file", HelpName = "NAME" };
        var command = new Command("import", "Turn an ONNX network into a program and its weights.") { file, folder, name };
        command.SetAction(parsed =>
        {
            var session = new Session(streams, json: false);
            var path = parsed.GetValue(file)!;
            var given = parsed.GetValue(name) ?? Path.GetFileNameWithoutExtension(path);
            if (session.Work("importing", () => Import(session, path, Identifier(given))) is { } result)
            {
                Write(session, parsed.GetValue(folder)!, Identifier(given), result);
            }

            return session.Finish();
        });
        return command;
    }

    private static string Identifier(string text) => Compiler.Graphs.NodeNames.Identifier(text).ToLowerInvariant();

    private static ImportResult? Import(Session session, string path, string name)
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
            session.Report(FileDiagnostics.BadData, path, problem.Message);
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            session.Report(FileDiagnostics.CannotRead, path, Disk.Explain(problem));
        }

        return null;
    }

    private static void Write(Session session, string folder, string name, ImportResult result)
    {
        try
        {
            session.Output.WriteLine(ImportWriter.Write(result, folder, name));
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            session.Report(FileDiagnostics.CannotWrite, folder, Disk.Explain(problem));
        }
    }
}
