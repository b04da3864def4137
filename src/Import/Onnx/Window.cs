using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Import.Onnx.Programs;

namespace SparseDsl.Import.Onnx;

/// <summary>A sliding window over height and width.</summary>
internal sealed record Window(
    long KernelH, long KernelW, long StrideH, long StrideW, long DilationH, long DilationW, long Top, long Left, long Bottom, long Right)
{
    /// <summary>Whether nothing is added at the edges.</summary>
    public bool IsUnpadded => Top == 0 && Left == 0 && Bottom == 0 && Right == 0;

    /// <summary>The window of a node; null when the padding is to be found out.</summary>
    public static Window? Of(OnnxNode node, long kernelH, long kernelW)
    {
        var mode = node.GetString("auto_pad", "NOTSET");
        var strides = node.GetInts("strides") ?? [1, 1];
        var dilations = node.GetInts("dilations") ?? [1, 1];
        var pads = mode == "VALID" ? [0, 0, 0, 0] : node.GetInts("pads") ?? [0, 0, 0, 0];
        return mode is "NOTSET" or "VALID" or "" && strides.Length == 2 && dilations.Length == 2 && pads.Length == 4
            ? new Window(kernelH, kernelW, strides[0], strides[1], dilations[0], dilations[1], pads[0], pads[1], pads[2], pads[3])
            : null;
    }

    /// <summary>Everything about it; what is worth writing is decided later.</summary>
    public ImmutableArray<Setting> Settings() =>
    [
        Setting.Int("kernel_h", KernelH), Setting.Int("kernel_w", KernelW), Setting.Int("stride_h", StrideH), Setting.Int("stride_w", StrideW),
        Setting.Int("dilation_h", DilationH), Setting.Int("dilation_w", DilationW),
        Setting.Int("pad_top", Top), Setting.Int("pad_left", Left), Setting.Int("pad_bottom", Bottom), Setting.Int("pad_right", Right),
    ];

    /// <summary>The height of the result.</summary>
    public Dim Height(Dim height) => Size(height, Top + Bottom, DilationH * (KernelH - 1), StrideH);

    /// <summary>The width of the result.</summary>
    public Dim Width(Dim width) => Size(width, Left + Right, DilationW * (KernelW - 1), StrideW);

    /// <summary>The height of the result of a transposed convolution.</summary>
    public Dim GrownHeight(Dim height) => ((height - Dim.One) * Dim.Const(StrideH)) + Dim.Const((DilationH * (KernelH - 1)) + 1 - Top - Bottom);

    /// <summary>The width of the result of a transposed convolution.</summary>
    public Dim GrownWidth(Dim width) => ((width - Dim.One) * Dim.Const(StrideW)) + Dim.Const((DilationW * (KernelW - 1)) + 1 - Left - Right);

    private static Dim Size(Dim extent, long pads, long reach, long stride) =>
        Dim.FloorDiv(extent + Dim.Const(pads - reach - 1), Dim.Const(stride)) + Dim.One;
}
