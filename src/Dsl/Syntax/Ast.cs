using System.Collections.Immutable;

// The syntax tree.
//
// One module is one file. A module is a list of items; an item is an operator, a function, a layer, a model, a format,
// a mask, a score, a pattern, a constant, or a `sparsify` overlay. Bodies are lists of statements whose last entry may be
// an expression, the value. One expression grammar serves index notation (`x[n, c, p * stride + r]`), network code
// (`x |> conv2d(w) |> relu`) and the mask algebra (`causal & !window(w)`): which of them is meant is decided by the binder,
// so that a misplaced construct gets a sentence about its meaning and not a syntax error.
//
// Every node has the span of all its characters. Trees are compared by AstPrinter's text, which has no spans.
// An ErrorExpr or ErrorStmt stands where the text did not parse; its diagnostic is already reported.
namespace SparseDsl.Dsl.Syntax;

/// <summary>Anything in the tree.</summary>
public abstract record SyntaxNode(SourceSpan Span);

/// <summary>An identifier with its place.</summary>
public sealed record Name(string Text, SourceSpan Span) : SyntaxNode(Span);

/// <summary>A whole file: <c>module digits</c>, imports, items.</summary>
public sealed record ModuleSyntax(
    Name? ModuleName,
    ImmutableArray<ImportSyntax> Imports,
    ImmutableArray<ItemSyntax> Items,
    SourceSpan Span) : SyntaxNode(Span);

/// <summary><c>import std.nn</c>; the path is dotted.</summary>
public sealed record ImportSyntax(Name Path, SourceSpan Span) : SyntaxNode(Span);

// ---------------------------------------------------------------------------------------------------------------- items

/// <summary>A top-level declaration.</summary>
public abstract record ItemSyntax(Name Name, SourceSpan Span) : SyntaxNode(Span);

/// <summary><c>const classes = 10</c></summary>
public sealed record ConstItem(Name Name, Expr Value, SourceSpan Span) : ItemSyntax(Name, Span);

/// <summary>
/// An operator in index notation: <c>op matmul(a[i, k], b[k, j]) -&gt; y[i, j] = sum(k) a[i, k] * b[k, j]</c>.
/// Operands without indices (<c>op relu(x) = max(x, 0)</c>) make it elementwise over one common (broadcast) shape, and Result is null.
/// </summary>
public sealed record OpItem(
    Name Name,
    ImmutableArray<OpOperand> Operands,
    ImmutableArray<AttributeParameter> Attributes,
    OpOperand? Result,
    Expr Body,
    SourceSpan Span) : ItemSyntax(Name, Span);

/// <summary>
/// An operand or result of an operator: <c>x[n, c, ..]</c>. Indices is null for an elementwise operand.
/// At most one index is the ellipsis.
/// </summary>
public sealed record OpOperand(Name Name, ImmutableArray<IndexBinder>? Indices, SourceSpan Span) : SyntaxNode(Span);

/// <summary>
/// An index variable where it is introduced: <c>k</c>, <c>r &lt; k</c> (explicit extent), or <c>..</c> (Name.Text is "..").
/// </summary>
public sealed record IndexBinder(Name Name, Expr? Extent, SourceSpan Span) : SyntaxNode(Span)
{
    /// <summary>Whether this stands for any number of indices.</summary>
    public bool IsEllipsis => Name.Text == "..";
}

/// <summary>A compile-time parameter, after the semicolon: <c>stride: int = 1</c>. Kinds: int, float, bool, string, dim, type, list.</summary>
public sealed record AttributeParameter(Name Name, Name Kind, Expr? Default, SourceSpan Span) : SyntaxNode(Span);

/// <summary>
/// A function or layer. <c>fn</c> owns no parameters; <c>layer</c> may declare <c>param</c>s.
/// Dim names used in operand types and not declared as attributes are inferred from the arguments.
/// </summary>
public sealed record FunctionItem(
    bool IsLayer,
    Name Name,
    ImmutableArray<ValueParameter> Parameters,
    ImmutableArray<AttributeParameter> Attributes,
    TypeSyntax? ResultType,
    BlockExpr Body,
    SourceSpan Span) : ItemSyntax(Name, Span);

