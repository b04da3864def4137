using SparseDsl.Compiler.Data;

namespace SparseDsl.Import.Onnx;

/// <summary>A group of nodes that is one operator of the language.</summary>
/// <param name="Kind">The operator: <c>hard_swish</c>, <c>hard_sigmoid</c>, <c>silu</c>, <c>gelu</c>, <c>layer_norm</c>, <c>linear</c>.</param>
/// <param name="Inputs">The operands by name.</param>
/// <param name="Number">A constant that belongs to it: the epsilon of a layer_norm.</param>
internal sealed record Pattern(string Kind, string[] Inputs, float Number = 0);

/// <summary>Finds groups of nodes that exporters write for one operator. Values inside a group are used by it only.</summary>
internal sealed class Patterns(OnnxGraph graph)
{
    private readonly Dictionary<string, OnnxNode> producers = graph.Nodes
        .SelectMany(node => node.Outputs.Where(o => o.Length > 0).Select(o => (o, node))).ToDictionary(p => p.o, p => p.node, StringComparer.Ordinal);

    private readonly ILookup<string, OnnxNode> users = graph.Nodes
        .SelectMany(node => NodeOrder.Dependencies(node).Select(name => (name, node))).ToLookup(u => u.name, u => u.node, StringComparer.Ordinal);

    private readonly HashSet<string> results = [.. graph.Outputs.Select(o => o.Name)];

    /// <summary>The operator that ends in a node; null when the node is all there is.</summary>
    public Pattern? Match(OnnxNode node) => HardSwish(node) ?? HardSigmoid(node) ?? Silu(node) ?? Gelu(node) ?? LayerNorm(node) ?? Linear(node);

    private Pattern? HardSwish(OnnxNode node)
    {
        // x * clip(x + 3) / 6, or x * (clip(x + 3) / 6)
        if (Sixth(node) is { } product && Own(product, "Mul", 1) is { } mul && Pair(mul, ClipOf) is var (x, clipped) && ClippedSum(clipped, x))
        {
            return new Pattern("hard_swish", [x]);
        }

        return node.OpType == "Mul" && Pair(node, HardSigmoidOf) is var (y, gate)
            && (Producer(gate) is { } end && HardSigmoid(end) is { } inner ? inner.Inputs[0] == y : IsSixthSlope(gate, y))
            ? new Pattern("hard_swish", [y])
            : null;
    }

    private bool IsSixthSlope(string gate, string x) =>
        Producer(gate) is { OpType: "HardSigmoid" } node && node.Input(0) == x
        && Math.Abs(node.GetFloat("alpha", 0.2f) - (1 / 6f)) < 1e-6 && node.GetFloat("beta", 0.5f) == 0.5f;

    private bool HardSigmoidOf(string name) =>
        users[name].Count() == 1 && Producer(name) is { } node && (node.OpType == "HardSigmoid" || HardSigmoid(node) is not null);

    private Pattern? HardSigmoid(OnnxNode node) =>
        Sixth(node) is { } clipped && ClipOf(clipped) && Producer(Producer(clipped)!.Input(0)) is { OpType: "Add" } sum
        && SumOfThree(sum) is { } x && users[sum.Outputs[0]].Count() == 1
            ? new Pattern("hard_sigmoid", [x])
            : null;

    private bool ClipOf(string name) =>
        Own(name, "Clip", 1) is { } clip && Limit(clip, "min", 1) == 0 && Limit(clip, "max", 2) == 6;

    private bool ClippedSum(string clipped, string x) =>
        Producer(clipped) is { } clip && Own(clip.Input(0), "Add", 1) is { } sum && SumOfThree(sum) == x;

    private string? SumOfThree(OnnxNode sum) => WithConstant(sum, c => c == 3);

    /// <summary>What a node divides by six.</summary>
    private string? Sixth(OnnxNode node) => node.OpType switch
    {
        "Div" when Scalar(node.Input(1)) == 6 => node.Input(0),
        "Mul" => WithConstant(node, c => Math.Abs(c - (1 / 6f)) < 1e-6),
        _ => null,
    };

    private Pattern? Silu(OnnxNode node) =>
        node.OpType == "Mul" && Pair(node, name => Own(name, "Sigmoid", 1) is not null) is var (x, gate) && Producer(gate)!.Input(0) == x
            ? new Pattern("silu", [x])
            : null;

