namespace SparseDsl.Import.Onnx.Programs;

/// <summary>Names layers after what is in them, in the words of the field.</summary>
internal static class LayerNames
{
    private static readonly string[] Convolutions = ["conv", "conv_bn", "conv_no_bias"];

    /// <summary>The name of a layer of these steps.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="input">The value they take.</param>
    public static string Of(IReadOnlyList<Step> steps, int input)
    {
        var isResidual = steps.Any(s => s.Callee == "+" && s.Operands.Any(o => o.Literal is null && o.Value == input));
        if (Position(steps, "self_attention", "matmul") >= 0)
        {
            return isResidual ? "transformer_block" : "attention_block";
        }

        var kind = Convolutional(steps) ?? (Position(steps, "fully_connected") >= 0 ? "dense_block" : "block");
        return isResidual ? "residual_" + kind : kind;
    }

    /// <summary>The same with what sets it apart from another layer of that name.</summary>
    public static string Qualified(string name, IReadOnlyList<Step> steps) =>
        Position(steps, "squeeze_excite") >= 0 ? name + "_se"
        : steps.SelectMany(s => s.Settings).Any(s => s is { Name: "stride_h", Text: not "1" }) ? "strided_" + name
        : name;

    private static string? Convolutional(IReadOnlyList<Step> steps)
    {
        var convolution = Position(steps, Convolutions);
        var depthwise = Position(steps, "depthwise", "depthwise_bn", "depthwise_conv2d");
        return (depthwise, convolution) switch
        {
            ( < 0, < 0) => null,
            ( < 0, _) => "conv_block",
            (_, < 0) => "depthwise_block",
            _ when depthwise < convolution => "separable_block",
            _ => Position([.. steps.Skip(depthwise)], Convolutions) >= 0 ? "inverted_bottleneck" : "expansion",
        };
    }

    private static int Position(IReadOnlyList<Step> steps, params string[] callees)
    {
        for (var i = 0; i < steps.Count; i++)
        {
            if (callees.Contains(steps[i].Callee))
            {
                return i;
            }
        }

        return -1;
    }
}
