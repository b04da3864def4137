using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Hosting;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Pruning.Graphs;

/// <summary>A network compiled once with tensors inside it as outputs, dense, its weights replaceable. Calls must not overlap.</summary>
internal sealed class TappedNetwork : IDisposable
{
    private readonly CompiledModel? _model;
    private readonly Dictionary<Node, string> _names;
    private readonly HashSet<string> _weights;
    private CalibrationSample? _sample;

    private TappedNetwork(CompiledModel? model, Dictionary<Node, string> names, HashSet<string> weights) => (_model, _names, _weights) = (model, names, weights);

    /// <summary>Compiles what the taps need, and no more.</summary>
    /// <param name="graph">A graph as <see cref="BuildGraph"/> makes it.</param>
    /// <param name="taps">The tensors.</param>
    /// <param name="weights">Elements of parameters by path.</param>
    /// <param name="threads">Threads of a call.</param>
    /// <param name="diagnostics">Is told why there is no network, when the result is null.</param>
    public static TappedNetwork? Compile(Graph graph, IEnumerable<Node> taps, Func<string, TensorData> weights, int threads, DiagnosticBag diagnostics)
    {
        var names = Names(graph, taps);
        if (names.Count == 0)
        {
            return new TappedNetwork(null, names, []);
        }

        var tapped = graph with { Outputs = [.. names.Select(n => (n.Value, n.Key))] };
        var options = new CompilationOptions(NativeTarget.Widest) { IgnoresSparsity = true };
        // Without weights nothing is computed from them while compiling, so that they can change.
        var stored = Compilation.Store(GraphPipeline.Run(tapped, GraphPipeline.Passes(null)), options, diagnostics);
        if (Compilation.Lower(stored, options, diagnostics) is not { } lowered)
        {
            return null;
        }

        var cache = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
        var model = CSharpHost.Load(lowered.Program, NativeTarget.Widest, region => Compilation.Pack(region, weights, cache), threads);
        return new TappedNetwork(model, names, [.. stored.Nodes.OfType<ParamNode>().Select(p => p.Path)]);
    }

    /// <summary>Computes the taps of a sample.</summary>
    public void Run(CalibrationSample sample)
    {
        _sample = sample;
        _model?.Bind(sample.Inputs);
        _model?.Invoke();
    }

    /// <summary>The elements of a tap, of the last run. Valid until the next.</summary>
    public ReadOnlySpan<float> Tap(Node node) =>
        node is InputNode input ? MemoryMarshal.Cast<byte, float>(_sample!.Inputs[input.Name].Bytes) : _model!.Memory<float>(_names[node]);

    /// <summary>Replaces a parameter, where the taps depend on it.</summary>
    public void SetWeight(string path, TensorData tensor)
    {
        if (_weights.Contains(path))
        {
            _model!.SetWeight(path, tensor);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _model?.Dispose();

    // Inputs are known without computing anything.
    private static Dictionary<Node, string> Names(Graph graph, IEnumerable<Node> taps)
    {
        var prefix = "tap";
        while (graph.Inputs.Any(i => i.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            prefix += "_";
        }

        var names = new Dictionary<Node, string>(ReferenceComparer<Node>.Instance);
        foreach (var tap in taps.Where(t => t is not InputNode))
        {
            names.TryAdd(tap, prefix + names.Count.ToString(CultureInfo.InvariantCulture));
        }

        return names;
    }
}
