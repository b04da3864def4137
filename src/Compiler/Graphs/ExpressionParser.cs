using System.Collections.Immutable;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Graphs;

/// <summary>Reads scalar expressions in the form <see cref="ExpressionPrinter"/> writes.</summary>
internal sealed class ExpressionParser(IrReader reader, Func<string, Node> lookup)
{
    private static readonly (string Sign, CoreOp Op)[] Infix =
    [
        ("==", CoreOps.Eq), ("!=", CoreOps.Ne), ("<=", CoreOps.Le), (">=", CoreOps.Ge), ("<", CoreOps.Lt), (">", CoreOps.Gt),
        ("+", CoreOps.Add), ("-", CoreOps.Sub), ("*", CoreOps.Mul), ("/", CoreOps.Div),
    ];

    private readonly List<Node> operands = [];
    private readonly Dictionary<string, ScalarExpr> named = new(StringComparer.Ordinal);

    /// <summary>The operands in order of their first read.</summary>
    public ImmutableArray<Node> Operands => [.. operands];

    /// <summary>One expression: a primary, or two with a sign between.</summary>
    public ScalarExpr Parse()
    {
        var left = Primary();
        foreach (var (sign, op) in Infix)
        {
            if (reader.TryTake(sign))
            {
                return ScalarExpr.Of(op, left, Primary());
            }
        }

        return left;
    }

    private ScalarExpr Primary()
    {
        if (reader.TryTake("("))
        {
            var inner = Parse();
            reader.Take(")");
            return inner;
        }

        if (reader.TryTake("%"))
        {
            return Read();
        }

        return reader.TryNumber() is { } number ? new ScalarExpr.Literal(number, Suffix(ElementType.F32)) : Named(reader.Name());
    }

    private ScalarExpr Named(string name)
    {
        if (named.TryGetValue(name, out var known))
        {
            return known;
        }

        if (reader.TryTake("="))
        {
            var value = Parse();
            named.Add(name, value);
            return value;
        }

        reader.Take("(");
        if (name == "index")
        {
            var dim = reader.Dim();
            reader.Take(")");
            return new ScalarExpr.Index(dim, Suffix(ElementType.I32));
        }

        if (name == "cast")
        {
            var type = ElementTypes.Parse(reader.Name()) ?? throw reader.Error("expected an element type");
            reader.Take(",");
            var operand = Parse();
            reader.Take(")");
            return new ScalarExpr.Cast(type, operand);
        }

        return Reduction(name) ?? Call(name);
    }

    /// <summary><c>max(k &lt; 3) body</c> against <c>max(a, b)</c>: a reduction begins with a name and '&lt;' and is followed by an expression.</summary>
    private ScalarExpr? Reduction(string name)
    {
        foreach (var kind in new[] { ReduceKind.Sum, ReduceKind.Max, ReduceKind.Min, ReduceKind.Prod })
        {
            if (kind.Name() == name && reader.SeesBinder())
            {
                ImmutableArray<IndexRange> vars = [.. reader.List(")", Range)];
                return new ScalarExpr.Reduce(kind, vars, Primary());
            }
        }

        return null;
    }

    private IndexRange Range()
    {
        var name = reader.Name();
        reader.Take("<");
        return new IndexRange(name, reader.Dim());
    }

    private ScalarExpr Call(string name)
    {
        var op = CoreOps.Find(name) ?? PackedOps.Find(name) ?? throw reader.Error($"no operation '{name}'");
        ScalarExpr[] arguments = [.. reader.List(")", Parse)];
        return arguments.Length == op.Arity ? ScalarExpr.Of(op, arguments) : throw reader.Error($"'{name}' takes {op.Arity} operands");
    }

    private ScalarExpr.Read Read()
    {
        var node = lookup(reader.Name());
        var number = operands.FindIndex(o => ReferenceEquals(o, node));
        if (number < 0)
        {
            number = operands.Count;
            operands.Add(node);
        }

        reader.Take("[");
        var subscripts = new List<Dim>();
        while (!reader.Sees("else") && !reader.Sees("]"))
        {
            subscripts.Add(reader.Dim());
            if (!reader.TryTake(","))
            {
                break;
            }
        }

        var fill = reader.TryTake("else") ? reader.Number() : 0;
        reader.Take("]");
        return new ScalarExpr.Read(number, [.. subscripts], node.Type.Element, fill);
    }

    private ElementType Suffix(ElementType otherwise)
    {
        if (!reader.TryTake(":"))
        {
            return otherwise;
        }

        return ElementTypes.Parse(reader.Name()) ?? throw reader.Error("expected an element type");
    }
}