/// <summary>A tensor parameter of a function or layer: <c>x: f32[N, C, H, W]</c>; Type null accepts any tensor.</summary>
public sealed record ValueParameter(Name Name, TypeSyntax? Type, SourceSpan Span) : SyntaxNode(Span);

/// <summary><c>model Digits(N: dim 1..64) { … }</c></summary>
public sealed record ModelItem(
    Name Name,
    ImmutableArray<DimParameter> Dims,
    ImmutableArray<StatementSyntax> Body,
    SourceSpan Span) : ItemSyntax(Name, Span);

/// <summary>A symbolic dim with its declared range, both ends included: <c>N: dim 1..64</c>; of it only the multiples of Step: <c>W: dim 32..3200 step 8</c>.</summary>
public sealed record DimParameter(Name Name, Expr? Low, Expr? High, Expr? Step, SourceSpan Span) : SyntaxNode(Span);

/// <summary>
/// <c>format bsr(r, c) = [i, j] -&gt; dense(i / r), compressed(j / c), dense(i % r), dense(j % c)</c>; each level is a call
/// of a level kind (dense, compressed, singleton, bitmask, pick) with an index expression, e.g. <c>pick(n)(j % m)</c> is CallExpr(CallExpr(pick, n), j % m).
/// </summary>
public sealed record FormatItem(
    Name Name,
    ImmutableArray<Name> Parameters,
    ImmutableArray<Name> Indices,
    ImmutableArray<Expr> Levels,
    SourceSpan Span) : ItemSyntax(Name, Span);

/// <summary><c>mask window(q, k; w) = q - k &lt; w</c> or <c>score alibi(s, h, q, k; slope) = s - slope * (q - k)</c>.</summary>
public sealed record MaskItem(
    bool IsScore,
    Name Name,
    ImmutableArray<Name> Indices,
    ImmutableArray<Name> Attributes,
    Expr Body,
    SourceSpan Span) : ItemSyntax(Name, Span);

/// <summary>
/// <c>pattern a_shape(s, w) = causal &amp; (sink(s) | window(w)) cover exact</c>, or with data-dependent operands
/// <c>pattern vs(nv)(q, k) { … } cover tile(64, 64)</c>. Cover null means exact.
/// </summary>
public sealed record PatternItem(
    Name Name,
    ImmutableArray<Name> Attributes,
    ImmutableArray<Name> Operands,
    Expr Body,
    Expr? Cover,
    SourceSpan Span) : ItemSyntax(Name, Span);

/// <summary><c>sparsify Recogniser { neck.block[*].mlp.**.weight : nm(4, 8) }</c></summary>
public sealed record SparsifyItem(Name Name, ImmutableArray<SparsifyRule> Rules, SourceSpan Span) : ItemSyntax(Name, Span);

/// <summary>One line of an overlay: a glob over parameter paths, and annotations as after <c>@</c>.</summary>
public sealed record SparsifyRule(Name Glob, ImmutableArray<AnnotationSyntax> Annotations, SourceSpan Span) : SyntaxNode(Span);

// --------------------------------------------------------------------------------------------------- types, annotations

/// <summary><c>f32[N, 784]</c> with annotations; Shape null is a scalar. <c>..</c> in a shape is an EllipsisExpr.</summary>
public sealed record TypeSyntax(
    Name Element,
    ImmutableArray<Expr>? Shape,
    ImmutableArray<AnnotationSyntax> Annotations,
    SourceSpan Span) : SyntaxNode(Span);

/// <summary><c>@unstructured(zeros &gt;= 90%)</c>, <c>@nm(2, 4)</c>, <c>@csr</c>, <c>@topk(k, statistical, expect: 8%)</c>.</summary>
public sealed record AnnotationSyntax(Name Name, ImmutableArray<Argument> Arguments, SourceSpan Span) : SyntaxNode(Span);

/// <summary>An argument of a call or annotation; Name null is positional.</summary>
public sealed record Argument(Name? Name, Expr Value, SourceSpan Span) : SyntaxNode(Span);

// ----------------------------------------------------------------------------------------------------------- statements

