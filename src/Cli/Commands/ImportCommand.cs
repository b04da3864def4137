using System.CommandLine;
using SparseDsl.Cli.Data;
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
            if (session.Work("importing", () => OnnxFile.Import(session, path, OnnxFile.Identifier(given))) is { } result)
            {
                Write(session, parsed.GetValue(folder)!, OnnxFile.Identifier(given), result);
            }

            return session.Finish();
        });
        return command;
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
