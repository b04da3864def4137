using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Tests.Binding;

/// <summary>The standard library binds on its own, and every operator of it can be called with the shape it promises.</summary>
public class LibraryTests
{
    private static readonly string[] Operands =
    [
        "a: f32[2, 3, 4]", "b: f32[4, 5]", "v: f32[4]", "u: f32[3]", "w: f32[6, 4]", "c6: f32[6]", "m: f32[7, 7]",
        "x: f32[N, 8, 12, W]", "f: f32[16, 8, 3, 3]", "d: f32[8, 1, 3, 3]", "g: f32[16, 4, 3, 3]", "t: f32[8, 16, 2, 2]", "c8: f32[8]", "p: f32[2, 8, 5, 7]",
        "s: f32[N, 8, W]", "f1: f32[16, 8, 5]", "d1: f32[8, 1, 5]", "y: f32[2, 16]", "labels: i32[2]", "angles: f32[3, 2]",
    ];

    public static TheoryData<string, string> Calls { get; } = new()
    {
        { "matmul(a, b)", "f32[2, 3, 5]" },
        { "linear(a, w, c6)", "f32[2, 3, 6]" },
        { "linear_no_bias(a, w)", "f32[2, 3, 6]" },
        { "dot(a, v)", "f32[2, 3]" },
        { "outer(u, v)", "f32[3, 4]" },
        { "conv2d(x, f)", "f32[N, 16, 10, W - 2]" },
        { "conv2d(x, f, stride: 2, pad: 1)", "f32[N, 16, 6, ((W + 1) / 2)]" },
        { "conv2d(x, f, stride_h: 2, stride_w: 1, pad: 1)", "f32[N, 16, 6, W]" },
        { "conv2d(x, f, pad_right: 2, dilation: 2)", "f32[N, 16, 8, W - 2]" },
        { "depthwise_conv2d(x, d, pad: 1)", "f32[N, 8, 12, W]" },
        { "grouped_conv2d(x, g, groups: 2, pad: 1)", "f32[N, 16, 12, W]" },
        { "conv_transpose2d(x, t, stride: 2)", "f32[N, 16, 24, W*2]" },
        { "conv_transpose2d(x, t, stride: 2, pad: 1, extra: 1)", "f32[N, 16, 23, W*2 - 1]" },
        { "conv1d(s, f1, stride: 2, pad: 2)", "f32[N, 16, ((W + 1) / 2)]" },
        { "depthwise_conv1d(s, d1, pad_left: 4, pad_right: 0)", "f32[N, 8, W]" },
        { "channel_bias(x, c8)", "f32[N, 8, 12, W]" },
        { "channel_scale(s, c8)", "f32[N, 8, W]" },
        { "max_pool(x, 2)", "f32[N, 8, 6, (W / 2)]" },
        { "max_pool(x, kernel: 3, stride: 2, pad: 1)", "f32[N, 8, 6, ((W + 1) / 2)]" },
        { "avg_pool(x, kernel_h: 3, kernel_w: 2, kernel: 1, stride_h: 3, stride_w: 2)", "f32[N, 8, 4, (W / 2)]" },
        { "avg_pool_inside(x, 3, stride: 1, pad: 1)", "f32[N, 8, 12, W]" },
        { "global_avg_pool(x)", "f32[N, 8, 1, 1]" },
        { "global_max_pool(x)", "f32[N, 8, 1, 1]" },
        { "max_pool1d(s, 3, stride: 1, pad: 1)", "f32[N, 8, W]" },
        { "avg_pool1d(s, 2)", "f32[N, 8, (W / 2)]" },
        { "relu(a)", "f32[2, 3, 4]" },
        { "relu6(a)", "f32[2, 3, 4]" },
        { "clip(a, low: 0, high: 6)", "f32[2, 3, 4]" },
        { "leaky_relu(a)", "f32[2, 3, 4]" },
        { "prelu(x, c8)", "f32[N, 8, 12, W]" },
        { "elu(a)", "f32[2, 3, 4]" },
        { "selu(a)", "f32[2, 3, 4]" },
        { "sigmoid(a)", "f32[2, 3, 4]" },
        { "hard_sigmoid(a, alpha: 1 / 6)", "f32[2, 3, 4]" },
        { "hard_swish(a)", "f32[2, 3, 4]" },
        { "silu(a)", "f32[2, 3, 4]" },
        { "gelu(a)", "f32[2, 3, 4]" },
        { "gelu_tanh(a)", "f32[2, 3, 4]" },
        { "softplus(a)", "f32[2, 3, 4]" },
        { "softsign(a)", "f32[2, 3, 4]" },
        { "mish(a)", "f32[2, 3, 4]" },
        { "squared_relu(a)", "f32[2, 3, 4]" },
        { "swiglu(a, v)", "f32[2, 3, 4]" },
        { "scale(a, 1 / 255)", "f32[2, 3, 4]" },
        { "sign(a)", "f32[2, 3, 4]" },
        { "softmax(a)", "f32[2, 3, 4]" },
        { "softmax_channels(x)", "f32[N, 8, 12, W]" },
        { "log_softmax(a)", "f32[2, 3, 4]" },
        { "log_sum_exp(a)", "f32[2, 3]" },
        { "layer_norm(a, v, v)", "f32[2, 3, 4]" },
        { "rms_norm(a, v)", "f32[2, 3, 4]" },
        { "batch_norm(x, c8, c8, c8, c8, eps: 0.001)", "f32[N, 8, 12, W]" },
        { "instance_norm(x, c8, c8)", "f32[N, 8, 12, W]" },
        { "group_norm(x, c8, c8, groups: 4)", "f32[N, 8, 12, W]" },
        { "l2_normalize(a)", "f32[2, 3, 4]" },
        { "reduce_sum(a)", "f32[2, 3]" },
        { "reduce_mean(a)", "f32[2, 3]" },
        { "reduce_max(a)", "f32[2, 3]" },
        { "reduce_min(a)", "f32[2, 3]" },
        { "reduce_prod(a)", "f32[2, 3]" },
        { "mean_squared_error(a, v)", "f32[2, 3]" },
        { "cross_entropy(y, labels)", "f32[2]" },
        { "resize_nearest(x, 2)", "f32[N, 8, 24, W*2]" },
        { "resize_nearest_to(x, 6, W)", "f32[N, 8, 6, W]" },
        { "pad2d(x, 1, pad_right: 0)", "f32[N, 8, 14, W + 1]" },
        { "pad1d(s, pad_left: 3)", "f32[N, 8, W + 6]" },
        { "pixel_shuffle(x, 2)", "f32[N, 2, 24, W*2]" },
        { "pixel_unshuffle(x, 2)", "f32[N, 32, 6, (W / 2)]" },
        { "tril(m)", "f32[7, 7]" },
        { "triu(m, diagonal: 1)", "f32[7, 7]" },
        { "reverse(a)", "f32[2, 3, 4]" },
        { "one_hot(labels, 16)", "f32[2, 16]" },
        { "rotary(a, angles)", "f32[2, 3, 4]" },
        { "attention_scores(a, a)", "f32[2, 3, 3]" },
    };

