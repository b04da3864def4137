namespace SparseDsl.Import.Onnx.Programs;

/// <summary>What the importer knows about the layers of <c>std.layers</c>.</summary>
internal static class Library
{
    private static readonly HashSet<string> Layers = new(
        [
            "conv", "conv_no_bias", "conv_bn", "depthwise", "depthwise_bn", "conv_transpose", "fully_connected", "batch_normalization", "layer_normalization",
            "affine", "squeeze_excite", "self_attention",
        ],
        StringComparer.Ordinal);

    private static readonly HashSet<string> Tails = new(
        [
            "relu", "relu6", "sigmoid", "hard_sigmoid", "hard_swish", "silu", "gelu", "gelu_tanh", "leaky_relu", "elu", "tanh", "clip", "softmax", "scale",
            "batch_normalization", "affine", "channel_bias", "channel_scale", "softplus", "mish",
        ],
        StringComparer.Ordinal);

    /// <summary>Whether a name is a layer of the library.</summary>
    public static bool IsLayer(string name) => Layers.Contains(name);

    /// <summary>Whether a step belongs to the one before it, as an activation does.</summary>
    public static bool IsTail(string name) => Tails.Contains(name);

    /// <summary>Whether a setting counts channels or features.</summary>
    public static bool IsWidth(string name) => name is "out" or "reduced" || name.StartsWith("out", StringComparison.Ordinal) || name.StartsWith("hidden", StringComparison.Ordinal);

    /// <summary>The default of an attribute of a library operator or layer; null where it has none, or one that follows from others.</summary>
    public static string? Default(string callee, string name) => (callee, name) switch
    {
        ("conv_transpose", "kernel") => "2",
        (_, "kernel") when KeepsSize(callee) => "3",
        (_, "eps") => "1e-05",
        ("leaky_relu", "slope") => "0.01",
        ("squeeze_excite", "slope") => "0.2",
        ("hard_sigmoid", "alpha") => "0.2",
        ("elu", "alpha") => "1",
        ("hard_sigmoid", "beta") => "0.5",
        _ => null,
    };

    /// <summary>Whether an operator moves its window by the window's size unless told otherwise.</summary>
    public static bool StridesByKernel(string callee) => callee is "max_pool" or "avg_pool" or "avg_pool_inside" or "conv_transpose";

    /// <summary>Whether a layer pads so that images keep their size at stride 1.</summary>
    public static bool KeepsSize(string layer) => layer is "conv" or "conv_no_bias" or "conv_bn" or "depthwise" or "depthwise_bn";
}
