using System.Collections.Immutable;

// Scalar expressions of index notation: what one element of an operator's result is.
//
// `op matmul(a[i, k], b[k, j]) -> y[i, j] = sum(k) a[i, k] * b[k, j]` has the expression
//   Reduce(Sum, [k < K], Apply(mul, Read(0, [i, k]), Read(1, [k, j])))
// Operands are numbered. Subscripts are Dims over index variables and dim symbols, so `p * 2 + r - 1`, `q / 2` and `q % 2` are the same kind
// of thing and one range analysis decides whether a read can leave its operand. A read outside its operand gives the read's Fill.
//
// An expression is a DAG: the same object used twice (x in `x * sigmoid(x)` after x was inlined) is one value, computed once. Everything that walks
// expressions (All, Rewrite, evaluators, lowering) visits an object once; "the only Reduce" means one object.
//
// An index variable is a Dim symbol. Inside one operator all index variables have different names, and none is the name of a dim of the model.
namespace SparseDsl.Dsl.Scalars;

/// <summary>An index variable and its extent: it takes the values 0 to Extent - 1.</summary>
public sealed record IndexRange(string Name, Dim Extent)
{
    /// <summary>The variable as a Dim.</summary>
    public Dim Symbol => Dim.Symbol(Name);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} < {Extent}";
}

/// <summary>How a reduction combines values.</summary>
public enum ReduceKind
{
    /// <summary>Sum; identity 0.</summary>
    Sum,

    /// <summary>Largest; identity -infinity, of integers the smallest of the type.</summary>
    Max,

    /// <summary>Smallest; identity +infinity, of integers the largest of the type.</summary>
    Min,

    /// <summary>Product; identity 1.</summary>
    Prod,
}

/// <summary>Facts about reductions.</summary>
public static class ReduceKinds
{
    /// <summary>The value of an empty reduction.</summary>
    public static double Identity(this ReduceKind kind) => kind switch
    {
        ReduceKind.Sum => 0,
        ReduceKind.Max => double.NegativeInfinity,
        ReduceKind.Min => double.PositiveInfinity,
        _ => 1,
    };

    /// <summary>The value of an empty reduction in an element type.</summary>
    public static double Identity(this ReduceKind kind, ElementType type) => IntegerArithmetic.Limit(kind.Identity(), type);

    /// <summary>The type sums and products are collected in: i32 for what is narrower than 32 bits, so that they do not wrap at 255.</summary>
    public static ElementType Result(this ReduceKind kind, ElementType type) =>
        kind is ReduceKind.Sum or ReduceKind.Prod && type.IsInteger() && type.Size() < 4 ? ElementType.I32 : type;

    /// <summary>The core operation that combines two values.</summary>
    public static CoreOp Combine(this ReduceKind kind) => kind switch
    {
        ReduceKind.Sum => CoreOps.Add,
        ReduceKind.Max => CoreOps.Max,
        ReduceKind.Min => CoreOps.Min,
        _ => CoreOps.Mul,
    };

    /// <summary>The name in the language: <c>sum</c>.</summary>
    public static string Name(this ReduceKind kind) => kind switch
    {
        ReduceKind.Sum => "sum",
        ReduceKind.Max => "max",
        ReduceKind.Min => "min",
        _ => "prod",
    };
}

/// <summary>A scalar expression over operands and index variables. Immutable; compared by reference.</summary>
public abstract class ScalarExpr
{
    private ScalarExpr(ElementType type) => Type = type;

    /// <summary>The type of the value.</summary>
    public ElementType Type { get; }

    /// <summary>Applies a core operation; the result type follows from the row.</summary>
    public static ScalarExpr Of(CoreOp op, params ScalarExpr[] arguments) => new Apply(op, [.. arguments], ResultType(op, arguments));

    /// <summary>Every expression inside, this one first, each object once.</summary>
    public IReadOnlyList<ScalarExpr> All()
    {
        var found = new List<ScalarExpr>();
        var seen = new HashSet<ScalarExpr>();
        Collect(this);
        return found;

        void Collect(ScalarExpr expr)
        {
            if (seen.Add(expr))
            {
                found.Add(expr);
                foreach (var child in expr.Children())
                {
                    Collect(child);
                }
            }
        }
    }

    /// <summary>The direct subexpressions.</summary>
    public abstract IEnumerable<ScalarExpr> Children();

    /// <summary>This node over other subexpressions (same number, same order); itself when nothing changed.</summary>
    public abstract ScalarExpr WithChildren(IReadOnlyList<ScalarExpr> children);

    /// <summary>
    /// Rewrites bottom up: subexpressions first, then <paramref name="rewrite"/> on the rebuilt node. Keeps identity where nothing changes, and
    /// sharing: an object used twice is rewritten once.
    /// </summary>
    public ScalarExpr Rewrite(Func<ScalarExpr, ScalarExpr> rewrite)
    {
        var done = new Dictionary<ScalarExpr, ScalarExpr>();
        return Visit(this);

        ScalarExpr Visit(ScalarExpr expr)
        {
            if (done.TryGetValue(expr, out var known))
            {
                return known;
            }

            List<ScalarExpr>? next = null;
            var same = true;
            foreach (var child in expr.Children())
            {
                var visited = Visit(child);
                same &= ReferenceEquals(visited, child);
                (next ??= []).Add(visited);
            }

            var result = rewrite(same ? expr : expr.WithChildren(next!));
            done.Add(expr, result);
            return result;
        }
    }