    [Theory]
    [InlineData("nn")]
    [InlineData("layers")]
    [InlineData("attention")]
    [InlineData("formats")]
    public void Modules_bind_without_mistakes(string name)
    {
        var source = BindText.Library(name);
        var (_, diagnostics) = BindText.Bind(source.Text);
        Assert.True(diagnostics.Items.Count == 0, string.Concat(diagnostics.Items.Select(DiagnosticRenderer.Render)));
    }

    [Theory]
    [InlineData("x |> conv(16, stride: 2)", "f32[N, 16, 6, ((W + 1) / 2)]", "conv.weight: f32[16, 8, 3, 3], conv.bias: f32[16]")]
    [InlineData("x |> depthwise(5) |> pointwise(4)", "f32[N, 4, 12, W]", "depthwise.weight: f32[8, 1, 5, 5], depthwise.bias: f32[8], pointwise.weight: f32[4, 8, 1, 1], pointwise.bias: f32[4]")]
    [InlineData("x |> separable(16) as stage[3]", "f32[N, 16, 12, W]", "stage[3].depthwise.weight: f32[8, 1, 3, 3], stage[3].depthwise.bias: f32[8], stage[3].pointwise.weight: f32[16, 8, 1, 1], stage[3].pointwise.bias: f32[16]")]
    [InlineData("a |> fully_connected(2)", "f32[2, 3, 2]", "fully_connected.weight: f32[2, 4], fully_connected.bias: f32[2]")]
    [InlineData("s |> batch_normalization", "f32[N, 8, W]", "batch_normalization.scale: f32[8], batch_normalization.bias: f32[8], batch_normalization.mean: f32[8], batch_normalization.variance: f32[8]")]
    [InlineData("a |> layer_normalization(0.1) as norm", "f32[2, 3, 4]", "norm.scale: f32[4], norm.bias: f32[4]")]
    [InlineData("x |> squeeze_excite(2) as se", "f32[N, 8, 12, W]", "se.reduce.weight: f32[2, 8, 1, 1], se.reduce.bias: f32[2], se.expand.weight: f32[8, 2, 1, 1], se.expand.bias: f32[8]")]
    [InlineData("a |> mlp(16)", "f32[2, 3, 4]", "mlp.up.weight: f32[16, 4], mlp.up.bias: f32[16], mlp.down.weight: f32[4, 16], mlp.down.bias: f32[4]")]
    [InlineData("a |> self_attention(2, is_causal: true) as attention", "f32[2, 3, 4]", "attention.qkv.weight: f32[12, 4], attention.qkv.bias: f32[12], attention.out.weight: f32[4, 4], attention.out.bias: f32[4]")]
    public void Layer_has_the_promised_shape_and_parameters(string call, string type, string parameters)
    {
        var model = BindText.Of(call, Operands);
        Assert.Equal(type, Assert.Single(model.Outputs).Value.Type.ToString());
        Assert.Equal(parameters, string.Join(", ", model.Params.Select(p => $"{p.Path}: {p.Type}")));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Operator_has_the_promised_shape(string call, string type)
    {
        var model = BindText.Of(call, Operands);
        var (_, value) = Assert.Single(model.Outputs);
        Assert.Equal(type, value.Type.ToString());
        var apply = Assert.IsType<BoundApply>(value);
        Assert.Equal(call[..call.IndexOf('(', StringComparison.Ordinal)], apply.Name);
        Assert.Equal(apply.Type.Shape, apply.Stages[^1].Indices.Select(i => i.Extent));
        Assert.Equal(call, apply.Location.Source.Slice(apply.Location.Span));
    }

    [Fact]
    public void Every_operator_has_a_case_and_a_comment()
    {
        foreach (var name in new[] { "nn", "layers", "attention" })
        {
            var source = BindText.Library(name);
            var module = Parser.Parse(source, new DiagnosticBag());
            Assert.All(module.Items, i => Assert.StartsWith("//", source.Line(source.Position(i.Span.Start).Line - 1), StringComparison.Ordinal));
            var called = Calls.Select(c => c.Data.Item1[..c.Data.Item1.IndexOf('(', StringComparison.Ordinal)]).ToHashSet();
            Assert.Empty(module.Items.OfType<OpItem>().Select(o => o.Name.Text).Except(called));
        }
    }
}
