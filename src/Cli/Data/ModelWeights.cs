using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

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

        foreach (var param in model.Params)
        {
            weights.Add(session, param, file, found);
        }

        return session.Diagnostics.HasErrors ? null : weights;
    }

    private void Add(Session session, BoundParam param, string file, IReadOnlyDictionary<string, TensorData> found)
    {
        if (!found.TryGetValue(param.Path, out var tensor))
        {
            var names = string.Join(", ", found.Keys.Order(StringComparer.Ordinal).Take(20)) + (found.Count > 20 ? ", …" : "");
            session.Diagnostics.Report(FileDiagnostics.MissingParameter, param.Location, file, param.Path, names);
        }
        else if (tensor.Rank != param.Type.Rank || !tensor.Shape.Zip(param.Type.Shape, (found, declared) => declared.Constant == found).All(x => x))
        {
            session.Diagnostics.Report(
                FileDiagnostics.Shape, param.Location, param.Path, param.Type.ToString(), tensor.ToString(), "the weights file does not belong to this program, or the declared shape is wrong");
        }
        else if (tensor.Type != param.Type.Element && !(tensor.Type.IsFloat() && param.Type.Element.IsFloat()))
        {
            session.Diagnostics.Report(FileDiagnostics.ElementType, param.Location, param.Path, param.Type.Element.Name(), tensor.Type.Name());
        }
        else
        {
            tensors[param.Path] = tensor.ConvertTo(param.Type.Element);
        }
    }
}
