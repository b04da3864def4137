using System.Collections.Immutable;

namespace SparseDsl.Dsl.Diagnostics;

/// <summary>SD3xxx: sparsity and storage.</summary>
public static class SparsityDiagnostics
{
    /// <summary>There is no annotation '@{0}' here.</summary>
    public static readonly DiagnosticDescriptor UnknownAnnotation = new(
        "SD3003", Severity.Error,
        "there is no annotation '@{0}' here",
        "{1}",
        "model M() { input x: f32[4]\n param w: f32[4] @sparsely\n output y = x * w }");

    /// <summary>{0} must be between 0% and 100%.</summary>
    public static readonly DiagnosticDescriptor BadFraction = new(
        "SD3005", Severity.Error,
        "{0} must be between 0% and 100%",
        "write it like 90%",
        "model M() { input x: f32[4]\n param w: f32[4] @unstructured(zeros >= 190%)\n output y = x * w }");

    /// <summary>'nm({0}, {1})' needs 0 &lt; n &lt; m &lt;= 32.</summary>
    public static readonly DiagnosticDescriptor BadNm = new(
        "SD3006", Severity.Error,
        "'nm({0}, {1})' needs 0 < n < m <= 32",
        "n of m means at most n non-zeros in every m",
        "model M() { input x: f32[4]\n param w: f32[4] @nm(4, 2)\n output y = x * w }");

    /// <summary>'{0}' has {1} elements along its last index, which is no multiple of {2}.</summary>
    public static readonly DiagnosticDescriptor NmExtent = new(
        "SD3007", Severity.Error,
        "'{0}' has {1} elements along its last index, which is no multiple of {2}",
        "pad the tensor, or use another pattern",
        "model M() { input x: f32[5]\n param w: f32[5] @nm(2, 4)\n output y = x * w }");

    /// <summary>A block needs two positive extents and a tensor of at least two indices.</summary>
    public static readonly DiagnosticDescriptor BadBlock = new(
        "SD3008", Severity.Error,
        "a block needs two positive extents and a tensor of at least two indices",
        "write '@block(4, 1)'",
        "model M() { input x: f32[5]\n param w: f32[5] @block(4, 1)\n output y = x * w }");

    /// <summary>'@{0}' takes {1}.</summary>
    public static readonly DiagnosticDescriptor AnnotationArguments = new(
        "SD3009", Severity.Error,
        "'@{0}' takes {1}",
        "see the list of annotations in the language page",
        "model M() { input x: f32[4]\n param w: f32[4] @nm(2)\n output y = x * w }");

    /// <summary>No parameter of '{0}' matches '{1}'.</summary>
    public static readonly DiagnosticDescriptor GlobMatchesNothing = new(
        "SD3010", Severity.Error,
        "no parameter of '{0}' matches '{1}'",
        "{2}",
        "model M() { input x: f32[4]\n param w: f32[4]\n output y = x * w }\nsparsify M { v : dense }");

    /// <summary>There is no model '{0}' to sparsify.</summary>
    public static readonly DiagnosticDescriptor UnknownOverlayModel = new(
        "SD3011", Severity.Error,
        "there is no model '{0}' to sparsify",
        "name a model of this module or of an imported one",
        "sparsify Nope { w : dense }");

    /// <summary>'{0}' has more than one sparsity annotation.</summary>
    public static readonly DiagnosticDescriptor ConflictingAnnotations = new(
        "SD3012", Severity.Error,
        "'{0}' has more than one sparsity annotation",
        "keep one",
        "model M() { input x: f32[4]\n param w: f32[4] @dense @unstructured(zeros >= 50%)\n output y = x * w }");

    /// <summary>There is no format '{0}'.</summary>
    public static readonly DiagnosticDescriptor UnknownFormat = new(
        "SD3013", Severity.Error,
        "there is no format '{0}'",
        "import std.formats, or declare it: 'format {0} = [i, j] -> …'",
        "model M() { input x: f32[4]\n param w: f32[4] @format(nope)\n output y = x * w }");

