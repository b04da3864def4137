using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Backends.Tests.Lowering;

/// <summary>Networks whose images are by blocks of channels give what the float64 evaluator gives for the graph as the user wrote it.</summary>
public sealed class ChannelBlockTests
{
    // Name, number of weights stored by blocks of channels, parameters, statements that give the result; the input is x: f32[N, 3, 9, W].
    private static readonly (string Name, int Blocked, string Parameters, string Body)[] Networks =
    [
        ("pointwise", 3, "a: f32[64, 3, 1, 1], b: f32[48, 64, 1, 1], bias: f32[48], d: f32[96, 48, 1, 1], c: f32[2, 96, 1, 1]",
            "let result = conv2d(x, a) |> relu |> conv2d(b) |> channel_bias(bias) |> hard_swish |> conv2d(d) |> conv2d(c)"),
        ("windows", 3, "a: f32[16, 3, 3, 3], b: f32[32, 16, 3, 3], d: f32[32, 1, 5, 5], c: f32[1, 32, 1, 1]",
            "let result = conv2d(x, a, pad: 1) |> relu |> conv2d(b, pad: 1) |> depthwise_conv2d(d, pad: 2) |> relu |> conv2d(c)"),
        ("strides", 3, "a: f32[32, 3, 3, 3], d: f32[32, 1, 3, 3], b: f32[64, 32, 1, 1], c: f32[3, 64, 1, 1]",
            "let result = conv2d(x, a, pad: 1, stride_h: 2) |> depthwise_conv2d(d, pad: 1, stride_h: 2) |> conv2d(b) |> relu |> conv2d(c)"),
        ("residual", 2, "a: f32[32, 3, 1, 1], b: f32[32, 32, 3, 3], d: f32[32, 32, 1, 1], c: f32[2, 32, 1, 1]",
            "let u = conv2d(x, a) |> relu\n let v = u + conv2d(u, b, pad: 1)\n let result = v + conv2d(v, d) |> conv2d(c)"),
        ("squeeze", 4, "a: f32[32, 3, 1, 1], d: f32[32, 1, 3, 3], r: f32[8, 32, 1, 1], e: f32[32, 8, 1, 1], b: f32[96, 32, 1, 1], f: f32[32, 96, 1, 1], c: f32[2, 32, 1, 1]",
            "let u = conv2d(x, a) |> depthwise_conv2d(d, pad: 1)\n let s = global_avg_pool(u) |> conv2d(r) |> relu |> conv2d(e) |> sigmoid\n let result = u * s |> conv2d(b) |> relu |> conv2d(f) |> conv2d(c)"),
        ("join", 4, "a: f32[32, 3, 1, 1], b: f32[32, 32, 3, 3], d: f32[32, 32, 1, 1], e: f32[32, 64, 1, 1], c: f32[2, 32, 1, 1]",
            "let u = conv2d(x, a) |> relu\n let result = concat(conv2d(u, b, pad: 1), conv2d(u, d), axis: 1) |> conv2d(e) |> max_pool(kernel: 3, stride: 1, pad: 1) |> resize_nearest(by: 2) |> conv2d(c)"),
    ];

    public static TheoryData<string, string> Cases => [.. Networks.SelectMany(n => Target.All.Where(t => t.VectorBits > 0).Select(t => new TheoryDataRow<string, string>(n.Name, t.Name)))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Networks_by_blocks_of_channels_equal_the_evaluator(string name, string targetName)
    {
        var (_, blocked, parameters, body) = Networks.Single(n => n.Name == name);
        var text = $"import std.nn\nmodel Net(N: dim 1..2, W: dim 1..60) {{\n input x: f32[N, 3, 9, W]\n param {parameters}\n {body}\n output y = result\n}}\n";
        var options = new CompilationOptions(Target.All.Single(t => t.Name == targetName));
        var diagnostics = new DiagnosticBag();
        var model = Compilation.Bind(new SourceText("net.dsl", text), ModuleResolver.LibraryOnly(), diagnostics).Models.Single();
        Assert.Empty(diagnostics.Items);
        var source = BuildGraph.Run(model);
        var weights = source.Nodes.OfType<ParamNode>().ToDictionary(p => p.Path, p => Random([.. p.Type.Shape.Select(d => (int)d.Constant!.Value)], p.Path.Length + p.Path[0]));
        options = options with { Weights = p => weights[p] };
        var lowered = Compilation.Lower(model, options, diagnostics)!;
        Assert.Empty(diagnostics.Items);
        Assert.Equal(blocked, lowered.Graph.Nodes.Count(n => (n as ParamNode)?.Format?.Name.StartsWith("channels(", StringComparison.Ordinal) == true));

        var cache = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
        using var compiled = TwoBackends.Load(lowered.Program, options.Target, w => Compilation.Pack(w, p => weights[p], cache));
        foreach (var (batch, width) in new[] { (1, 1), (2, 5), (1, 12), (2, 13), (1, 60) })
        {
            var input = Random([batch, 3, 9, width], 5);
            var expected = GraphEvaluator.Run(source, _ => DenseTensor.From(input), p => DenseTensor.From(weights[p]), d => d == "N" ? batch : width)["y"].Values;
            var actual = compiled.Run(new Dictionary<string, TensorData> { ["x"] = input })["y"].ToDoubles();
            Assert.Equal(expected.Length, actual.Length);
            for (var i = 0; i < actual.Length; i++)
            {
                Assert.True(Math.Abs(expected[i] - actual[i]) <= 2e-5 * (1 + Math.Abs(expected[i])), $"N = {batch}, W = {width}, element {i}: {expected[i]} and {actual[i]}");
            }
        }
    }

    private static TensorData Random(int[] shape, int seed)
    {
        var random = new Random(seed);
        return TensorData.FromFloats([.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => random.NextSingle() - 0.5f)], shape);
    }
}