/// <summary>A member of a model, function, layer or block.</summary>
public abstract record StatementSyntax(SourceSpan Span) : SyntaxNode(Span);

/// <summary><c>input image: u8[N, 28, 28]</c>; Preprocess, if any, says how a picture becomes this tensor: <c>input x: f32[1,3,48,W] from image(rgb, scale: 1/255)</c>.</summary>
public sealed record InputStmt(Name Name, TypeSyntax Type, CallExpr? From, SourceSpan Span) : StatementSyntax(Span);

/// <summary><c>param w: f32[256, 784] @unstructured(zeros &gt;= 90%)</c>; several on one line become several statements.</summary>
public sealed record ParamStmt(Name Name, TypeSyntax Type, SourceSpan Span) : StatementSyntax(Span);

/// <summary><c>state kv: f32[L, T]</c>: kept between calls.</summary>
public sealed record StateStmt(Name Name, TypeSyntax Type, SourceSpan Span) : StatementSyntax(Span);

/// <summary><c>let x = …</c>, <c>let q, k, v = …</c>; in an op body <c>let e[.., j] = …</c> (Indices not null, one name).</summary>
public sealed record LetStmt(
    ImmutableArray<Name> Names,
    ImmutableArray<IndexBinder>? Indices,
    Expr Value,
    SourceSpan Span) : StatementSyntax(Span);

/// <summary><c>output logits: f32[N, 10] = …</c>; Type and Value may each be absent (<c>output y = …</c>, <c>output y</c> for a let of that name).</summary>
public sealed record OutputStmt(Name Name, TypeSyntax? Type, Expr? Value, SourceSpan Span) : StatementSyntax(Span);

/// <summary>The value of a block, its last statement.</summary>
public sealed record ValueStmt(Expr Value, SourceSpan Span) : StatementSyntax(Span);

/// <summary>Text that did not parse.</summary>
public sealed record ErrorStmt(SourceSpan Span) : StatementSyntax(Span);

// ---------------------------------------------------------------------------------------------------------- expressions

/// <summary>An expression.</summary>
public abstract record Expr(SourceSpan Span) : SyntaxNode(Span);

/// <summary>A number: <c>3</c>, <c>0.5</c>, <c>1e-5</c>; Percent literals <c>90%</c> have Value 0.9. Text is as written.</summary>
public sealed record NumberExpr(double Value, bool IsInteger, bool IsPercent, string Text, SourceSpan Span) : Expr(Span);

/// <summary><c>"file.npy"</c></summary>
public sealed record StringExpr(string Value, SourceSpan Span) : Expr(Span);

/// <summary><c>true</c>, <c>false</c></summary>
public sealed record BoolExpr(bool Value, SourceSpan Span) : Expr(Span);

/// <summary>A name: variable, index, dim, element type, mask, constant, function.</summary>
public sealed record NameExpr(Name Name, SourceSpan Span) : Expr(Span);

/// <summary><c>..</c> in subscripts and shapes.</summary>
public sealed record EllipsisExpr(SourceSpan Span) : Expr(Span);

/// <summary><c>a.b</c> (no space before the dot).</summary>
public sealed record MemberExpr(Expr Target, Name Member, SourceSpan Span) : Expr(Span);

/// <summary>
/// <c>f(x, stride: 2) as block[i]</c>. Label names the instance of a layer in parameter paths; LabelIndex is its index, if any.
/// </summary>
public sealed record CallExpr(Expr Target, ImmutableArray<Argument> Arguments, Name? Label, Expr? LabelIndex, SourceSpan Span) : Expr(Span);

/// <summary><c>x[n, c, p * stride + r]</c> or, in network code, <c>x[.., :R]</c>, <c>list[i]</c>.</summary>
public sealed record IndexExpr(Expr Target, ImmutableArray<Expr> Subscripts, SourceSpan Span) : Expr(Span);

/// <summary><c>a:b</c>, <c>:b</c>, <c>a:</c> inside subscripts.</summary>
public sealed record SliceExpr(Expr? Low, Expr? High, SourceSpan Span) : Expr(Span);

/// <summary>Operators of <see cref="BinaryExpr"/>, loosest first.</summary>
public enum BinaryOperator
{
    /// <summary><c>|&gt;</c>: the left value becomes the first argument of the call on the right.</summary>
    Pipe,

