using System.Collections.Immutable;

namespace SparseDsl.Compiler.Cost;

/// <summary>A kind of kernel the compiler makes, as far as time goes: kernels of one class cost about the same for each multiply-accumulate at equal sizes.</summary>
/// <param name="Name">In profiles and in <c>explain</c>.</param>
/// <param name="Fallback">The class whose rates serve where a profile has none of this; null for <c>dense</c>, which every profile has.</param>
/// <param name="Summary">What its kernels are.</param>
public sealed record KernelClass(string Name, string? Fallback, string Summary);

/// <summary>Every class of kernels.</summary>
public static class KernelClasses
{
    /// <summary>Dense sums of products whose innermost output index is none of the weight's: pixels, or columns of the other operand, are the lanes.</summary>
    public static KernelClass Dense { get; } = new("dense", null, "register tiles, the other operand in lanes");

    /// <summary>As <see cref="Dense"/> over windows of an image.</summary>
    public static KernelClass Convolution { get; } = new("conv", "dense", "register tiles over windows of an image");

    /// <summary>Dense sums of products over images by blocks of channels: channels are the lanes, pixels are broadcast.</summary>
    public static KernelClass Channels { get; } = new("channels", "dense", "register tiles, channels in lanes");

    /// <summary>A filter for each channel: few terms for each result.</summary>
    public static KernelClass Depthwise { get; } = new("depthwise", "dense", "a filter for each channel");

    /// <summary>Dense products whose results run along the weight's rows: <c>x . w'</c>.</summary>
    public static KernelClass Linear { get; } = new("linear", "dense", "results along the weight's rows");

    /// <summary>Compressed rows, each non-zero multiplied with whole vectors of the other operand.</summary>
    public static KernelClass Rows { get; } = new("csr", "dense", "non-zeros times vectors of the other operand");

    /// <summary>As <see cref="Rows"/> over windows of an image.</summary>
    public static KernelClass RowsOfWindows { get; } = new("csr-conv", "csr", "non-zeros of filters times vectors of windows");

    /// <summary>A statement for every non-zero, sums of a block of rows in registers.</summary>
    public static KernelClass Code { get; } = new("code", "csr", "the pattern in code, sums in registers");

    /// <summary>Blocks of four rows or more that share loads of the other operand.</summary>
    public static KernelClass Blocks { get; } = new("block", "csr", "blocks of rows that share loads");

    /// <summary>One bit an element and packed values.</summary>
    public static KernelClass Bits { get; } = new("bits", "csr", "a bit for every element, packed values");

    /// <summary>n of every m elements.</summary>
    public static KernelClass NOfM { get; } = new("nm", "csr", "n of every m elements");

    /// <summary>Compressed rows, each non-zero one scalar step, or one for a few results.</summary>
    public static KernelClass LinearRows { get; } = new("csr-linear", "csr", "non-zeros one after the other");

    /// <summary>Blocks of as many rows as there are lanes or more.</summary>
    public static KernelClass LinearBlocks { get; } = new("block-linear", "block", "blocks of rows in lanes");

    /// <summary>As <see cref="Bits"/>, for results along the weight's rows: every element is a step, stored or not.</summary>
    public static KernelClass LinearBits { get; } = new("bits-linear", "csr-linear", "a bit for every element, results along the weight's rows");

    /// <summary>As <see cref="NOfM"/>, for results along the weight's rows.</summary>
    public static KernelClass LinearNOfM { get; } = new("nm-linear", "csr-linear", "n of every m elements, results along the weight's rows");

    /// <summary>Everything that is no multiply-accumulate; a rate of floating-point operations in units of the same peak.</summary>
    public static KernelClass Elementwise { get; } = new("elementwise", "dense", "one element after the other");

    /// <summary>All of them.</summary>
    public static ImmutableArray<KernelClass> All { get; } =
        [Dense, Convolution, Channels, Depthwise, Linear, Rows, RowsOfWindows, Code, Blocks, Bits, NOfM, LinearRows, LinearBlocks, LinearBits, LinearNOfM, Elementwise];

    /// <summary>A class by name, or null.</summary>
    public static KernelClass? Find(string name) => All.FirstOrDefault(c => c.Name == name);
}
