using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Compiler.Data;

namespace SparseDsl.Import.Onnx.Programs;

/// <summary>Groups of steps that the library has a layer for.</summary>
internal static class Idioms
{
    // Fewer scalings than this are what they are, pixels brought to another range; more are the learned scale and shift that some networks put everywhere.
    private const int FewestAffine = 3;

    /// <summary>The body with layers of the library in place of those groups.</summary>
    public static Body Run(Body body)
    {
        foreach (var rule in new Func<Finder, Step, Step?>[] { Biased, Normalised, Gated, Swish, Attention })
        {
            body = Rewrite(body, rule);
        }

        var finder = new Finder(body);
        return body.Steps.Count(s => Affine(finder, s) is not null) >= FewestAffine ? Rewrite(body, Affine) : body;
    }

    private static Body Rewrite(Body body, Func<Finder, Step, Step?> rule)
    {
        var finder = new Finder(body);
        var replaced = body.Steps.ToDictionary(s => s.Value, s => rule(finder, s) ?? s);
        var needed = new HashSet<int>(body.Outputs);
        foreach (var step in body.Steps.Reverse().Where(s => needed.Contains(s.Value)))
        {
            needed.UnionWith(replaced[step.Value].Operands.Where(o => o.Literal is null).Select(o => o.Value));
        }

        return body with { Steps = [.. body.Steps.Where(s => needed.Contains(s.Value)).Select(s => replaced[s.Value])] };
    }

    /// <summary>Looks at what a step takes.</summary>
    internal sealed class Finder(Body body)
    {
        private readonly Dictionary<int, Step> producers = body.Steps.ToDictionary(s => s.Value);
        private readonly Dictionary<int, int> uses = body.Uses();

        /// <summary>The step behind an operand when it is one of the callees and nobody else takes its result.</summary>
        public Step? Only(Step? step, int operand, params string[] callees) =>
            step is not null && operand < step.Operands.Length && step.Operands[operand] is { Literal: null } o && producers.TryGetValue(o.Value, out var found)
            && callees.Contains(found.Callee) && uses[o.Value] == 1 ? found : null;

        /// <summary>The step behind an operand, whoever else takes it.</summary>
        public Step? Any(Step? step, int operand, string callee, int takenBy) =>
            step is not null && producers.TryGetValue(step.Operands[operand].Value, out var found) && found.Callee == callee && uses[found.Value] == takenBy ? found : null;
    }

    // A bias behind a transposed convolution; ordinary convolutions bring theirs along.
    private static Step? Biased(Finder find, Step step) =>
        step.Callee == "channel_bias" && find.Only(step, 0, "conv_transpose2d") is { } convolution && IsSquare(convolution)
            ? step with
            {
                Callee = "conv_transpose",
                Operands = convolution.Operands,
                Settings = [Setting.Int("out", convolution.Weights[0].Tensor.Shape[1]), .. convolution.Settings],
                Weights = [convolution.Weights[0], step.Weights[0]],
            }
            : null;

    private static bool IsSquare(Step convolution) =>
        new[] { ("kernel_h", "kernel_w"), ("stride_h", "stride_w"), ("pad_top", "pad_left"), ("pad_top", "pad_bottom"), ("pad_top", "pad_right") }
            .All(p => convolution.Setting(p.Item1) == convolution.Setting(p.Item2)) && convolution.Setting("dilation_h") == "1" && convolution.Setting("dilation_w") == "1";

    private static Step? Normalised(Finder find, Step step)
    {
        if (step.Callee != "batch_normalization" || find.Only(step, 0, "conv_no_bias", "depthwise_conv2d") is not { } convolution)
        {
            return null;
        }

        return step with
        {
            Callee = convolution.Callee == "conv_no_bias" ? "conv_bn" : "depthwise_bn",
            Operands = convolution.Operands,
            Settings = [.. convolution.Settings, .. step.Settings],
            Weights = [.. convolution.Weights, .. step.Weights],
        };
    }

    // x * hard_sigmoid(expand(relu(reduce(mean(x))))).
    private static Step? Gated(Finder find, Step step)
    {
        if (step.Callee != "*" || step.Operands.Length != 2)
        {
            return null;
        }

        foreach (var side in new[] { 1, 0 })
        {
            var gate = find.Only(step, side, "hard_sigmoid");
            var expand = Pointwise(find.Only(gate, 0, "conv"));
            var reduce = Pointwise(find.Only(find.Only(expand, 0, "relu"), 0, "conv"));
            if (gate?.Setting("beta") == "0.5" && reduce is not null && find.Only(reduce, 0, "global_avg_pool") is { } mean && mean.Operands[0] == step.Operands[1 - side])
            {
                return step with
                {
                    Callee = "squeeze_excite",
                    Operands = mean.Operands,
                    Settings = [Setting.Int("reduced", reduce.Weights[0].Tensor.Shape[0]), new Setting("slope", gate.Setting("alpha")!)],
                    Weights = [.. Inside("reduce", reduce), .. Inside("expand", expand!)],
                };
            }
        }

        return null;
    }

