using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Data;

namespace SparseDsl.Cli.Data;

/// <summary>The tensors of a model's parameters, checked: every one is there and of its declared type and shape.</summary>
internal sealed class ModelWeights
{
    private readonly Dictionary<string, TensorData> tensors = new(StringComparer.Ordinal);

    private ModelWeights()
    {
    }

    /// <summary>A parameter's elements by path.</summary>
    public TensorData this[string path] => tensors[path];

    /// <summary>A parameter's elements by path; null for a name that is none.</summary>
    public TensorData? Find(string path) => tensors.GetValueOrDefault(path);

    /// <summary>Reads the weights of a model; null after a report. A model without parameters needs no file.</summary>
    /// <param name="session">Is told of mistakes.</param>
    /// <param name="program">The model.</param>
    /// <param name="path">Path of the weights; null looks beside the program.</param>
    public static ModelWeights? Read(Session session, ProgramModel program, string? path)
    {
        var (weights, model) = (new ModelWeights(), program.Model);
        var file = path ?? program.DefaultWeights;
        if (path is null && model.Params.IsEmpty)
        {
            return weights;
        }

        if (path is null && !File.Exists(file))
        {
            session.Report(FileDiagnostics.NoWeights, file, model.Name);
            return null;
        }

        return TensorReader.ReadAll(session, file) is { } found ? Of(session, program, found, Path.GetFileName(file)) : null;
    }

    /// <summary>Checks tensors; null after a report.</summary>
    /// <param name="session">Is told of mistakes.</param>
    /// <param name="program">The model.</param>
    /// <param name="found">Tensors by name.</param>
    /// <param name="file">Name of the file they are from, for messages.</param>
    public static ModelWeights? Of(Session session, ProgramModel program, IReadOnlyDictionary<string, TensorData> found, string file)
    {
        var (weights, model) = (new ModelWeights(), program.Model);
        var others = program.Module.Models.SelectMany(m => m.Params).Select(p => p.Path).Except(model.Params.Select(p => p.Path)).ToHashSet();
        var provider = new FileWeights(session, file, Path.GetDirectoryName(Path.GetFullPath(program.Path))!, found, others);
        var loaded = WeightLoader.Load(model.Name, WeightDeclaration.Of(model), provider, session.Diagnostics);
        foreach (var tensor in loaded.Tensors)
        {
            weights.tensors[tensor.Key] = tensor.Value;
        }

        return session.Diagnostics.HasErrors ? null : weights;
    }

    /// <summary>The tensors of a file, and masks as files beside the program.</summary>
    private sealed class FileWeights(Session session, string name, string folder, IReadOnlyDictionary<string, TensorData> tensors, HashSet<string> others) : IWeightProvider
    {
        public string Name => name;

        // What is there for other models is nothing to wonder about.
        public IEnumerable<string> Names => tensors.Keys.Where(key => !others.Contains(key));

        public TensorData? Find(string tensor) => tensors.TryGetValue(tensor, out var found) ? found : null;

        public TensorData? FindMask(string path, out string problem)
        {
            problem = "";
            var file = Path.Combine(folder, path);
            try
            {
                session.Files.Reads(file);
                return Npy.Read(file);
            }
            catch (DataFormatException damage)
            {
                problem = damage.Message;
            }
            catch (Exception unreadable) when (Disk.IsFileProblem(unreadable))
            {
                problem = Disk.Explain(unreadable, file);
            }

            return null;
        }
    }
}
