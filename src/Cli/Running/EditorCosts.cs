using System.Runtime.CompilerServices;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Cli.Data;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl.Binding;
using SparseDsl.LanguageServer;

namespace SparseDsl.Cli.Running;

/// <summary>What models that are open in an editor cost with the weights beside them, as <c>explain</c> says it. Remembered until the model or the weights change.</summary>
internal sealed class EditorCosts
{
    private readonly Lock gate = new();
    private readonly ConditionalWeakTable<BoundModel, Known> known = [];
    private Loaded? last;

    /// <summary>A version of a file.</summary>
    private sealed record Version(string Path, long Length, DateTime Written);

    private sealed record Known(Version Weights, ModelCosts? Costs);

    private sealed record Loaded(Version Weights, IReadOnlyDictionary<string, TensorData>? Tensors);

    /// <summary>The costs of a model; null when there are no weights beside its program, or none that fit.</summary>
    public ModelCosts? Of(string path, BoundModule module, BoundModel model)
    {
        var program = new ProgramModel(path, module, model);
        var file = new FileInfo(program.DefaultWeights);
        if (!file.Exists)
        {
            return null;
        }

        var version = new Version(file.FullName, file.Length, file.LastWriteTimeUtc);
        lock (gate)
        {
            if (!known.TryGetValue(model, out var costs) || costs.Weights != version)
            {
                costs = new Known(version, Find(program, version));
                known.AddOrUpdate(model, costs);
            }

            return costs.Costs;
        }
    }

    private ModelCosts? Find(ProgramModel program, Version version)
    {
        // Whoever edits is told of mistakes by 'check'; here they only mean that there is nothing to say.
        var session = new Session(new Streams(TextWriter.Null, TextWriter.Null, IsTerminal: false), json: false);
        if (last?.Weights != version)
        {
            last = new Loaded(version, TensorReader.ReadAll(session, version.Path));
        }

        if (last.Tensors is not { } tensors || ModelWeights.Of(session, program, tensors, Path.GetFileName(version.Path)) is not { } weights)
        {
            return null;
        }

        var dims = CompiledCosts.SmallestDims(program.Model);
        var options = new CompilationOptions(NativeTarget.Widest) { Profile = ProfileFile.Find(session, null) };
        var layers = options.Profile is null ? null
            : Memory.Guard(session, program.Model.Name, () => CompiledCosts.Of(session, program.Model, weights, dims, options));
        return layers is null || session.Diagnostics.HasErrors ? null : new ModelCosts(layers, dims, Path.GetFileName(version.Path));
    }
}
