using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Pruning.Graphs;
using SparseDsl.Pruning.Methods;
using SparseDsl.Pruning.Numerics;
using SparseDsl.Runtime;

namespace SparseDsl.Pruning.Quantizing;

/// <summary>Stores weights of a trained network in narrow numbers, and finds those that stand for what they are multiplied with.</summary>
/// <remarks>
/// Weights are symmetric, with a scale for each output; inputs of a layer have one scale and one zero point, from the values the dense network has there on calibration data.
/// Equal inputs give equal results, whatever the number of threads.
/// </remarks>
public sealed class Quantizer
{
    // Packing an activation is work for each of its elements: it has to serve a few terms and a few results.
    private const int FewestTerms = 16;
    private const int FewestOutputs = 8;
    private const double SmallestShare = 0.002;

    private readonly IReadOnlyDictionary<string, TensorData> _weights;
    private readonly IReadOnlyList<CalibrationSample> _samples;
    private readonly QuantizationOptions _options;
    private readonly DiagnosticBag _diagnostics;
    private readonly Graph _graph;

    /// <summary>Is told how far it is. An exception it throws ends the run.</summary>
    public PruningProgress Progress { get; init; } = (_, _, _) => { };

    /// <param name="model">The network.</param>
    /// <param name="weights">Every parameter by path, of its type and shape.</param>
    /// <param name="samples">Inputs like those the network will see; may be empty for bf16.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="diagnostics">Is told of mistakes.</param>
    public Quantizer(
        BoundModel model, IReadOnlyDictionary<string, TensorData> weights, IReadOnlyList<CalibrationSample> samples, QuantizationOptions options, DiagnosticBag diagnostics)
    {
        (_weights, _samples, _options, _diagnostics) = (weights, samples, options, diagnostics);
        _graph = BuildGraph.Run(model);
    }

    /// <summary>Quantises the network; null after a report.</summary>
    public QuantizationResult? Run()
    {
        if (_samples.Count == 0 && _options.Type == ElementType.I8)
        {
            _diagnostics.Report(PruningDiagnostics.NeedsCalibration, null, "quantisation to i8");
            return null;
        }

        var layers = Layers();
        ReportUnused();
        if (!layers.Any(l => l.IsPruned))
        {
            var why = layers.IsEmpty ? "no parameter is a factor of sums over its own indices" : string.Join(", ", layers.Take(3).Select(c => $"'{c.Layer.Path}' {c.Reason}"));
            _diagnostics.Report(PruningDiagnostics.NothingToQuantize, null, _graph.Name, why);
            return null;
        }

        ImmutableArray<PrunableLayer> chosen = [.. layers.Where(l => l.IsPruned).Select(l => l.Layer)];
        using var network = TappedNetwork.Compile(_graph, chosen.SelectMany(l => l.Uses).Select(u => u.Input), path => _weights[path], _options.Threads, _diagnostics);
        return network is null ? null : Run(layers, chosen, network);
    }

    private QuantizationResult? Run(ImmutableArray<Candidate> layers, ImmutableArray<PrunableLayer> chosen, TappedNetwork network)
    {
        var ranges = chosen.SelectMany(l => l.Uses).Select(u => u.Input).Distinct(ReferenceComparer<Node>.Instance).ToDictionary(n => n, _ => new InputRange(), ReferenceComparer<Node>.Instance);
        Sample(network, "looking for ranges", (_, _) =>
        {
            foreach (var (node, range) in ranges)
            {
                range.TakeEnds(network.Tap(node));
            }
        });
        foreach (var layer in chosen.Where(l => l.Uses.Any(u => !ranges[u.Input].IsFinite)))
        {
            _diagnostics.Report(PruningDiagnostics.NotFinite, null, layer.Path);
        }

        if (_diagnostics.HasErrors)
        {
            return null;
        }

        var sampler = new RowSampler(_samples, _options.Rows, 1);
        var rows = chosen.ToDictionary(l => l.Path, l => _samples.Count == 0 ? LayerRows.For(0, l.Inputs) : sampler.Room(l), StringComparer.Ordinal);
        Sample(network, "counting values", (_, s) =>
        {
            foreach (var (node, range) in ranges)
            {
                range.TakeValues(network.Tap(node));
            }

            for (var i = 0; i < chosen.Length; i++)
            {
                sampler.Take(chosen[i], i, s, network, rows[chosen[i].Path]);
            }
        });
        var weights = new Dictionary<string, TensorData>(_weights, StringComparer.Ordinal);
        return new QuantizationResult(weights, [.. layers.Select(l => l.IsPruned ? Quantized(l, weights, ranges, rows[l.Layer.Path]) : Left(l))]);
    }

    private void Sample(TappedNetwork network, string what, Action<CalibrationSample, int> take)
    {
        for (var s = 0; s < _samples.Count; s++)
        {
            Progress(what, s, _samples.Count);
            network.Run(_samples[s]);
            take(_samples[s], s);
        }
    }

    // ------------------------------------------------------------------------------------------------------------ one layer

    private static QuantizedLayer Left(Candidate layer) => new(layer.Layer.Path, layer.Layer.Outputs, layer.Layer.Inputs, layer.Share, layer.Reason, null, null, null, null);