    /// <summary><c>|</c> or <c>or</c></summary>
    Or,

    /// <summary><c>&amp;</c> or <c>and</c></summary>
    And,

    /// <summary><c>==</c></summary>
    Equal,

    /// <summary><c>!=</c></summary>
    NotEqual,

    /// <summary><c>&lt;</c></summary>
    Less,

    /// <summary><c>&lt;=</c></summary>
    LessEqual,

    /// <summary><c>&gt;</c></summary>
    Greater,

    /// <summary><c>&gt;=</c></summary>
    GreaterEqual,

    /// <summary><c>a..b</c>: a range, the end excluded in loops and included in dim declarations.</summary>
    Range,

    /// <summary><c>+</c></summary>
    Add,

    /// <summary><c>-</c></summary>
    Subtract,

    /// <summary><c>*</c></summary>
    Multiply,

    /// <summary><c>/</c>: true division of floats, floor division of integers and dims.</summary>
    Divide,

    /// <summary><c>%</c> (with a space before it)</summary>
    Modulo,

    /// <summary><c> . </c> (with spaces): matrix product over the last index of the left and the first matrix index of the right.</summary>
    Dot,

    /// <summary><c>^</c>: power, right associative</summary>
    Power,
}

/// <summary><c>a + b</c></summary>
public sealed record BinaryExpr(BinaryOperator Operator, Expr Left, Expr Right, SourceSpan Span) : Expr(Span);

/// <summary>Operators of <see cref="UnaryExpr"/>.</summary>
public enum UnaryOperator
{
    /// <summary><c>-x</c></summary>
    Negate,

    /// <summary><c>!x</c></summary>
    Not,

    /// <summary><c>x'</c>: the last two indices exchanged.</summary>
    Transpose,
}

/// <summary><c>-x</c>, <c>!m</c>, <c>k'</c></summary>
public sealed record UnaryExpr(UnaryOperator Operator, Expr Operand, SourceSpan Span) : Expr(Span);

/// <summary><c>sum(c, r &lt; 3) body</c>; Kind is sum, max, min or prod; the body extends over <c>* / % .</c> but not <c>+ -</c>.</summary>
public sealed record ReduceExpr(Name Kind, ImmutableArray<IndexBinder> Binders, Expr Body, SourceSpan Span) : Expr(Span);

/// <summary><c>value if condition else other</c>.</summary>
public sealed record ConditionalExpr(Expr Value, Expr Condition, Expr Otherwise, SourceSpan Span) : Expr(Span);

/// <summary><c>[1, 2, 3]</c></summary>
public sealed record ListExpr(ImmutableArray<Expr> Items, SourceSpan Span) : Expr(Span);

/// <summary><c>(a, b)</c>; two or more entries.</summary>
public sealed record TupleExpr(ImmutableArray<Expr> Items, SourceSpan Span) : Expr(Span);

/// <summary><c>{ let h = …; h * 2 }</c></summary>
public sealed record BlockExpr(ImmutableArray<StatementSyntax> Statements, SourceSpan Span) : Expr(Span);

/// <summary>
/// A static loop that carries the values of the let it is the value of:
/// <c>let x = for (o, s) in [(64, 1), (128, 2)] { x |&gt; separable(o, stride: s) }</c>. Items is a list or a range <c>0..4</c>.
/// </summary>
public sealed record ForExpr(ImmutableArray<Name> Variables, Expr Items, BlockExpr Body, SourceSpan Span) : Expr(Span);

/// <summary><c>if cond { … } else { … }</c>: a static condition chooses; the other branch is not bound.</summary>
public sealed record IfExpr(Expr Condition, BlockExpr Then, BlockExpr? Else, SourceSpan Span) : Expr(Span);

/// <summary><c>value @topk(8)</c>: an annotation on a value.</summary>
public sealed record AnnotatedExpr(Expr Value, ImmutableArray<AnnotationSyntax> Annotations, SourceSpan Span) : Expr(Span);

/// <summary>Text that did not parse.</summary>
public sealed record ErrorExpr(SourceSpan Span) : Expr(Span);
