using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl.Binding;
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

    /// <summary>Where weights are when the user does not say: beside the program.</summary>
    public static string DefaultPath(string program) => Path.ChangeExtension(program, ".safetensors");

    /// <summary>Reads the weights of a model; null after a report. A model without parameters needs no file.</summary>
    public static ModelWeights? Read(Session session, BoundModel model, string program, string? path)
    {
        var weights = new ModelWeights();
        var file = path ?? DefaultPath(program);
        if (path is null && model.Params.IsEmpty)
        {
            return weights;
        }

        if (path is null && !File.Exists(file))
        {
            session.Report(FileDiagnostics.NoWeights, file, model.Name);
            return null;
        }

        if (TensorReader.ReadAll(session, file) is not { } found)
        {
            return null;
        }

        var provider = new FileWeights(Path.GetFileName(file), Path.GetDirectoryName(Path.GetFullPath(program))!, found);
        var loaded = WeightLoader.Load(model.Name, WeightDeclaration.Of(model), provider, session.Diagnostics);
        foreach (var tensor in loaded.Tensors)
        {
            weights.tensors[tensor.Key] = tensor.Value;
        }

        return session.Diagnostics.HasErrors ? null : weights;
    }

    /// <summary>The tensors of a file, and masks as files beside the program.</summary>
    private sealed class FileWeights(string name, string folder, IReadOnlyDictionary<string, TensorData> tensors) : IWeightProvider
    {
        public string Name => name;

        public IEnumerable<string> Names => tensors.Keys;

        public TensorData? Find(string tensor) => tensors.TryGetValue(tensor, out var found) ? found : null;

        public TensorData? FindMask(string path, out string problem)
        {
            problem = "";
            try
            {
                return Npy.Read(Path.Combine(folder, path));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or DataFormatException)
            {
                problem = e.Message;
                return null;
            }
        }
    }
}
