using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Import.Onnx;

/// <summary>Imports nodes in order: shapes are folded, patterns recognised, operators written.</summary>
internal sealed partial class NodeImporter
{
    private readonly OnnxGraph graph;
    private readonly ProgramText text;
    private readonly DiagnosticBag diagnostics;
    private readonly Dictionary<string, ImportValue> values = new(StringComparer.Ordinal);
    private readonly Dictionary<OnnxNode, Pattern> patterns = [];
    private readonly HashSet<OnnxNode> live = [];

    public NodeImporter(OnnxModel model, ProgramText text, DiagnosticBag diagnostics)
    {
        (graph, this.text, this.diagnostics) = (model.Graph, text, diagnostics);
        MarkLive();
    }

    /// <summary>Says what a name is.</summary>
    public void Bind(string name, ImportValue value) => values[name] = value;

    /// <summary>The step of an output.</summary>
    public int Result(string name) => values.GetValueOrDefault(name) is ImportValue.Tensor tensor ? tensor.Step : 0;

    /// <summary>Imports every node that an output needs. Nodes behind one that failed are tried too when their operator is unknown, so that all are listed.</summary>
    public void Run()
    {
        foreach (var node in graph.Nodes.Where(live.Contains))
        {
            if (patterns.TryGetValue(node, out var pattern))
            {
                WritePattern(node, pattern);
            }
            else if (!FoldShape(node))
            {
                Write(node);
            }
        }
    }

    private void MarkLive()
    {
        var finder = new Patterns(graph);
        var needed = graph.Outputs.Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var node in graph.Nodes.Reverse())
        {
            if (!node.Outputs.Any(needed.Contains))
            {
                continue;
            }

            live.Add(node);
            if (finder.Match(node) is { } pattern)
            {
                patterns.Add(node, pattern);
                needed.UnionWith(pattern.Inputs);
            }
            else
            {
                needed.UnionWith(NodeOrder.Dependencies(node));
            }
        }
    }

    private bool FoldShape(OnnxNode node)
    {
        if (node.OpType == "Shape" && Tensor(node, 0) is { } tensor)
        {
            values[node.Outputs[0]] = new ImportValue.Shape(tensor.Extents);
            return true;
        }

        var operands = node.Inputs.Where(i => i.Length > 0).Select(Known).ToList();
        if (operands.Count == 0 || operands.Contains(null) || ShapeFolder.Fold(node, [.. operands.Select(o => o!)]) is not { } shape)
        {
            return false;
        }

        values[node.Outputs[0]] = shape;
        return true;
    }

    private ImportValue.Shape? Known(string name) =>
        values.GetValueOrDefault(name) as ImportValue.Shape ?? ShapeFolder.Constant(graph.Initializers.GetValueOrDefault(name));

    private TensorData? Constant(OnnxNode node, int position) =>
        node.HasInput(position) ? graph.Initializers.GetValueOrDefault(node.Inputs[position]) : null;

    private ImportValue.Tensor? Tensor(OnnxNode node, int position) => node.HasInput(position) ? Tensor(node.Inputs[position]) : null;

    private ImportValue.Tensor? Tensor(string name) => values.GetValueOrDefault(name) as ImportValue.Tensor;

    private void Stage(OnnxNode node, ImportValue.Tensor source, string stage, ImmutableArray<Dim> extents) =>
        values[node.Outputs[0]] = new ImportValue.Tensor(text.Stage(source.Step, stage), extents);

    private void Expression(OnnxNode node, string expression, ImmutableArray<Dim> extents) =>
        values[node.Outputs[0]] = new ImportValue.Tensor(text.Expression(expression), extents);

    private void Same(OnnxNode node, ImportValue.Tensor source) => values[node.Outputs[0]] = source;

    private void Fail(OnnxNode node, string hint = "no operator of the language does this; replace it before the export")
    {
        diagnostics.Report(ImportDiagnostics.UnknownOperator, null, node.OpType, $"node '{node.Name}'", hint);
    }

    private void WritePattern(OnnxNode node, Pattern pattern)
    {
        if (Tensor(pattern.Inputs[0]) is not { } x)
        {
            // What it depends on has been reported.
            return;
        }

        switch (pattern.Kind)
        {
            case "hard_sigmoid":
                Stage(node, x, $"hard_sigmoid(alpha: {ProgramText.Number(1 / 6.0)})", x.Extents);
                break;
            case "layer_norm":
                var scale = text.Param("scale", graph.Initializers[pattern.Inputs[1]]);
                var shift = text.Param("shift", graph.Initializers[pattern.Inputs[2]]);
                Stage(node, x, $"layer_norm({scale}, {shift}, eps: {ProgramText.Number(pattern.Number)})", x.Extents);
                break;
            case "linear":
                var weight = Transposed(graph.Initializers[pattern.Inputs[1]]);
                var w = text.Param("w", weight);
                var b = text.Param("b", graph.Initializers[pattern.Inputs[2]].Reshape(weight.Shape[0]));
                Stage(node, x, $"linear({w}, {b})", x.Extents.SetItem(x.Extents.Length - 1, Dim.Const(weight.Shape[0])));
                break;
            default:
                Stage(node, x, pattern.Kind, x.Extents);
                break;
        }
    }

    private static TensorData Transposed(TensorData matrix)
    {
        var (rows, columns) = (matrix.Shape[0], matrix.Shape[1]);
        var from = matrix.ToFloats();
        var to = new float[from.Length];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                to[(j * rows) + i] = from[(i * columns) + j];
            }
        }

        return TensorData.FromFloats(to, columns, rows);
    }
}
