using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Data;
using SparseDsl.Pruning;

namespace SparseDsl.Cli.Pruning;

/// <summary>Results of layers as safetensors files in a folder, each written whole or not at all.</summary>
internal sealed class FolderState(Session session, string folder) : IPruningState
{
    private const string Extension = ".safetensors";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorData>? Find(string key)
    {
        var path = PathOf(key);
        try
        {
            return File.Exists(path) ? SafetensorsFile.ReadAll(path) : null;
        }
        catch (Exception damage) when (damage is DataFormatException || Disk.IsFileProblem(damage))
        {
            session.Report(PruningDiagnostics.DamagedState, path);
            return null;
        }
    }

    /// <inheritdoc/>
    public void Keep(string key, IReadOnlyDictionary<string, TensorData> tensors)
    {
        try
        {
            Directory.CreateDirectory(folder);
            Disk.Write(session, PathOf(key), temporary => TensorFiles.Write(temporary, tensors));
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            session.Report(FileDiagnostics.CannotWrite, folder, Disk.Explain(problem));
        }
    }

    /// <summary>Deletes what was kept, and the folder when nothing else is in it.</summary>
    public void Delete()
    {
        try
        {
            if (!Directory.Exists(folder))
            {
                return;
            }

            foreach (var file in Directory.EnumerateFiles(folder, "*" + Extension))
            {
                File.Delete(file);
            }

            if (!Directory.EnumerateFileSystemEntries(folder).Any())
            {
                Directory.Delete(folder);
            }
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            // What is left over does no harm: a later run of equal inputs takes it.
        }
    }

    private string PathOf(string key) => Path.Combine(folder, key + Extension);
}
