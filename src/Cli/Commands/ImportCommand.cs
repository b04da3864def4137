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
            var (output, program) = (parsed.GetValue(folder)!, OnnxFile.Identifier(given));
            if (!session.Files.WritesInto(output) || !IsApart(session, path, output, program))
            {
                return session.Finish();
            }

            if (session.Work("importing", () => OnnxFile.Import(session, path, program)) is { } result)
            {
                Write(session, output, program, result);
            }

            return session.Finish();
        });
        return command;
    }

    // An ONNX file may have any name, and so may those of its tensors.
    private static bool IsApart(Session session, string path, string folder, string name)
    {
        try
        {
            session.Files.Reads(path);
            return session.Files.MayWrite(Path.Combine(folder, name + ".dsl")) && session.Files.MayWrite(Path.Combine(folder, name + ".safetensors"));
        }
        catch (ArgumentException problem)
        {
            Disk.ReportUnreadable(session, path, problem);
            return false;
        }
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
