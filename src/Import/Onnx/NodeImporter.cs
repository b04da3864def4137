using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Import.Onnx.Programs;

namespace SparseDsl.Import.Onnx;

/// <summary>Imports nodes in order: shapes are folded, patterns recognised, operators written.</summary>
internal sealed partial class NodeImporter
{
    private const string Contradiction = "its attributes and operands contradict each other";
    private readonly OnnxGraph graph;
    private readonly long opset;
    private readonly ProgramBuilder program;
    private readonly DiagnosticBag diagnostics;
    private readonly Dictionary<string, ImportValue> values = new(StringComparer.Ordinal);
    private readonly Dictionary<OnnxNode, Pattern> patterns = [];
    private readonly HashSet<OnnxNode> live = [];

    public NodeImporter(OnnxModel model, ProgramBuilder program, DiagnosticBag diagnostics)
    {
        (graph, opset, this.program, this.diagnostics) = (model.Graph, model.Opset, program, diagnostics);
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
            try
            {
                Import(node);
            }
            catch (Exception problem) when (problem is ArgumentException or IndexOutOfRangeException or ArithmeticException or InvalidOperationException)
            {
                // An axis that is not there, a stride of zero, a constant of another size: the file is wrong, and which of many ways is not worth a case each.
                Fail(node, Contradiction);
            }
        }
    }

    private void Import(OnnxNode node)
    {
        if (patterns.TryGetValue(node, out var pattern))
        {
            WritePattern(node, pattern);
        }
        else if (!FoldShape(node))
        {
            Write(node);
        }

        if (node.Outputs.Select(Tensor).Any(t => t is not null && t.Extents.Any(e => e.Constant <= 0)))
        {
            Fail(node, Contradiction);
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

    private void Stage(
        OnnxNode node, ImportValue.Tensor source, string callee, ImmutableArray<Dim> extents, ImmutableArray<Setting>? settings = null, ImmutableArray<Weight>? weights = null) =>
        Combine(node, callee, [new Operand(source.Step)], extents, settings, weights);

    private void Combine(
        OnnxNode node, string callee, ImmutableArray<Operand> operands, ImmutableArray<Dim> extents, ImmutableArray<Setting>? settings = null,
        ImmutableArray<Weight>? weights = null) =>
        values[node.Outputs[0]] = new ImportValue.Tensor(program.Add(callee, operands, settings ?? [], weights ?? [], extents), extents);

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
                HardSigmoid(node, x, 1 / 6f, 0.5f);
                break;
            case "layer_norm":
                Stage(
                    node, x, "layer_normalization", x.Extents, [new Setting("eps", Literals.Number(pattern.Number))],
                    [new Weight("scale", graph.Initializers[pattern.Inputs[1]]), new Weight("bias", graph.Initializers[pattern.Inputs[2]])]);
                break;
            case "linear":
                Linear(node, x, Transposed(graph.Initializers[pattern.Inputs[1]]), graph.Initializers[pattern.Inputs[2]]);
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
