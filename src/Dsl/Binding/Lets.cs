using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Binds <c>let</c>, and the static loops whose values it carries.</summary>
internal sealed class Lets(Elaborator code)
{
    /// <summary>Binds the names of a let.</summary>
    public void Bind(LetStmt let)
    {
        if (let.Indices is not null)
        {
            code.Fail(NameDiagnostics.Misplaced, let.Span, "a let with indices", "an operator");
            return;
        }

        var value = let.Value is ForExpr loop ? For(let.Names, loop) : code.Evaluate(let.Value);
        Assign(code.Declare, let.Names, value, let.Span);
    }

    private void Assign(Action<Name, Value> set, ImmutableArray<Name> names, Value value, SourceSpan span)
    {
        if (names.Length == 1)
        {
            set(names[0], value);
            return;
        }

        if (value is Value.List list && list.Items.Length == names.Length)
        {
            for (var i = 0; i < names.Length; i++)
            {
                set(names[i], list.Items[i]);
            }

            return;
        }

        if (value is not Value.Error)
        {
            var count = value is Value.List items ? items.Items.Length : 1;
            code.Fail(NameDiagnostics.TupleCount, span, FormattableString.Invariant($"{names.Length}"), FormattableString.Invariant($"{count}"));
        }

        foreach (var name in names)
        {
            set(name, new Value.Error());
        }
    }

    /// <summary>Runs a loop; in every round the names of the let are the values of the round before.</summary>
    private Value For(ImmutableArray<Name> carried, ForExpr loop)
    {
        if (Items(loop) is not { } items)
        {
            return new Value.Error();
        }

        var current = code.Inner();
        Value result = carried.Length == 1
            ? code.Scope.Find(carried[0].Text) ?? new Value.None()
            : new Value.List([.. carried.Select(c => code.Scope.Find(c.Text) ?? new Value.None())]);
        foreach (var item in items)
        {
            var round = current.Inner();
            Assign(round.Declare, loop.Variables, item, loop.Span);
            result = round.Block(loop.Body.Statements);
            Assign((name, given) => current.Scope.Set(name.Text, given), carried, result, loop.Body.Span);
            if (result is Value.Error)
            {
                break;
            }
        }

        return result;
    }

    private IReadOnlyList<Value>? Items(ForExpr loop)
    {
        var items = code.Static(loop.Items);
        switch (items)
        {
            case Value.List list:
                return list.Items;
            case Value.Range { Low.Constant: { } low, High.Constant: { } high } when high - low > ModelState.MostRounds:
                code.Fail(NameDiagnostics.TooLarge, loop.Items.Span, "this range");
                return null;
            case Value.Range { Low.Constant: { } low, High.Constant: { } high }:
                return [.. Enumerable.Range(0, (int)Math.Max(0, high - low)).Select(i => new Value.Integer(Dim.Const(low + i)))];
            case Value.Error:
                return null;
            default:
                code.Fail(NameDiagnostics.WrongKind, loop.Items.Span, "a list or a range of constants", items.Describe(), "write '0..4' or '[1, 2]'");
                return null;
        }
    }
}
