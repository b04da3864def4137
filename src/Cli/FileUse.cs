using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli;

/// <summary>
/// The files that a command reads and those it is to write: a file is never both, and none is written twice. Commands say what they will write before they work, so
/// that a mistake is found before anything is done, whichever side of it is named first.
/// </summary>
/// <param name="session">Where mistakes go.</param>
internal sealed class FileUse(Session session)
{
    private readonly HashSet<string> _read = new(Comparer);
    private readonly HashSet<string> _written = new(Comparer);
    private readonly HashSet<string> _reported = new(Comparer);

    private static StringComparer Comparer => OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;

    /// <summary>Full paths of the files that the result depends on: those that were read, and those that were looked for and were not there.</summary>
    public SortedSet<string> Inputs { get; } = new(StringComparer.Ordinal);

    /// <summary>Notes a file that is read, or looked for.</summary>
    /// <exception cref="ArgumentException">The path is none.</exception>
    public void Reads(string path)
    {
        Inputs.Add(Path.GetFullPath(path));
        var real = RealPath.Of(path);
        _read.Add(real);
        if (_written.Contains(real))
        {
            Refuse(FileDiagnostics.WritesInput, real, path);
        }
    }

    /// <summary>Notes a file that will be written, and tries whether it can be. False after a report.</summary>
    public bool Writes(string path)
    {
        try
        {
            if (!MayWrite(path))
            {
                return false;
            }

            if (!_written.Add(RealPath.Of(path)))
            {
                Refuse(FileDiagnostics.WrittenTwice, RealPath.Of(path), path);
                return false;
            }

            if (Directory.Exists(path) || Path.EndsInDirectorySeparator(path))
            {
                session.Report(FileDiagnostics.IsFolder, path);
                return false;
            }

            Disk.Try(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return true;
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            session.Report(FileDiagnostics.CannotWrite, path, Disk.Explain(problem));
            return false;
        }
    }

    /// <summary>Tries whether there can be files in a folder, which need not be there yet. False after a report.</summary>
    public bool WritesInto(string folder)
    {
        try
        {
            var there = Path.GetFullPath(folder);
            while (!Directory.Exists(there))
            {
                if (File.Exists(there))
                {
                    session.Report(FileDiagnostics.IsFile, there == Path.GetFullPath(folder) ? folder : there);
                    return false;
                }

                there = Path.GetDirectoryName(there)!;
            }

            Disk.Try(there);
            return true;
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            session.Report(FileDiagnostics.CannotWrite, folder, Disk.Explain(problem));
            return false;
        }
    }

    /// <summary>Whether a file was not read. False after a report.</summary>
    /// <exception cref="ArgumentException">The path is none.</exception>
    public bool MayWrite(string path)
    {
        var real = RealPath.Of(path);
        if (!_read.Contains(real))
        {
            return true;
        }

        Refuse(FileDiagnostics.WritesInput, real, path);
        return false;
    }

    private void Refuse(DiagnosticDescriptor row, string real, string path)
    {
        if (_reported.Add(real))
        {
            session.Report(row, path);
        }
    }
}
