using System.Globalization;
using Google.Protobuf;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Onnx;
using SparseDsl.Import.Onnx.Proto;
using SparseDsl.TestSupport;
using static SparseDsl.Import.Tests.Onnx.Protos;

namespace SparseDsl.Import.Tests.Onnx;

/// <summary>
/// Single operators and the groups that exporters write for one: in the form of each opset they must give the text expected, and when run what ONNX Runtime gives.
/// </summary>
public sealed class OperatorImportTests
{
    // Name; opset; extents of x; what the program must hold; nodes and constants.
    private static readonly Dictionary<string, (long Opset, long[] Shape, string Text, GraphProto Graph)> Cases = new(StringComparer.Ordinal)
    {
        ["hard swish by clip and division"] = (11, [2, 3, 4, 4], "x |> hard_swish", Net(
            [Floats("three", [3], 1), Floats("zero", [0]), Floats("six", [6])],
            Node("Add", "x three", "a"), Node("Clip", "a zero six", "b"), Node("Mul", "x b", "c"), Node("Div", "c six", "y"))),
        ["hard swish by clip attributes"] = (9, [2, 3], "x |> hard_swish", Net(
            [Floats("three", [3]), Floats("sixth", [1 / 6f])],
            Node("Add", "x three", "a"), Node("Clip", "a", "b", Float("min", 0), Float("max", 6)), Node("Mul", "b sixth", "c"), Node("Mul", "c x", "y"))),
        ["hard swish by hard sigmoid"] = (14, [2, 3], "x |> hard_swish", Net(
            [], Node("HardSigmoid", "x", "a", Float("alpha", 1 / 6f), Float("beta", 0.5f)), Node("Mul", "x a", "y"))),
        ["hard swish"] = (14, [2, 3], "x |> hard_swish", Net([], Node("HardSwish", "x", "y"))),
        ["hard sigmoid"] = (13, [2, 3], "x |> hard_sigmoid", Net([], Node("HardSigmoid", "x", "y"))),
        ["swish"] = (13, [2, 3], "x |> silu", Net([], Node("Sigmoid", "x", "a"), Node("Mul", "x a", "y"))),
        ["swish with a factor of one"] = (13, [2, 3], "x |> silu", Net(
            [Floats("one", [1])], Node("Mul", "x one", "b"), Node("Sigmoid", "b", "a"), Node("Mul", "a x", "y"))),
        ["gelu"] = (13, [2, 3], "x |> gelu", Net(
            [Floats("root", [1.4142135f]), Floats("one", [1]), Floats("half", [0.5f])],
            Node("Div", "x root", "a"), Node("Erf", "a", "b"), Node("Add", "b one", "c"), Node("Mul", "x c", "d"), Node("Mul", "d half", "y"))),
        ["gelu, halved first"] = (13, [2, 3], "x |> gelu", Net(
            [Floats("root", [0.70710677f]), Floats("one", [1]), Floats("half", [0.5f])],
            Node("Mul", "x half", "h"), Node("Mul", "x root", "a"), Node("Erf", "a", "b"), Node("Add", "one b", "c"), Node("Mul", "h c", "y"))),
        ["layer norm"] = (13, [2, 3, 4], "x |> layer_normalization", LayerNorm()),
        ["layer norm of opset 17"] = (17, [2, 3, 4], "x |> layer_normalization(eps: 0.001)", Net(
            [Floats("g", [1, 2, 3, 4], 4), Floats("b", [0.5f, 0, -1, 2], 4)], Node("LayerNormalization", "x g b", "y", Float("epsilon", 1e-3f)))),
        ["clip by attributes"] = (9, [2, 3], "clip(low: -0.5, high: 0.25)", Net([], Node("Clip", "x", "y", Float("min", -0.5f), Float("max", 0.25f)))),
        ["clip by operands"] = (11, [2, 3], "clip(low: -0.5, high: 0.25)", Net([Floats("l", [-0.5f]), Floats("h", [0.25f])], Node("Clip", "x l h", "y"))),
        ["clip from above"] = (12, [2, 3], "clip(high: 0.25)", Net([Floats("h", [0.25f])], Node("Clip", "x - h", "y"))),
        ["clip to 0..6"] = (13, [2, 3], "x |> relu6", Net([Floats("l", [0]), Floats("h", [6])], Node("Clip", "x l h", "y"))),
        ["squeeze by attribute"] = (11, [2, 1, 3], "x |> flatten", Net([], Node("Squeeze", "x", "y", Ints("axes", 1)))),
        ["squeeze by operand"] = (13, [2, 1, 3], "x |> flatten", Net([Integers("axes", -2)], Node("Squeeze", "x axes", "y"))),
        ["squeeze all"] = (13, [2, 1, 3, 1], "x |> flatten", Net([], Node("Squeeze", "x", "y"))),
        ["unsqueeze by attribute"] = (11, [2, 3], "reshape([1, 2, 1, 3])", Net([], Node("Unsqueeze", "x", "y", Ints("axes", 0, 2)))),
        ["unsqueeze by operand"] = (21, [2, 3], "reshape([2, 1, 3, 1])", Net([Integers("axes", -1, 1)], Node("Unsqueeze", "x axes", "y"))),
        ["mean over the last axis, by attribute"] = (13, [2, 3, 4], "x |> reduce_mean", Net([], Node("ReduceMean", "x", "y", Ints("axes", -1), Int("keepdims", 0)))),
        ["mean over height and width, by operand"] = (18, [2, 3, 4, 5], "x |> global_avg_pool", Net([Integers("axes", 2, 3)], Node("ReduceMean", "x axes", "y"))),
        ["sum by operand"] = (13, [2, 3], "x |> reduce_sum", Net([Integers("axes", 1)], Node("ReduceSum", "x axes", "y", Int("keepdims", 1)))),
        ["maximum by operand"] = (20, [2, 3, 4], "x |> reduce_max", Net([Integers("axes", 2)], Node("ReduceMax", "x axes", "y", Int("keepdims", 0)))),
        ["slice by attributes"] = (9, [2, 5, 4], "x[:, 1:4, 0:2]", Net([], Node("Slice", "x", "y", Ints("starts", 1, -4), Ints("ends", -1, 2), Ints("axes", 1, 2)))),
        ["slice by operands"] = (13, [2, 5, 4], "x[:, 2:5, :]", Net(
            [Integers("s", 2), Integers("e", long.MaxValue), Integers("a", 1), Integers("p", 1)], Node("Slice", "x s e a p", "y"))),
        ["split by attribute"] = (11, [2, 6], "x[:, 0:2]", Net([], Node("Split", "x", "a b", Int("axis", 1), Ints("split", 2, 4)), Node("Relu", "b", "c"), Node("Concat", "c a", "y", Int("axis", 1)))),
        ["split by operand"] = (13, [2, 6], "x[:, 0:4]", Net([Integers("p", 4, 2)], Node("Split", "x p", "a b", Int("axis", -1)), Node("Relu", "b", "c"), Node("Concat", "c a", "y", Int("axis", 1)))),
        ["split in equal parts"] = (18, [2, 6], "x[:, 2:4]", Net([], Node("Split", "x", "a b c", Int("axis", 1), Int("num_outputs", 3)), Node("Sub", "b a", "d"), Node("Mul", "d c", "y"))),
        ["pad by attribute"] = (9, [1, 2, 3, 3], "pad2d(pad_top: 1, pad_left: 2, pad_bottom: 0)", Net([], Node("Pad", "x", "y", Ints("pads", 0, 0, 1, 2, 0, 0, 0, 2)))),
        ["pad by operand"] = (13, [1, 2, 3, 3], "pad2d(pad: 1)", Net([Integers("p", 0, 0, 1, 1, 0, 0, 1, 1)], Node("Pad", "x p", "y"))),
        ["upsample"] = (9, [1, 2, 3, 3], "resize_nearest(by: 2)", Net([Floats("s", [1, 1, 2, 2], 4)], Node("Upsample", "x s", "y"))),
        ["resize by scales"] = (11, [1, 2, 3, 3], "resize_nearest(by: 1, by_h: 2, by_w: 3)", Net(
            [Floats("roi", [], 0), Floats("s", [1, 1, 2, 3], 4)], Node("Resize", "x roi s", "y", Text("coordinate_transformation_mode", "asymmetric"), Text("nearest_mode", "floor")))),
        ["resize by sizes"] = (13, [1, 2, 3, 3], "resize_nearest(by: 3)", Net([Integers("n", 1, 2, 9, 9)], Node("Resize", "x - - n", "y"))),
        ["weights in Constant nodes"] = (13, [2, 3], "fully_connected(2)", Net(
            [], Node("Constant", "", "w", Tensor("value", Floats("", [1, 2, 3, 4, 5, 6], 2, 3))), Node("Constant", "", "b", Tensor("value", Floats("", [1, -1], 2))),
            Node("Gemm", "x w b", "y", Int("transB", 1)))),
        ["product and bias"] = (13, [2, 4, 3], "fully_connected(2)", Net(
            [Floats("w", [1, 2, 3, 4, 5, 6], 3, 2), Floats("b", [1, -1], 2)], Node("MatMul", "x w", "a"), Node("Add", "b a", "y"))),
        ["product without bias"] = (13, [2, 3], "linear_no_bias(weight)", Net([Floats("w", [1, 2, 3, 4, 5, 6], 3, 2)], Node("MatMul", "x w", "y"))),
        ["number minus tensor"] = (13, [2, 3], "1.5 - x", Net([Floats("c", [1.5f])], Node("Sub", "c x", "y"))),
        ["tensor minus number"] = (13, [2, 3], "x - 1.5", Net([Floats("c", [1.5f])], Node("Sub", "x c", "y"))),
        ["constant of its own shape"] = (13, [2, 3], "x * c", Net([Floats("k", [1, 2, 3], 3)], Node("Mul", "x k", "y"))),
        ["slope per channel"] = (13, [1, 2, 3, 3], "prelu(slope)", Net([Floats("s", [0.5f, 2], 2, 1, 1)], Node("PRelu", "x s", "y"))),
        ["flatten by computed shape"] = (13, [2, 3, 4], "x |> flatten", Net(
            [Integers("zero", 0), Integers("minus", -1)],
            Node("Shape", "x", "s"), Node("Gather", "s zero", "n"), Node("Concat", "n minus", "t", Int("axis", 0)), Node("Reshape", "x t", "y"))),
        ["softmax of opset 9"] = (9, [2, 3], "x |> softmax", Net([], Node("Softmax", "x", "y"))),
        ["grouped convolution"] = (13, [1, 4, 5, 5], "x |> grouped_conv2d(weight, groups: 2, pad: 1) |> channel_bias(bias)", Net(
            [Floats("w", [.. Enumerable.Range(0, 72).Select(i => (i % 7) - 3f)], 4, 2, 3, 3), Floats("b", [1, 2, 3, 4], 4)],
            Node("Conv", "x w b", "y", Int("group", 2), Ints("pads", 1, 1, 1, 1)))),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_written_as_people_would_and_gives_what_OnnxRuntime_gives(string name)
    {
        var (opset, shape, text, graph) = Cases[name];
        graph.Input.Add(Value("x", shape));
        var file = Model(graph, opset).ToByteArray();
        var import = OnnxImporter.Import(OnnxModel.Parse(file), "net");
        Assert.Equal("", string.Concat(import.Diagnostics.Select(DiagnosticRenderer.Render)));
        Assert.True(import.Dsl.Contains(text, StringComparison.Ordinal), import.Dsl);
        Assert.Equal(import.Dsl, ImportedModel.Formatted(import.Dsl));

        int[] extents = [.. shape.Select(e => (int)e)];
        var random = new Random(7);
        var values = Enumerable.Range(0, extents.Aggregate(1, (a, b) => a * b)).Select(_ => (float)((random.NextDouble() * 8) - 4)).ToArray();
        using var reference = new OrtModel(file, optimize: false);
        using var model = ImportedModel.Compile(import);
        var expected = reference.Run(extents, values);
        var found = model.Run(new Dictionary<string, TensorData> { ["x"] = TensorData.FromFloats(values, extents) }).Values.Single();
        Assert.Equal(expected.Shape, found.Shape);
        Assert.All(found.ToFloats().Zip(expected.Floats), p => Assert.True(
            Math.Abs(p.First - p.Second) <= 2e-5 * Math.Max(1, Math.Abs(p.Second)), string.Create(CultureInfo.InvariantCulture, $"{p.First} is not {p.Second}")));
    }

    [Fact]
    public void All_unknown_operators_are_listed_at_once_with_their_nodes()
    {
        var first = Node("NonZero", "x", "a");
        var second = Node("Relu", "a", "b");
        var third = Node("TopK", "x k", "v i");
        (first.Name, third.Name) = ("find", "best");
        var result = Import(Net([Integers("k", 2)], first, second, third, Node("Add", "b v", "y")), 13, 2, 3);
        Assert.Equal(["SD5201", "SD5201"], result.Diagnostics.Select(d => d.Id));
        Assert.Contains("NonZero of node 'find'", DiagnosticRenderer.Render(result.Diagnostics[0]), StringComparison.Ordinal);
        Assert.Contains("TopK of node 'best'", DiagnosticRenderer.Render(result.Diagnostics[1]), StringComparison.Ordinal);
        Assert.Equal("", result.Dsl);
    }

    [Fact]
    public void What_no_output_needs_is_left_out()
    {
        var result = Import(Net([], Node("NonZero", "x", "a"), Node("Relu", "x", "y")), 13, 2, 3);
        Assert.Empty(result.Diagnostics);
        Assert.DoesNotContain("NonZero", result.Dsl, StringComparison.Ordinal);
    }

    /// <summary>Nothing inside needs a width of many points, so any width is taken; the reshape to a sequence follows it.</summary>
    [Fact]
    public void Open_widths_are_dims_of_single_points()
    {
        var result = Import(Net([Integers("zero", 0, 0, -1)], Node("MaxPool", "x", "a", Ints("kernel_shape", 2, 2), Ints("strides", 2, 2)), Node("Reshape", "a zero", "y")), 13, 1, 3, 4, -1);
        Assert.Empty(result.Diagnostics);
        Assert.Contains("W: dim 8..3200", result.Dsl, StringComparison.Ordinal);
        Assert.Contains("input x: f32[1, 3, 4, W]", result.Dsl, StringComparison.Ordinal);
        ImportedModel.Compile(result).Dispose();
    }

    /// <summary>Half a picture doubled is the picture only where its sides are even.</summary>
    [Fact]
    public void Widths_that_must_be_even_are_multiples_of_two()
    {
        var result = Import(
            Net([Floats("s", [1, 1, 2, 2], 4)], Node("MaxPool", "x", "a", Ints("kernel_shape", 2, 2), Ints("strides", 2, 2)), Node("Upsample", "a s", "b"), Node("Add", "x b", "y")),
            9, 1, 3, 4, -1);
        Assert.Empty(result.Diagnostics);
        Assert.Contains("input x: f32[1, 3, 4, W * 2]", result.Dsl, StringComparison.Ordinal);
        ImportedModel.Compile(result).Dispose();
    }

    private static ImportResult Import(GraphProto graph, long opset, params long[] shape)
    {
        var input = Value("x", shape);
        foreach (var open in input.Type.TensorType.Shape.Dim.Where(d => d.DimValue < 0))
        {
            open.ClearValue();
        }

        graph.Input.Add(input);
        return OnnxImporter.Import(OnnxModel.Parse(Model(graph, opset).ToByteArray()), "net");
    }

    private static GraphProto Net(IEnumerable<TensorProto> constants, params NodeProto[] nodes) =>
        new() { Name = "g", Node = { nodes }, Initializer = { constants }, Output = { Value("y") } };

    private static GraphProto LayerNorm() => Net(
        [Floats("two", [2]), Floats("eps", [1e-5f]), Floats("g", [1, 2, 3, 4], 4), Floats("b", [0.5f, 0, -1, 2], 4)],
        Node("ReduceMean", "x", "m", Ints("axes", -1)), Node("Sub", "x m", "d"), Node("Pow", "d two", "q"), Node("ReduceMean", "q", "v", Ints("axes", -1)),
        Node("Add", "v eps", "e"), Node("Sqrt", "e", "r"), Node("Div", "d r", "n"), Node("Mul", "n g", "s"), Node("Add", "s b", "y"));
}