    /// <summary>The format '{0}' takes {1}.</summary>
    public static readonly DiagnosticDescriptor FormatNumbers = new(
        "SD3040", Severity.Error,
        "the format '{0}' takes {1}",
        "write '@format({2})'",
        "import std.formats\nmodel M() { input x: f32[4, 4]\n param w: f32[4, 4] @format(code_blocks(0))\n output y = x * w }");

    /// <summary>The format '{0}' is not usable: {1}.</summary>
    public static readonly DiagnosticDescriptor BadFormat = new(
        "SD3014", Severity.Error,
        "the format '{0}' is not usable: {1}",
        "every index is stored once: as 'i', or as the pair 'i / r' and 'i % r' in this order",
        "format f = [i, j] -> dense(i)\nmodel M() { input x: f32[4]\n param w: f32[4, 4] @format(f)\n output y = x * w }");

    /// <summary>The format '{0}' stores {1} indices, '{2}' has {3}.</summary>
    public static readonly DiagnosticDescriptor FormatRank = new(
        "SD3015", Severity.Error,
        "the format '{0}' stores {1} indices, '{2}' has {3}",
        "use a format for tensors of this rank",
        "import std.formats\nmodel M() { input x: f32[4]\n param w: f32[4] @format(csr)\n output y = x * w }");

    /// <summary>'{0}' selects tokens, which is understood but not compiled yet.</summary>
    public static readonly DiagnosticDescriptor TokensNotCompiledYet = new(
        "SD3900", Severity.Error,
        "'{0}' selects tokens, which is understood but not compiled yet",
        "remove it to run every token",
        "model M() { input x: f32[8, 4]\n output y = keep(x, top: 50%) }");

    /// <summary>The pattern '{0}' depends on data, which is understood but not compiled yet.</summary>
    public static readonly DiagnosticDescriptor PatternNotCompiledYet = new(
        "SD3902", Severity.Error,
        "the pattern '{0}' depends on data, which is understood but not compiled yet",
        "use a pattern of masks only",
        "pattern p(q, k) { topk(k, 4) } cover exact\nmodel M() { input x: f32[8, 4]\n output y = attend(x, x, x, where: p) }");

    /// <summary>'{0}' changes attention scores, which is understood but not compiled yet.</summary>
    public static readonly DiagnosticDescriptor ScoresNotCompiledYet = new(
        "SD3903", Severity.Error,
        "'{0}' changes attention scores, which is understood but not compiled yet",
        "write the attention with operators: scores, softmax, matrix product",
        "score cap(s, h, q, k; c) = c * tanh(s / c)\nmodel M() { input x: f32[8, 4]\n output y = attend(x, x, x, score: cap(30)) }");

    /// <summary>Masks of {1} index variables, like '{0}', are understood but not compiled yet.</summary>
    public static readonly DiagnosticDescriptor MaskRankNotCompiledYet = new(
        "SD3904", Severity.Error,
        "masks of {1} index variables, like '{0}', are understood but not compiled yet",
        "a mask that compiles is over a query and a key position: 'mask m(q, k) = …'",
        "mask m(h, q, k) = h < q\nmodel M() { input x: f32[8, 4]\n output y = attend(x, x, x, where: m) }");

    /// <summary>'@{0}' selects values and belongs on a value, not on a parameter.</summary>
    public static readonly DiagnosticDescriptor SelectionOnParameter = new(
        "SD3016", Severity.Error,
        "'@{0}' selects values and belongs on a value, not on a parameter",
        "write it behind an expression: 'g @{0}(…)'",
        "model M() { input x: f32[4]\n param w: f32[4] @topk(2)\n output y = x * w }");

    /// <summary>'@{0}' is a promise about weights and belongs on a parameter.</summary>
    public static readonly DiagnosticDescriptor PromiseOnValue = new(
        "SD3017", Severity.Error,
        "'@{0}' is a promise about weights and belongs on a parameter",
        "use '@topk' or '@threshold' on values",
        "model M() { input x: f32[4]\n output y = x @nm(2, 4) }");

