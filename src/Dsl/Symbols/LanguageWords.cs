using System.Collections.Immutable;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Symbols;

/// <summary>A word with a meaning of its own, how it is used, and what it does.</summary>
/// <param name="Name">The word.</param>
/// <param name="Usage">As it is written, with placeholders.</param>
/// <param name="Meaning">One sentence.</param>
public sealed record LanguageWord(string Name, string Usage, string Meaning);

/// <summary>The words of the language, for editors.</summary>
public static class LanguageWords
{
    /// <summary>Words that begin items and statements, stand between parts of expressions, or are values.</summary>
    public static ImmutableArray<string> Keywords { get; } =
    [
        .. Syntax.Keywords.Items.Concat(Syntax.Keywords.Statements).Concat(Syntax.Keywords.Reserved).Except(Syntax.Keywords.Later)
            .Concat(["cover", "from", "inf", "none", "step"]).Distinct().OrderBy(w => w, StringComparer.Ordinal),
    ];

    /// <summary>Names of reductions.</summary>
    public static ImmutableArray<string> Reductions { get; } = [.. Syntax.Keywords.Reductions];

    /// <summary>Names of element types.</summary>
    public static ImmutableArray<string> ElementTypes { get; } = [.. SparseDsl.Dsl.ElementTypes.All.Select(t => t.Name())];

    /// <summary>Kinds of attributes: what stands behind the colon of <c>stride: int = 1</c>.</summary>
    public static ImmutableArray<string> AttributeKinds { get; } = [.. ItemChecker.Kinds];

    /// <summary>Kinds of levels of a format.</summary>
    public static ImmutableArray<string> LevelKinds { get; } = [.. Binding.LevelKinds.All.Select(k => k.Name)];

    /// <summary>Annotations on parameters and values.</summary>
    public static ImmutableArray<LanguageWord> Annotations { get; } =
    [
        new("unstructured", "@unstructured(zeros >= 90%)", "promise: zeros anywhere, at least this share"),
        new("block", "@block(4, 1, zeros >= 70%)", "promise: whole blocks are zero, at least this share of them"),
        new("nm", "@nm(2, 4)", "promise: at most 2 of every 4 along the last axis are not zero"),
        new("channels", "@channels(zeros >= 30%)", "promise: whole slices along the first axis are zero"),
        new("dense", "@dense", "promises nothing; undoes an annotation from elsewhere"),
        new("format", "@format(csr)", "names the storage instead of leaving it to the compiler"),
        new("mask", "@mask(\"m.npy\")", "the weights are zero wherever the file is"),
        new("quant", "@quant(i8, per: row, input: 0.02, zero: 128)", "stored in narrow numbers; on a value, brought to the numbers that narrow ones stand for: @quant(u8, scale: 0.02, zero: 128)"),
        new("topk", "@topk(k, statistical, expect: 8%)", "only the k largest along the last axis survive; ties go to the lower index"),
        new("threshold", "@threshold(t, per: channel, expect: 50%)", "only what is larger in magnitude than t survives"),
    ];

    /// <summary>Functions the language itself knows: those on tensors, and the core operations.</summary>
    public static ImmutableArray<LanguageWord> Functions { get; } =
    [
        .. BuiltIns.Names.Select(n => new LanguageWord(n, BuiltIns.Signature(n), "a built-in function")),
        .. CoreOps.All.Select(o => new LanguageWord(o.Name, $"{o.Name}({string.Join(", ", "abc".Take(o.Arity))})", "a core operation, on tensors and on numbers")),
    ];

    /// <summary>Named arguments of a built-in function; empty for other names.</summary>
    public static IReadOnlyList<string> ParametersOf(string builtIn) => BuiltIns.Parameters(builtIn);
}
