using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Data;

namespace SparseDsl.Cli.Data;

/// <summary>Tensor files, with problems as diagnostics.</summary>
internal static class TensorReader
{
    /// <summary>All tensors of a file; null after a report.</summary>
    public static IReadOnlyDictionary<string, TensorData>? ReadAll(Session session, string path)
    {
        if (!TensorFiles.IsKnown(path) && Directory.Exists(path))
        {
            session.Report(FileDiagnostics.IsFolder, path);
            return null;
        }

        if (!TensorFiles.IsKnown(path))
        {
            session.Report(FileDiagnostics.UnknownFileKind, path, ".npy, .npz, .safetensors, .png or .jpg");
            return null;
        }

        try
        {
            session.Files.Reads(path);
            return TensorFiles.Read(path);
        }
        catch (DataFormatException problem) when (problem.IsUnsupported)
        {
            session.Report(FileDiagnostics.UnsupportedElement, path, problem.Message);
        }
        catch (DataFormatException problem)
        {
            session.Report(FileDiagnostics.BadData, path, problem.Message.TrimEnd('.'), FileSignature.Hint(path));
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            Disk.ReportUnreadable(session, path, problem);
        }

        return null;
    }

    /// <summary>
    /// One tensor: <c>PATH</c> (the only tensor of the file, or the one of this name) or <c>PATH:TENSOR</c>. Null after a report.
    /// </summary>
    public static TensorData? ReadOne(Session session, string argument, string name)
    {
        var (path, entry) = Split(argument);
        if (ReadAll(session, path) is not { } tensors)
        {
            return null;
        }

        if (entry is null && tensors.Count == 1)
        {
            return tensors.Values.Single();
        }

        if (tensors.TryGetValue(entry ?? name, out var tensor))
        {
            return tensor;
        }

        session.Report(FileDiagnostics.UnknownEntry, path, entry ?? name, string.Join(", ", tensors.Keys.Order(StringComparer.Ordinal).Take(20)));
        return null;
    }

    /// <summary>The path without the tensor behind its last colon; a path that exists as it is has none.</summary>
    public static (string Path, string? Entry) Split(string argument)
    {
        var colon = argument.LastIndexOf(':');
        return colon > 0 && !File.Exists(argument) && TensorFiles.IsKnown(argument[..colon]) ? (argument[..colon], argument[(colon + 1)..]) : (argument, null);
    }
}
