using System.Text;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli;

/// <summary>Files written whole or not at all, and file problems in words.</summary>
internal static class Disk
{
    /// <summary>Whether an exception is about the file system rather than a bug.</summary>
    public static bool IsFileProblem(Exception problem) =>
        problem is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException or System.Security.SecurityException;

    /// <summary>The problem without the path, which the diagnostic already names.</summary>
    public static string Explain(Exception problem) => problem switch
    {
        FileNotFoundException => "there is no such file",
        PathTooLongException => "that path is too long",
        DirectoryNotFoundException => "there is no such folder",
        UnauthorizedAccessException => "it is a folder, or access is not allowed",
        ArgumentException => "that is no path",
        _ => problem.Message.TrimEnd('.'),
    };

    /// <summary>The same, of a path that can be looked at: folders are told from files that may not be read.</summary>
    public static string Explain(Exception problem, string path) =>
        problem is UnauthorizedAccessException && Directory.Exists(path) ? "it is a folder"
        : problem is UnauthorizedAccessException ? "access is not allowed"
        : Explain(problem);

    /// <summary>Reports that a file cannot be read.</summary>
    public static void ReportUnreadable(Session session, string path, Exception problem)
    {
        if (Directory.Exists(path))
        {
            session.Report(FileDiagnostics.IsFolder, path);
        }
        else
        {
            session.Report(FileDiagnostics.CannotRead, path, Explain(problem));
        }
    }

    /// <summary>Makes a file in a folder and deletes it again.</summary>
    /// <exception cref="IOException">That is not possible.</exception>
    /// <exception cref="UnauthorizedAccessException">That is not allowed.</exception>
    public static void Try(string folder) => File.Create(Path.Combine(folder, $".{Guid.NewGuid():N}"), 1, FileOptions.DeleteOnClose).Dispose();

    /// <summary>Writes text; see the other overload.</summary>
    public static bool Write(Session session, string path, string text) =>
        Write(session, path, temporary => File.WriteAllText(temporary, text, new UTF8Encoding(false)));

    /// <summary>Writes another text into a file that was read, as the user wants it.</summary>
    public static bool Rewrite(Session session, string path, string text) =>
        Replace(session, RealPath.Of(path), temporary =>
        {
            File.WriteAllText(temporary, text, new UTF8Encoding(false));
            return true;
        });

    /// <summary>Writes a file under a temporary name beside it, then gives it its name. One that was read is left alone. False after a report.</summary>
    /// <param name="session">Where problems go.</param>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="write">Writes to the path it is given, which has the same extension.</param>
    public static bool Write(Session session, string path, Action<string> write) => TryWrite(session, path, temporary =>
    {
        write(temporary);
        return true;
    });

    /// <summary>The same of a writer that can fail: the file is left as it was when it says false, after a report of its own.</summary>
    public static bool TryWrite(Session session, string path, Func<string, bool> write)
    {
        try
        {
            return session.Files.MayWrite(path) && Replace(session, path, write);
        }
        catch (ArgumentException problem)
        {
            session.Report(FileDiagnostics.CannotWrite, path, Explain(problem));
            return false;
        }
    }

    private static bool Replace(Session session, string path, Func<string, bool> write)
    {
        string? temporary = null;
        try
        {
            var full = Path.GetFullPath(path);
            temporary = Path.Combine(Path.GetDirectoryName(full)!, $".{Path.GetFileNameWithoutExtension(full)}.{Guid.NewGuid():N}{Path.GetExtension(full)}");
            if (!write(temporary))
            {
                return false;
            }

            File.Move(temporary, full, overwrite: true);
            return true;
        }
        catch (Exception problem) when (IsFileProblem(problem))
        {
            session.Report(FileDiagnostics.CannotWrite, path, Explain(problem));
            return false;
        }
        finally
        {
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }
        }
    }
}