    private QuantizedLayer Quantized(Candidate candidate, Dictionary<string, TensorData> weights, Dictionary<Node, InputRange> ranges, LayerRows rows)
    {
        var layer = candidate.Layer;
        var matrix = layer.ToMatrix(_weights[layer.Path]);
        if (_options.Type == ElementType.BF16)
        {
            weights[layer.Path] = _weights[layer.Path].ConvertTo(ElementType.BF16);
            var rounded = layer.ToMatrix(weights[layer.Path].ConvertTo(ElementType.F32));
            return new QuantizedLayer(
                layer.Path, layer.Outputs, layer.Inputs, candidate.Share, "", null, null, Error(rows, matrix, rounded, x => Lanes.BFloat16ToSingle(Lanes.SingleToBFloat16(x))), "quant(bf16)");
        }

        var (scale, zero) = ranges[layer.Uses[0].Input].Numbers(_options.Clipping);
        var narrow = WeightRows.Of(matrix, _options.Clipping);
        weights[layer.Path] = layer.ToTensor(narrow.Numbers).ConvertTo(ElementType.I8);
        weights[layer.Path + ".scale"] = TensorData.FromFloats(narrow.Scales, layer.Outputs);
        var real = new Matrix<float>(matrix.Rows, matrix.Columns);
        for (var r = 0; r < real.Rows; r++)
        {
            for (var c = 0; c < real.Columns; c++)
            {
                real[r, c] = narrow.Numbers[r, c] * narrow.Scales[r];
            }
        }

        var reciprocal = (float)(1 / scale);
        var error = Error(rows, matrix, real, x => (Math.Clamp(MathF.Round(x * reciprocal) + zero, 0, 255) - zero) * (float)scale);
        var annotation = string.Create(CultureInfo.InvariantCulture, $"quant(i8, per: {(layer.RowAxes is [1] ? "column" : "row")}, input: {(float)scale:R}{(zero == 0 ? "" : $", zero: {zero}")})");
        return new QuantizedLayer(layer.Path, layer.Outputs, layer.Inputs, candidate.Share, "", -zero * scale, (255 - zero) * scale, error, annotation);
    }

    /// <summary>The squared error of a layer's outputs over their squares.</summary>
    private static double? Error(LayerRows rows, Matrix<float> weights, Matrix<float> real, Func<float, float> narrow)
    {
        var (error, size) = (0.0, 0.0);
        for (var i = 0; i < rows.HeldCount; i++)
        {
            var x = rows.Held.Row(i);
            float[] q = [.. x.ToArray().Select(narrow)];
            for (var o = 0; o < weights.Rows; o++)
            {
                var (y, z) = (0.0, 0.0);
                var w = weights.Row(o);
                var v = real.Row(o);
                for (var k = 0; k < q.Length; k++)
                {
                    y += (double)x[k] * w[k];
                    z += (double)q[k] * v[k];
                }

                error += (y - z) * (y - z);
                size += y * y;
            }
        }

        return size > 0 ? error / size : null;
    }

    // ------------------------------------------------------------------------------------------------------- which layers

    private ImmutableArray<Candidate> Layers()
    {
        var dims = _samples.Count > 0 ? n => _samples[0].Dims[n] : TypicalDims.Of(_graph);
        var total = CostModel.Of(_graph, _ => null).Nodes.Sum(n => (double)n.DenseMacs.Evaluate(dims));
        return [.. LayerFinder.Find(_graph).Select(l =>
        {
            var share = l.Uses.Sum(u => (double)u.Node.Type.Count.Evaluate(dims) * l.Inputs) / Math.Max(1, total);
            return new Candidate(l, share, Reason(l, share));
        })];
    }

    private string Reason(PrunableLayer layer, double share) =>
        _options.Exclude.Any(g => ParameterGlob.Matches(g, layer.Path)) ? "is excluded"
        : layer.Type.Element != ElementType.F32 ? $"is {layer.Type.Element.Name()} already"
        : layer.RowAxes is not ([0] or [1]) ? "has outputs along several indices"
        : layer.Uses.Any(u => u.Input != layer.Uses[0].Input) ? "is multiplied with several tensors"
        : layer.Uses.Min(TermsAlong) is var terms && terms < FewestTerms ? string.Create(CultureInfo.InvariantCulture, $"has only {terms} channels to pack")
        : layer.Outputs < FewestOutputs ? string.Create(CultureInfo.InvariantCulture, $"has only {layer.Outputs} outputs")
        : share < SmallestShare ? string.Create(CultureInfo.InvariantCulture, $"does only {share * 100:0.00} % of the multiplications") : "";

    /// <summary>The longest index of the sum that runs along both tensors by itself: what words are packed along.</summary>
    private static long TermsAlong(LayerUse use)
    {
        ScalarExpr.Read[] reads = [.. use.Node.Reduction!.Body.All().OfType<ScalarExpr.Read>()];
        return use.Node.Reduction.Vars.Where(v => reads.All(r => r.Subscripts.Any(s => s.SymbolName == v.Name))).Max(v => v.Extent.Constant) ?? 0;
    }

    private void ReportUnused()
    {
        string[] paths = [.. _graph.Nodes.OfType<ParamNode>().Select(p => p.Path)];
        foreach (var glob in _options.Exclude.Where(g => !paths.Any(p => ParameterGlob.Matches(g, p))))
        {
            _diagnostics.Report(PruningDiagnostics.UnusedGlob, null, glob);
        }
    }
}