    /// <summary>'{0}' covers tiles and cannot be combined with other masks.</summary>
    public static readonly DiagnosticDescriptor CoverInside = new(
        "SD3018", Severity.Error,
        "'{0}' covers tiles and cannot be combined with other masks",
        "combine the masks first, and say 'cover' on the pattern of the result",
        "mask causal(q, k) = k <= q\npattern p = causal cover tile(8, 8)\npattern r = p & causal\nmodel M() { input x: f32[8, 4]\n output y = attend(x, x, x, where: r) }");

    /// <summary>A cover is 'exact' or 'tile(rows, columns)'.</summary>
    public static readonly DiagnosticDescriptor BadCover = new(
        "SD3019", Severity.Error,
        "a cover is 'exact' or 'tile(rows, columns)'",
        "write 'cover tile(64, 64)' to attend the whole of every tile that is touched",
        "mask causal(q, k) = k <= q\npattern p = causal cover tile(0)\nmodel M() { input x: f32[8, 4]\n output y = attend(x, x, x, where: p) }");

    /// <summary>'@topk' keeps {0} of {1} elements.</summary>
    public static readonly DiagnosticDescriptor BadCount = new(
        "SD3020", Severity.Error,
        "'@topk' keeps {0} of {1} elements",
        "the count is at least 1 and at most the extent of the last index",
        "model M() { input x: f32[4]\n output y = x @topk(5) }");

    /// <summary>'@{0}' selects values and belongs behind an expression, not behind a type.</summary>
    public static readonly DiagnosticDescriptor SelectionOnType = new(
        "SD3021", Severity.Error,
        "'@{0}' selects values and belongs behind an expression, not behind a type",
        "write 'let z = x @{0}(…)'",
        "model M() { input x: f32[4] @topk(2)\n output y = x }");

    /// <summary>This line has no effect: later lines say something else about the same parameters.</summary>
    public static readonly DiagnosticDescriptor NoEffect = new(
        "SD3101", Severity.Warning,
        "this line has no effect: later lines match every parameter it matches",
        "put the general line before the special one",
        "model M() { input x: f32[4]\n param w: f32[4]\n output y = x * w }\nsparsify M { w : dense\n * : unstructured(zeros >= 50%) }");

    /// <summary>{0}, which is not quantised.</summary>
    public static readonly DiagnosticDescriptor QuantizedType = new(
        "SD3060", Severity.Error,
        "{0}, which '@quant' does not take",
        "{1}",
        "model M() { input x: f32[4]\n param w: i32[4] @quant(per: row)\n output y = x * w }");

    /// <summary>'{0}' is quantised, so '@format' cannot name its storage.</summary>
    public static readonly DiagnosticDescriptor QuantizedFormat = new(
        "SD3061", Severity.Error,
        "'{0}' is quantised, so '@format' cannot name its storage",
        "its numbers are packed as products of narrow numbers need them; zeros are found and used without it",
        "import std.formats\nmodel M() { input x: f32[4]\n param w: i8[4, 4] @quant(per: row) @format(csr)\n output y = x . w' }");

    /// <summary>A scale is positive, a zero point a whole number from 0 to 255.</summary>
    public static readonly DiagnosticDescriptor QuantizedNumbers = new(
        "SD3062", Severity.Error,
        "a scale is positive, a zero point a whole number from 0 to 255",
        "a u8 stands for (q - zero) * scale",
        "model M() { input x: f32[4]\n output y = x @quant(u8, scale: 0.1, zero: 256) }");

    /// <summary>Every row of this class.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } =
    [
        UnknownAnnotation, BadFraction, BadNm, NmExtent,
        BadBlock, AnnotationArguments, GlobMatchesNothing, UnknownOverlayModel, ConflictingAnnotations, UnknownFormat,
        BadFormat, FormatNumbers, FormatRank, SelectionOnParameter, PromiseOnValue, CoverInside, BadCover, BadCount, SelectionOnType, NoEffect,
        QuantizedType, QuantizedFormat, QuantizedNumbers, TokensNotCompiledYet, PatternNotCompiledYet, ScoresNotCompiledYet, MaskRankNotCompiledYet,
    ];
}
