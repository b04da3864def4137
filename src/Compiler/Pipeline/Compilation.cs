using System.Collections.Immutable;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Compiler.Passes.Graphs;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Compiler.Pipeline;

/// <summary>Called after every stage with its name and what it gave, for dumps and for timing.</summary>
public delegate void StageObserver(string stage, object result);

/// <summary>How a model is compiled.</summary>
/// <param name="Target">What the machine offers.</param>
public sealed record CompilationOptions(Target Target)
{
    /// <summary>Elements of a parameter by path, of its type and shape. Null compiles without weights: nothing is folded into them then.</summary>
    public Func<string, TensorData?>? Weights { get; init; }

    /// <summary>
    /// Whether weights come later, when they are packed: code is as it would be with them, but storage is chosen from <see cref="Storage"/> or else from promises.
    /// </summary>
    public bool DefersWeights { get; init; }

    /// <summary>Storage chosen before, by the name of a weight in the graph; null, or a null result, chooses now.</summary>
    public Func<string, Format?>? Storage { get; init; }

    /// <summary>Stores every weight dense, whatever is said about it: what sparsity is compared with.</summary>
    public bool IgnoresSparsity { get; init; }

    /// <summary>
    /// Whether channels that zeros in the weights make constant or unread are computed all the same, so that the code fits other weights too. They are never
    /// removed when weights come later or sparsity is not used.
    /// </summary>
    public bool KeepsSlices { get; init; }

    /// <summary>What kernels cost on the machine that storage is chosen for; null for <see cref="MachineProfile.Default"/>.</summary>
    public MachineProfile? Profile { get; init; }

    /// <summary>Is told why every weight is stored as it is; null for nobody.</summary>
    public ICollection<LevelDecision>? Decisions { get; init; }

    /// <summary>Is told of every tensor that lost slices; null for nobody.</summary>
    public ICollection<RemovedSlices>? Removed { get; init; }

    /// <summary>Told of every stage; null for nobody.</summary>
    public StageObserver? Observer { get; init; }
}

/// <summary>A model before and after lowering.</summary>
/// <param name="Graph">The graph that was lowered, storage chosen.</param>
/// <param name="Program">Its kernels, memory planned.</param>
public sealed record LoweredModel(Graph Graph, LoopProgram Program);

/// <summary>The front door of the compiler: from text to loops. Needs no files; whoever calls it supplies texts and tensors.</summary>
public static class Compilation
{
    /// <summary>Parses and binds a module. Mistakes go to <paramref name="diagnostics"/>; a module with syntax errors is bound as far as it goes.</summary>
    public static BoundModule Bind(SourceText source, IModuleResolver resolver, DiagnosticBag diagnostics, StageObserver? observer = null)
    {
        var syntax = Parser.Parse(source, diagnostics);
        observer?.Invoke("parse", syntax);
        var module = Binder.Bind(syntax, source, resolver, diagnostics);
        observer?.Invoke("bind", module);
        return module;
    }

    /// <summary>The optimised graph of a model, with storage chosen.</summary>
    public static Graph Optimise(BoundModel model, CompilationOptions options, DiagnosticBag diagnostics) => Store(Simplify(model, options), options, diagnostics);

    /// <summary>The optimised graph of a model, the same for every target; storage is not chosen yet.</summary>
    public static Graph Simplify(BoundModel model, CompilationOptions options)
    {
        var graph = BuildGraph.Run(model);
        options.Observer?.Invoke("graph", graph);
        var passes = GraphPipeline.Passes(options.Weights, options.DefersWeights, options.KeepsSlices || options.IgnoresSparsity, options.Removed);
        return GraphPipeline.Run(graph, passes, (name, result) => options.Observer?.Invoke("pass " + name, result));
    }

    /// <summary>A graph that <see cref="Simplify"/> gave, with storage chosen for a target.</summary>
    public static Graph Store(Graph graph, CompilationOptions options, DiagnosticBag diagnostics)
    {
        graph = GraphValidator.Validate(Stored(graph, options, diagnostics), "choose-levels");
        options.Observer?.Invoke("pass choose-levels", graph);
        graph = GraphValidator.Validate(ChooseLayouts.Run(graph, options.Storage), "choose-layouts");
        options.Observer?.Invoke("pass choose-layouts", graph);
        return graph;
    }

    private static Graph Stored(Graph graph, CompilationOptions options, DiagnosticBag diagnostics) => ChooseLevels.Run(
        graph, options.Weights ?? (_ => null), diagnostics, options.Decisions, options.Target, options.Storage, options.Profile, options.IgnoresSparsity);

    /// <summary>The loops of a model; null when something in it cannot be compiled, which is then reported.</summary>
    public static LoweredModel? Lower(BoundModel model, CompilationOptions options, DiagnosticBag diagnostics) =>
        Lower(Optimise(model, options, diagnostics), options, diagnostics);

    /// <summary>The loops of a graph with storage chosen; null when something in it cannot be compiled, which is then reported.</summary>
    public static LoweredModel? Lower(Graph graph, CompilationOptions options, DiagnosticBag diagnostics)
    {
        var program = Lowering.Lower.Run(graph, options.Target, diagnostics);
        options.Observer?.Invoke("lower", program);
        if (diagnostics.HasErrors)
        {
            return null;
        }

        program = ShareKernels.Run(PlanMemory.Run(program));
        options.Observer?.Invoke("plan-memory", program);
        program = LoopPipeline.Run(program, options.Target, (name, kernel) => options.Observer?.Invoke("pass " + name, kernel));
        options.Observer?.Invoke("loops", program);
        return new LoweredModel(graph, program);
    }

    /// <summary>The packed bytes of a weight region, little-endian.</summary>
    /// <param name="weight">The region.</param>
    /// <param name="parameters">Elements of a parameter by path, of its type and shape.</param>
    /// <param name="cache">Tensors packed so far: the arrays of one format are made together. Dense bytes are those of the tensor, not copied.</param>
    public static ReadOnlyMemory<byte> Pack(Region.Weight weight, Func<string, TensorData> parameters, IDictionary<string, IReadOnlyDictionary<string, TensorData>> cache)
    {
        var source = weight.Source;
        if (source.Format.IsDense)
        {
            return Elements(source, parameters).Memory;
        }

        // A parameter may be stored in two formats.
        var key = FormattableString.Invariant($"{source.Recipe is null}/{source.Tensor}/{FormatText.Print(source.Format.Source)}");
        if (!cache.TryGetValue(key, out var arrays))
        {
            arrays = FormatPacker.Pack(source.Format, Elements(source, parameters));
            cache.Add(key, arrays);
        }

        return arrays[source.Array].Memory;
    }

    private static TensorData Elements(WeightOrigin source, Func<string, TensorData> parameters) => source.Recipe is null ? parameters(source.Tensor)
        : source.Folded ?? throw new CompilerBugException($"'{source.Tensor}' cannot be packed: it was compiled without weights");
}
