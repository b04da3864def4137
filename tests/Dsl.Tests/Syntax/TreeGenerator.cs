using System.Collections.Immutable;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Tests.Syntax;

/// <summary>Random trees that the grammar can produce, without places; reproducible by seed.</summary>
internal sealed class TreeGenerator(int seed)
{
    private static SourceSpan Nowhere => default;

    // Contextual words are names too, and are the ones that could be misread.
    private static readonly string[] Words =
        ["a", "b2", "k", "long_name_of_a_value", "sum", "max", "step", "cover", "from", "input", "mask", "param", "state", "output", "score"];

    private readonly Random random = new(seed);

    public ModuleSyntax Module() => new(
        Maybe(() => new Name("std.nn", Nowhere)),
        Many(0, 2, () => new ImportSyntax(new Name("std.math.more", Nowhere), Nowhere)),
        Many(1, 4, Item),
        Nowhere);

    private ItemSyntax Item() => random.Next(8) switch
    {
        0 => new ConstItem(Name(), Expr(4), Nowhere),
        1 => new OpItem(
            Name(), Many(0, 3, Operand), Many(0, 2, Attribute), Maybe(Operand), Expr(5), Nowhere),
        2 => new FunctionItem(
            Flip(), Name(), Many(0, 3, () => new ValueParameter(Name(), Maybe(Type), Nowhere)), Many(0, 2, Attribute), Maybe(Type),
            Block(4), Nowhere),
        3 => new ModelItem(Name(), Many(0, 3, Dim), Many(0, 5, () => Statement(4)), Nowhere),
        4 => new FormatItem(Name(), Many(0, 2, Name), Many(1, 2, Name), Many(1, 4, () => Expr(2)), Nowhere),
        5 => new MaskItem(Flip(), Name(), Many(1, 3, Name), Many(0, 2, Name), Expr(4), Nowhere),
        6 => new PatternItem(
            Name(), Many(0, 2, Name), Many(0, 2, Name), Flip() ? Expr(4) : Block(3), Maybe(() => Expr(2)), Nowhere),
        _ => new SparsifyItem(
            Name(), Many(0, 3, () => new SparsifyRule(new Name("a.**.b[*].c*", Nowhere), Many(1, 2, Annotation), Nowhere)), Nowhere),
    };

    private OpOperand Operand() => new(Name(), Flip() ? Many(0, 3, Binder) : null, Nowhere);

    private IndexBinder Binder() => random.Next(4) == 0
        ? new IndexBinder(new Name("..", Nowhere), null, Nowhere)
        : new IndexBinder(Name(), Maybe(() => Expr(1)), Nowhere);

    private AttributeParameter Attribute() => new(Name(), new Name("int", Nowhere), Maybe(() => Expr(2)), Nowhere);

    private DimParameter Dim() => Flip()
        ? new DimParameter(Name(), null, null, null, Nowhere)
        : new DimParameter(Name(), Expr(1), Expr(1), Maybe(() => Expr(1)), Nowhere);

    private TypeSyntax Type() => new(
        new Name("f32", Nowhere),
        Flip() ? Many(0, 3, () => random.Next(4) == 0 ? new EllipsisExpr(Nowhere) : Expr(2)) : null,
        Many(0, 2, Annotation),
        Nowhere);

    private AnnotationSyntax Annotation() => new(Name(), Many(0, 2, () => Argument(2)), Nowhere);

    private Argument Argument(int depth) => new(Maybe(Name), Expr(depth), Nowhere);

    private StatementSyntax Statement(int depth) => random.Next(8) switch
    {
        0 => new InputStmt(Name(), Type(), Maybe(() => Call(1, new NameExpr(Name(), Nowhere), false)), Nowhere),
        1 => new ParamStmt(Name(), Type(), Nowhere),
        2 => new StateStmt(Name(), Type(), Nowhere),
        3 => new OutputStmt(Name(), Maybe(Type), Maybe(() => Expr(depth)), Nowhere),
        4 => new LetStmt(Many(1, 3, Name), null, Expr(depth), Nowhere),
        5 => new LetStmt([Name()], Many(0, 2, Binder), Expr(depth), Nowhere),
        _ => new ValueStmt(Expr(depth), Nowhere),
    };

    private Expr Expr(int depth) => depth <= 0 ? Leaf() : random.Next(17) switch
    {
        0 or 1 => Leaf(),
        2 or 3 or 4 => Binary(depth),
        5 => new UnaryExpr((UnaryOperator)random.Next(3), Expr(depth - 1), Nowhere),
        6 => new MemberExpr(Expr(depth - 1), Name(), Nowhere),
        7 => Call(depth - 1, Expr(depth - 1), Flip()),
        8 => new IndexExpr(Expr(depth - 1), Many(1, 3, () => Subscript(depth - 1)), Nowhere),
        9 or 10 => Reduce(depth),
        11 => new ConditionalExpr(Expr(depth - 1), Expr(depth - 1), Expr(depth - 1), Nowhere),
        12 => new ListExpr(Many(0, 4, () => Expr(depth - 1)), Nowhere),
        13 => new TupleExpr(Many(2, 4, () => Expr(depth - 1)), Nowhere),
        14 => Flip() ? Block(depth - 1) : If(depth),
        15 => new ForExpr(Many(1, 2, Name), Expr(depth - 1), Block(depth - 1), Nowhere),
        _ => new AnnotatedExpr(Expr(depth - 1), Many(1, 2, Annotation), Nowhere),
    };

    private Expr Leaf() => random.Next(6) switch
    {
        0 => new NumberExpr(3, true, false, "3", Nowhere),
        1 => new NumberExpr(0.25, false, true, "25%", Nowhere),
        2 => new StringExpr("a\\\"b\n// c", Nowhere),
        3 => new BoolExpr(Flip(), Nowhere),
        _ => new NameExpr(Name(), Nowhere),
    };

    private BinaryExpr Binary(int depth)
    {
        var op = (BinaryOperator)random.Next(17);
        var right = op == BinaryOperator.Pipe
            ? Flip() ? Call(depth - 1, new NameExpr(Name(), Nowhere), Flip()) : new NameExpr(Name(), Nowhere)
            : Expr(depth - 1);
        return new BinaryExpr(op, Expr(depth - 1), right, Nowhere);
    }

    private CallExpr Call(int depth, Expr target, bool labelled) => new(
        target, Many(0, 3, () => Argument(depth)), labelled ? Name() : null, labelled && Flip() ? Expr(1) : null, Nowhere);

    private Expr Subscript(int depth) => random.Next(4) switch
    {
        0 => new EllipsisExpr(Nowhere),
        1 => new SliceExpr(Maybe(() => Expr(depth)), Maybe(() => Expr(depth)), Nowhere),
        _ => Expr(depth),
    };

    private ReduceExpr Reduce(int depth) => new(
        new Name(Keywords.Reductions[random.Next(4)], Nowhere), Many(1, 2, Binder), Expr(depth - 1), Nowhere);

    private IfExpr If(int depth) => new(Expr(depth - 1), Block(depth - 1), Maybe(() => Block(depth - 1)), Nowhere);

    private BlockExpr Block(int depth) => new(Many(0, 3, () => Statement(depth - 1)), Nowhere);

    private Name Name() => new(Words[random.Next(Words.Length)], Nowhere);

    private bool Flip() => random.Next(2) == 0;

    private T? Maybe<T>(Func<T> make)
        where T : class => Flip() ? make() : null;

    private ImmutableArray<T> Many<T>(int low, int high, Func<T> make) =>
        [.. Enumerable.Range(0, random.Next(low, high + 1)).Select(_ => make())];
}