    /// <summary>Replaces symbols (index variables, dims) in every subscript, extent and index value.</summary>
    public ScalarExpr Substitute(Func<string, Dim?> map) => Rewrite(e => e switch
    {
        Index i => new Index(i.Value.Substitute(map), i.Type),
        Read r => new Read(r.Operand, [.. r.Subscripts.Select(s => s.Substitute(map))], r.Type, r.Fill),
        Reduce r => new Reduce(r.Kind, [.. r.Vars.Select(v => new IndexRange(v.Name, v.Extent.Substitute(map)))], r.Body),
        _ => e,
    });

    /// <summary>The result type of a core operation over operands.</summary>
    public static ElementType ResultType(CoreOp op, IReadOnlyList<ScalarExpr> arguments)
    {
        var common = op.Rule == ResultRule.Select ? Common(arguments[1].Type, arguments[2].Type)
            : arguments.Select(a => a.Type).Aggregate(Common);
        return op.Rule switch
        {
            ResultRule.Bool => ElementType.Bool,
            ResultRule.Single => ElementType.F32,
            ResultRule.Word => ElementType.I32,
            ResultRule.Last => arguments[arguments.Count - 1].Type,
            ResultRule.Float when !common.IsFloat() => ElementType.F32,
            _ => common,
        };
    }

    /// <summary>The type two operands are brought to: the later one in <see cref="ElementType"/>'s order (f16 with bf16 gives f32).</summary>
    public static ElementType Common(ElementType a, ElementType b) => (a, b) switch
    {
        (ElementType.F16, ElementType.BF16) or (ElementType.BF16, ElementType.F16) => ElementType.F32,
        _ => a > b ? a : b,
    };

    /// <summary>A number.</summary>
    public sealed class Literal(double value, ElementType type) : ScalarExpr(type)
    {
        /// <summary>The value; integers up to 2^53 exactly.</summary>
        public double Value { get; } = value;

        /// <inheritdoc/>
        public override IEnumerable<ScalarExpr> Children() => [];

        /// <inheritdoc/>
        public override ScalarExpr WithChildren(IReadOnlyList<ScalarExpr> children) => this;
    }

    /// <summary>An integer expression over index variables and dims, used as a value.</summary>
    public sealed class Index(Dim value, ElementType type = ElementType.I32) : ScalarExpr(type)
    {
        /// <summary>The expression.</summary>
        public Dim Value { get; } = value;

        /// <inheritdoc/>
        public override IEnumerable<ScalarExpr> Children() => [];

        /// <inheritdoc/>
        public override ScalarExpr WithChildren(IReadOnlyList<ScalarExpr> children) => this;
    }

    /// <summary>An element of an operand; outside the operand's shape the value is <see cref="Fill"/>.</summary>
    public sealed class Read(int operand, ImmutableArray<Dim> subscripts, ElementType type, double fill = 0) : ScalarExpr(type)
    {
        /// <summary>Number of the operand.</summary>
        public int Operand { get; } = operand;

        /// <summary>One subscript for each index of the operand.</summary>
        public ImmutableArray<Dim> Subscripts { get; } = subscripts;

        /// <summary>The value of a read outside the operand: the identity of the innermost reduction around it, 0 without one.</summary>
        public double Fill { get; } = IntegerArithmetic.Limit(fill, type);

        /// <inheritdoc/>
        public override IEnumerable<ScalarExpr> Children() => [];

        /// <inheritdoc/>
        public override ScalarExpr WithChildren(IReadOnlyList<ScalarExpr> children) => this;
    }

    /// <summary>A core operation over expressions.</summary>
    public sealed class Apply(CoreOp op, ImmutableArray<ScalarExpr> arguments, ElementType type) : ScalarExpr(type)
    {
        /// <summary>The operation.</summary>
        public CoreOp Op { get; } = op;

        /// <summary>As many as the operation's arity. Backends convert each to the operation's common type.</summary>
        public ImmutableArray<ScalarExpr> Arguments { get; } = arguments;

        /// <inheritdoc/>
        public override IEnumerable<ScalarExpr> Children() => Arguments;

        /// <inheritdoc/>
        public override ScalarExpr WithChildren(IReadOnlyList<ScalarExpr> children) => new Apply(Op, [.. children], ResultType(Op, children));
    }

    /// <summary>A conversion. To an integer it truncates towards zero and saturates; to <c>bool</c> it is <c>!= 0</c>.</summary>
    public sealed class Cast(ElementType type, ScalarExpr operand) : ScalarExpr(type)
    {
        /// <summary>The converted expression.</summary>
        public ScalarExpr Operand { get; } = operand;

        /// <inheritdoc/>
        public override IEnumerable<ScalarExpr> Children() => [Operand];

        /// <inheritdoc/>
        public override ScalarExpr WithChildren(IReadOnlyList<ScalarExpr> children) => new Cast(Type, children[0]);
    }

    /// <summary>A reduction over index variables. Sums and products of types narrower than 32 bits are i32; their elements are converted first.</summary>
    public sealed class Reduce(ReduceKind kind, ImmutableArray<IndexRange> vars, ScalarExpr body) : ScalarExpr(kind.Result(body.Type))
    {
        /// <summary>How values combine.</summary>
        public ReduceKind Kind { get; } = kind;

        /// <summary>The variables reduced over, outermost first.</summary>
        public ImmutableArray<IndexRange> Vars { get; } = vars;

        /// <summary>What is combined.</summary>
        public ScalarExpr Body { get; } = body;

        /// <inheritdoc/>
        public override IEnumerable<ScalarExpr> Children() => [Body];

        /// <inheritdoc/>
        public override ScalarExpr WithChildren(IReadOnlyList<ScalarExpr> children) => new Reduce(Kind, Vars, children[0]);
    }
}
