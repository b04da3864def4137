using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli;

/// <summary>A folder that a command fills with files.</summary>
internal static class OutputFolder
{
    /// <summary>Writes files, and makes the folders that they need; false after a report.</summary>
    public static bool Write(Session session, string folder, IEnumerable<(string Name, ReadOnlyMemory<byte> Content)> files)
    {
        var list = files.ToList();
        if (!list.All(file => session.Files.MayWrite(Path.Combine(folder, file.Name))))
        {
            return false;
        }

        try
        {
            foreach (var path in list.Select(f => Path.GetDirectoryName(Path.Combine(folder, f.Name))!).Distinct())
            {
                Directory.CreateDirectory(path);
            }
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            session.Report(FileDiagnostics.CannotWrite, folder, Disk.Explain(problem));
            return false;
        }

        return list.All(file => Disk.Write(session, Path.Combine(folder, file.Name), temporary => File.WriteAllBytes(temporary, file.Content.ToArray())));
    }
}
