using System.Collections.Immutable;

namespace SparseDsl.Compiler.Loops;

/// <summary>Walks and rebuilds kernels. Rebuilding keeps the identity of what does not change.</summary>
public static class LoopTraversal
{
    /// <summary>The expressions a statement evaluates itself, in order of evaluation; not those of statements inside it.</summary>
    public static ImmutableArray<LoopExpr> Expressions(this Stmt statement) => statement switch
    {
        Stmt.Let s => [s.Value],
        Stmt.Local s => [s.Value],
        Stmt.Assign s => [s.Value],
        Stmt.DeclareTile s => [s.Value],
        Stmt.SetTile s => [.. s.Subscripts, s.Value],
        Stmt.Store s => s.Mask is null ? [s.Offset, s.Value] : [s.Offset, s.Value, s.Mask],
        Stmt.For s => [s.Begin, s.End],
        Stmt.While s => [s.Condition],
        Stmt.If s => [s.Condition],
        Stmt.CompressStore s => [s.Value, s.Mask],
        _ => [],
    };

    /// <summary>This statement over other expressions, as many and in the order of <see cref="Expressions"/>.</summary>
    public static Stmt WithExpressions(this Stmt statement, ImmutableArray<LoopExpr> e) => statement switch
    {
        Stmt.Let s => new Stmt.Let(s.Variable, e[0]),
        Stmt.Local s => new Stmt.Local(s.Variable, e[0]),
        Stmt.Assign s => new Stmt.Assign(s.Variable, e[0]),
        Stmt.DeclareTile s => new Stmt.DeclareTile(s.Tile, e[0]),
        Stmt.SetTile s => new Stmt.SetTile(s.Tile, e.RemoveAt(e.Length - 1), e[e.Length - 1]),
        Stmt.Store s => new Stmt.Store(s.Buffer, e[0], e[1], s.Stride, e.Length > 2 ? e[2] : null),
        Stmt.For s => new Stmt.For(s.Kind, s.Variable, e[0], e[1], s.Step, s.Body),
        Stmt.While s => new Stmt.While(e[0], s.Body),
        Stmt.If s => new Stmt.If(e[0], s.Then, s.Otherwise),
        Stmt.CompressStore s => new Stmt.CompressStore(s.Buffer, s.Position, e[0], e[1]),
        _ => statement,
    };

    /// <summary>The statements directly inside one.</summary>
    public static ImmutableArray<Stmt> Bodies(this Stmt statement) => statement switch
    {
        Stmt.Block s => s.Statements,
        Stmt.For s => [s.Body],
        Stmt.While s => [s.Body],
        Stmt.If s => s.Otherwise is null ? [s.Then] : [s.Then, s.Otherwise],
        _ => [],
    };

    /// <summary>This statement around other statements, as many and in the order of <see cref="Bodies"/>.</summary>
    public static Stmt WithBodies(this Stmt statement, ImmutableArray<Stmt> inner) => statement switch
    {
        Stmt.Block => new Stmt.Block(inner),
        Stmt.For s => new Stmt.For(s.Kind, s.Variable, s.Begin, s.End, s.Step, inner[0]),
        Stmt.While s => new Stmt.While(s.Condition, inner[0]),
        Stmt.If s => new Stmt.If(s.Condition, inner[0], inner.Length > 1 ? inner[1] : null),
        _ => statement,
    };

    /// <summary>A statement and every statement inside it, outer ones first.</summary>
    public static IEnumerable<Stmt> All(this Stmt statement)
    {
        yield return statement;
        foreach (var inner in statement.Bodies())
        {
            foreach (var s in inner.All())
            {
                yield return s;
            }
        }
    }

    /// <summary>An expression and every expression inside it, outer ones first; a shared node comes as often as it is used.</summary>
    public static IEnumerable<LoopExpr> All(this LoopExpr expr)
    {
        yield return expr;
        foreach (var child in expr.Children)
        {
            foreach (var e in child.All())
            {
                yield return e;
            }
        }
    }

    /// <summary>Every expression in a statement and the statements inside it.</summary>
    public static IEnumerable<LoopExpr> AllExpressions(this Stmt statement) =>
        statement.All().SelectMany(s => s.Expressions()).SelectMany(e => e.All());

    /// <summary>Rewrites an expression bottom up: children first, then <paramref name="rewrite"/> on the rebuilt node.</summary>
    public static LoopExpr Rewrite(this LoopExpr expr, Func<LoopExpr, LoopExpr> rewrite)
    {
        var children = expr.Children;
        var next = Map(children, c => c.Rewrite(rewrite));
        return rewrite(next == children ? expr : expr.WithChildren(next));
    }

    /// <summary>Rewrites every expression of a statement and of the statements inside it, bottom up.</summary>
    public static Stmt RewriteExpressions(this Stmt statement, Func<LoopExpr, LoopExpr> rewrite)
    {
        var expressions = statement.Expressions();
        var next = Map(expressions, e => e.Rewrite(rewrite));
        var result = next == expressions ? statement : statement.WithExpressions(next);
        return result.MapBodies(s => s.RewriteExpressions(rewrite));
    }

    /// <summary>Rebuilds a statement with each statement directly inside it replaced.</summary>
    public static Stmt MapBodies(this Stmt statement, Func<Stmt, Stmt> map)
    {
        var inner = statement.Bodies();
        var next = Map(inner, map);
        return next == inner ? statement : statement.WithBodies(next);
    }

    /// <summary>The statements of a block, or the one statement that stands for a block.</summary>
    public static ImmutableArray<Stmt> Flat(this Stmt statement) =>
        statement is Stmt.Block block ? [.. block.Statements.SelectMany(s => s.Flat())] : [statement];

    /// <summary>The variable a statement declares or counts with, or null.</summary>
    public static Variable? Declares(this Stmt statement) => statement switch
    {
        Stmt.Let s => s.Variable,
        Stmt.Local s => s.Variable,
        Stmt.For s => s.Variable,
        _ => null,
    };

    /// <summary>The register a statement itself changes, or null.</summary>
    public static Variable? Changes(this Stmt statement) => statement switch
    {
        Stmt.Assign s => s.Variable,
        Stmt.CompressStore s => s.Position,
        _ => null,
    };

    /// <summary>The buffer a statement itself writes, or null.</summary>
    public static Buffer? Writes(this Stmt statement) => statement switch
    {
        Stmt.Store s => s.Buffer,
        Stmt.CompressStore s => s.Buffer,
        Stmt.Scratch s => s.Buffer,
        _ => null,
    };

    /// <summary>The buffer an expression itself reads, or null.</summary>
    public static Buffer? Reads(this LoopExpr expr) => expr switch
    {
        LoopExpr.Load e => e.Buffer,
        LoopExpr.Gather e => e.Buffer,
        LoopExpr.Expand e => e.Buffer,
        _ => null,
    };

    // The same array when no element changed.
    private static ImmutableArray<T> Map<T>(ImmutableArray<T> items, Func<T, T> map)
        where T : class
    {
        ImmutableArray<T>.Builder? result = null;
        for (var i = 0; i < items.Length; i++)
        {
            var next = map(items[i]);
            if (result is null && !ReferenceEquals(next, items[i]))
            {
                result = items.ToBuilder();
            }

            if (result is not null)
            {
                result[i] = next;
            }
        }

        return result?.MoveToImmutable() ?? items;
    }
}