    // x * sigmoid(x), and with the straight-line sigmoid of slope 1 / 6.
    private static Step? Swish(Finder find, Step step)
    {
        if (step.Callee != "*" || step.Operands.Length != 2)
        {
            return null;
        }

        var gate = find.Only(step, 1, "sigmoid", "hard_sigmoid") ?? find.Only(step, 0, "sigmoid", "hard_sigmoid");
        var isOwn = gate is not null && step.Operands.Contains(gate.Operands[0]);
        return !isOwn ? null
            : gate!.Callee == "sigmoid" ? step with { Callee = "silu", Operands = gate.Operands }
            : gate.Setting("alpha") == "1 / 6" && gate.Setting("beta") == "0.5" ? step with { Callee = "hard_swish", Operands = gate.Operands }
            : null;
    }

    private static Step? Pointwise(Step? step) =>
        step is not null && step.Weights[0].Tensor.Shape[2..].All(e => e == 1)
        && step.Settings.All(s => s.Name == "out" || s.Text == (s.Name.StartsWith("pad", StringComparison.Ordinal) ? "0" : "1")) ? step : null;

    private static IEnumerable<Weight> Inside(string label, Step step) => step.Weights.Select(w => w with { Path = $"{label}.{w.Path}" });

    // Queries, keys and values out of one product, in heads; written with a fifth axis that holds the three.
    private static Step? Attention(Finder find, Step step)
    {
        if (step.Callee != "fully_connected" || find.Only(find.Only(find.Only(step, 0, "reshape"), 0, "transpose"), 0, "matmul") is not { } mix)
        {
            return null;
        }

        var weights = find.Only(find.Only(mix, 0, "softmax"), 0, "matmul");
        var scale = find.Only(weights, 0, "scale");
        var query = Part(find, scale, 0, "0");
        var key = Part(find, find.Only(weights, 1, "transpose"), 0, "1");
        var value = Part(find, mix, 1, "2");
        var product = query is not null && key == query && value == query ? find.Only(find.Only(query, 0, "reshape"), 0, "fully_connected") : null;
        if (product is null || query!.Setting("")?.Replace(" ", "", StringComparison.Ordinal) != "[2,0,3,1,4]" || product.Extents.Length != 3)
        {
            return null;
        }

        var (heads, depth) = (query.Extents[2], query.Extents[4]);
        var width = step.Weights[0].Tensor.Shape[0];
        var isPlain = depth.Constant is { } d && heads.Constant is { } h && d * h == width && product.Weights[0].Tensor.Shape.SequenceEqual([3 * width, width])
            && double.TryParse(scale!.Setting("by"), CultureInfo.InvariantCulture, out var by) && Math.Abs((by * Math.Sqrt(d)) - 1) < 1e-5;
        return !isPlain ? null : step with
        {
            Callee = "self_attention",
            Operands = product.Operands,
            Settings = [Setting.Int("heads", heads.Constant!.Value)],
            Weights = [.. Inside("qkv", product), .. Inside("out", step)],
        };
    }

    private static Step? Part(Finder find, Step? user, int operand, string part)
    {
        var cut = find.Only(find.Only(user, operand, "reshape"), 0, "[]");
        return cut?.Settings[0].Text.StartsWith(part + ":", StringComparison.Ordinal) == true ? find.Any(cut, 0, "transpose", 3) : null;
    }

    // x * a + b with one learned number each.
    private static Step? Affine(Finder find, Step step)
    {
        if (step.Callee != "+" || step.Operands[1].Literal is not { } shift || find.Only(step, 0, "scale") is not { } scale)
        {
            return null;
        }

        return step with
        {
            Callee = "affine",
            Operands = scale.Operands,
            Settings = [],
            Weights = [new Weight("scale", One(scale.Setting("by")!)), new Weight("bias", One(shift))],
        };
    }

    private static TensorData One(string number) => TensorData.FromFloats([float.Parse(number, CultureInfo.InvariantCulture)], 1);
}