    // x * (1 + erf(x / sqrt(2))) / 2 with the three factors in any order.
    private Pattern? Gelu(OnnxNode node)
    {
        if (node.OpType != "Mul")
        {
            return null;
        }

        var (outer, half) = (node, false);
        if (WithConstant(node, c => c == 0.5f) is { } halved)
        {
            if (Own(halved, "Mul", 1) is not { } product)
            {
                return null;
            }

            (outer, half) = (product, true);
        }

        if (Pair(outer, name => Own(name, "Add", 1) is { } sum && ErfOperand(sum) is not null) is not var (factor, gate) || ErfOperand(Producer(gate)!) is not { } x)
        {
            return null;
        }

        var isWhole = half ? factor == x : Own(factor, "Mul", 1) is { } first && WithConstant(first, c => c == 0.5f) == x;
        return isWhole ? new Pattern("gelu", [x]) : null;
    }

    // The x of 1 + erf(x / sqrt(2)).
    private string? ErfOperand(OnnxNode sum) =>
        WithConstant(sum, c => c == 1) is { } error && Own(error, "Erf", 1) is { } erf && Producer(erf.Input(0)) is { } scaled && users[erf.Input(0)].Count() == 1
            ? scaled.OpType switch
            {
                "Div" when Scalar(scaled.Input(1)) is { } root && Math.Abs(root - Math.Sqrt(2)) < 1e-6 => scaled.Input(0),
                "Mul" => WithConstant(scaled, c => Math.Abs(c - Math.Sqrt(0.5)) < 1e-6),
                _ => null,
            }
            : null;

    private Pattern? LayerNorm(OnnxNode node)
    {
        if (node.OpType != "Add" || VectorOperand(node) is not var (scaled, bias)
            || Own(scaled, "Mul", 1) is not { } mul || VectorOperand(mul) is not var (normal, scale)
            || Own(normal, "Div", 1) is not { } div || Own(div.Input(0), "Sub", 2) is not { } difference
            || Own(div.Input(1), "Sqrt", 1) is not { } root || Own(root.Input(0), "Add", 1) is not { } sum)
        {
            return null;
        }

        float epsilon = 0;
        var variance = WithConstant(sum, c => (epsilon = c) > 0);
        return variance is not null && Own(variance, "ReduceMean", 1) is { } mean && IsLast(mean)
            && Own(mean.Input(0), "Pow", 1) is { } square && square.Input(0) == div.Input(0) && Scalar(square.Input(1)) == 2
            && Own(difference.Input(1), "ReduceMean", 1) is { } center && IsLast(center) && center.Input(0) == difference.Input(0)
            ? new Pattern("layer_norm", [difference.Input(0), scale, bias], epsilon)
            : null;
    }

    private static bool IsLast(OnnxNode mean) => mean.GetInts("axes") is [-1] && mean.GetInt("keepdims", 1) == 1;

    private Pattern? Linear(OnnxNode node) =>
        node.OpType == "Add" && VectorOperand(node) is var (product, bias) && Own(product, "MatMul", 1) is { } matmul
        && Constant(matmul.Input(1)) is { Rank: 2 } w && Constant(bias)!.Count == w.Shape[1]
            ? new Pattern("linear", [matmul.Input(0), matmul.Input(1), bias])
            : null;

    /// <summary>The other operand and the constant of one axis.</summary>
    private (string Other, string Vector)? VectorOperand(OnnxNode node) =>
        Constant(node.Input(1)) is { Rank: 1, Count: > 1 } ? (node.Input(0), node.Input(1))
        : Constant(node.Input(0)) is { Rank: 1, Count: > 1 } ? (node.Input(1), node.Input(0))
        : null;

    private static (string Other, string Found)? Pair(OnnxNode node, Func<string, bool> find) =>
        find(node.Input(1)) ? (node.Input(0), node.Input(1))
        : find(node.Input(0)) ? (node.Input(1), node.Input(0))
        : null;

    private string? WithConstant(OnnxNode node, Func<float, bool> holds) =>
        Scalar(node.Input(1)) is { } b && holds(b) ? node.Input(0)
        : Scalar(node.Input(0)) is { } a && holds(a) ? node.Input(1)
        : null;

    private float? Limit(OnnxNode clip, string name, int position) =>
        clip.Has(name) ? clip.GetFloat(name, 0) : clip.HasInput(position) ? Scalar(clip.Inputs[position]) : null;

    private OnnxNode? Producer(string name) => producers.GetValueOrDefault(name);

    private OnnxNode? Own(string name, string type, int uses) =>
        Producer(name) is { } node && node.OpType == type && users[name].Count() == uses && !results.Contains(name) ? node : null;

    private TensorData? Constant(string name) => graph.Initializers.GetValueOrDefault(name);

    private float? Scalar(string name) => Constant(name) is { Count: 1 } tensor ? (float)tensor.GetDouble(0) : null;
}
