using System.Collections.Immutable;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>
/// Writes the body of a Vector loop for vectors side by side. What is equal in all iterations stays scalar and is written once; the rest is written once
/// for each vector. The tail mask turns off lanes beyond the end, the condition mask those for which an If does not hold.
/// </summary>
internal sealed class VectorEmitter
{
    private readonly VectorPlan plan;
    private readonly LoopNames names;
    private readonly Dictionary<Tile, Tile> vectorTiles;
    private readonly Dictionary<Variable, Variable[]> collectors;
    private readonly LoopExpr start;
    private readonly bool mayBeEmpty;
    private readonly int lanes;
    private readonly Dictionary<Variable, Variable> scalars = [];
    private readonly Dictionary<Variable, Variable[]> vectors = [];
    private readonly Dictionary<Tile, Tile[]> inner = [];
    private LoopExpr?[] tails = [];
    private LoopExpr?[] conditions = [];
    private List<Stmt> result = [];

    /// <summary>Prepares to write.</summary>
    /// <param name="plan">What is known about the loop.</param>
    /// <param name="names">New names.</param>
    /// <param name="vectorTiles">Outer tiles that became tiles of vectors.</param>
    /// <param name="collectors">Vectors that outer registers collect in.</param>
    /// <param name="start">Value of the loop variable in the first lane of the first vector.</param>
    /// <param name="mayBeEmpty">Whether a tail mask may turn off every lane.</param>
    public VectorEmitter(
        VectorPlan plan, LoopNames names, Dictionary<Tile, Tile> vectorTiles, Dictionary<Variable, Variable[]> collectors, LoopExpr start, bool mayBeEmpty)
    {
        this.plan = plan;
        this.names = names;
        this.vectorTiles = vectorTiles;
        this.collectors = collectors;
        this.start = start;
        this.mayBeEmpty = mayBeEmpty;
        lanes = plan.Lanes;
    }

    /// <summary>The statements for vectors with these tail masks; null for a whole vector.</summary>
    public List<Stmt> Body(Stmt body, LoopExpr?[] masks)
    {
        result = [];
        conditions = new LoopExpr?[masks.Length];
        tails = [.. masks.Select(m => m is null ? null : Named("tail", m))];
        Statement(body);
        return result;
    }

    // ---------------------------------------------------------------------------------------------------- statements

    private void Statement(Stmt statement)
    {
        switch (statement)
        {
            case Stmt.Block s:
                s.Statements.ToList().ForEach(Statement);
                break;
            case Stmt.Let s:
                Declare(s.Variable, s.Value, (v, e) => new Stmt.Let(v, e));
                break;
            case Stmt.Local s:
                Declare(s.Variable, s.Value, (v, e) => new Stmt.Local(v, e));
                break;
            case Stmt.Assign s:
                Assign(s);
                break;
            case Stmt.DeclareTile s:
                inner[s.Tile] = EachVector(_ => new Tile(names.New(s.Tile.Name), s.Tile.Type.WithLanes(lanes), s.Tile.Shape));
                ForEachVector(v => new Stmt.DeclareTile(inner[s.Tile][v], Vector(s.Value, v)));
                break;
            case Stmt.SetTile s:
                ForEachVector(v => SetTile(s, v));
                break;
            case Stmt.Store s:
                ForEachVector(v => Store(s, v));
                break;
            case Stmt.CompressStore s:
                ForEachVector(v => new Stmt.CompressStore(s.Buffer, s.Position, Vector(s.Value, v), And(Vector(s.Mask, v), Active(v))!));
                break;
            case Stmt.For s:
                var (begin, end) = (Scalar(s.Begin), Scalar(s.End));
                var variable = scalars[s.Variable] = names.Variable(s.Variable.Name, s.Variable.Type);
                result.Add(new Stmt.For(s.Kind, variable, begin, end, s.Step, Nested(s.Body)));
                break;
            case Stmt.While s:
                result.Add(new Stmt.While(Scalar(s.Condition), Nested(s.Body)));
                break;
            case Stmt.If s:
                If(s);
                break;
            default:
                throw new CompilerBugException($"a vector loop may not contain {LoopPrinter.Print(statement)}");
        }
    }

    private void Declare(Variable variable, LoopExpr value, Func<Variable, LoopExpr, Stmt> statement)
    {
        if (!plan.Varies(variable))
        {
            var scalar = Scalar(value);
            result.Add(statement(scalars[variable] = names.Variable(variable.Name, variable.Type), scalar));
            return;
        }

        var values = EachVector(v => Vector(value, v));
        vectors[variable] = EachVector(_ => names.Variable(variable.Name, variable.Type.WithLanes(lanes)));
        ForEachVector(v => statement(vectors[variable][v], values[v]));
    }

    private void Assign(Stmt.Assign s)
    {
        if (collectors.TryGetValue(s.Variable, out var collecting))
        {
            ForEachVector(v => new Stmt.Assign(collecting[v], Kept(Active(v), Vector(s.Value, v), collecting[v].Read())));
        }
        else if (plan.Varies(s.Variable))
        {
            // Lanes beyond the end hold nothing anybody reads.
            var values = EachVector(v => Kept(conditions[v], Vector(s.Value, v), vectors[s.Variable][v].Read()));
            ForEachVector(v => new Stmt.Assign(vectors[s.Variable][v], values[v]));
        }
        else
        {
            result.Add(new Stmt.Assign(Renamed(s.Variable), Scalar(s.Value)));
        }
    }

    private Stmt.SetTile SetTile(Stmt.SetTile s, int v)
    {
        var (tile, subscripts) = Entry(s.Tile, s.Subscripts, v);
        var mask = plan.IsInside(s.Tile) ? conditions[v] : Active(v);
        return new Stmt.SetTile(tile, subscripts, Kept(mask, Vector(s.Value, v), new LoopExpr.TileGet(tile, subscripts)));
    }

    private Stmt.Store Store(Stmt.Store s, int v)
    {
        var (stride, first) = plan.Affine(s.Offset)!.Value;
        var mask = And(s.Mask is null ? null : Vector(s.Mask, v), Active(v));
        return new Stmt.Store(s.Buffer, Place(stride, first, v), Vector(s.Value, v), (int)stride, mask);
    }

    private void If(Stmt.If s)
    {
        if (!plan.Varies(s.Condition))
        {
            var condition = Scalar(s.Condition);
            result.Add(new Stmt.If(condition, Nested(s.Then), s.Otherwise is null ? null : Nested(s.Otherwise)));
            return;
        }

        var outer = conditions;
        var holds = EachVector(v => Named("holds", Vector(s.Condition, v)));
        conditions = EachVector<LoopExpr?>(v => outer[v] is null ? holds[v] : Named("both", And(outer[v], holds[v])!));
        Statement(s.Then);
        if (s.Otherwise is not null)
        {
            var fails = EachVector(v => Named("fails", LoopOps.Of(CoreOps.Not, holds[v])));
            conditions = EachVector<LoopExpr?>(v => outer[v] is null ? fails[v] : Named("both", And(outer[v], fails[v])!));
            Statement(s.Otherwise);
        }

        conditions = outer;
    }

    private Stmt.Block Nested(Stmt body)
    {
        var outer = result;
        result = [];
        Statement(body);
        var block = new Stmt.Block([.. result]);
        result = outer;
        return block;
    }

    // --------------------------------------------------------------------------------------------------- expressions

    /// <summary>A value that is equal in all iterations.</summary>
    private LoopExpr Scalar(LoopExpr expr) => expr.Rewrite(e => e is LoopExpr.Var v ? Renamed(v.Variable).Read() : e);

    private Variable Renamed(Variable variable) => scalars.TryGetValue(variable, out var copy) ? copy : variable;

    /// <summary>A value in the lanes of a vector.</summary>
    private LoopExpr Vector(LoopExpr expr, int v)
    {
        if (expr is LoopExpr.Const c)
        {
            return new LoopExpr.Const(c.Value, c.Type.WithLanes(lanes));
        }

        if (expr is LoopExpr.Var { Variable: var register } && collectors.TryGetValue(register, out var collecting) && plan.Reductions.ContainsKey(register))
        {
            return collecting[v].Read();
        }

        if (IsCollecting(expr))
        {
            return expr.WithChildren([.. expr.Children.Select(child => Vector(child, v))]);
        }

        if (!plan.Varies(expr))
        {
            return Uniform(expr, v);
        }

        if (plan.Affine(expr) is var (stride, first) && Math.Abs(stride) <= int.MaxValue)
        {
            return new LoopExpr.Ramp(Place(stride, first, v), (int)stride, lanes);
        }

        switch (expr)
        {
            case LoopExpr.Var e:
                return vectors[e.Variable][v].Read();
            case LoopExpr.Load e:
                return Load(e, v);
            case LoopExpr.TileGet e:
                var (tile, subscripts) = Entry(e.Tile, e.Children, v);
                return new LoopExpr.TileGet(tile, subscripts);
            case LoopExpr.Op { Operation: var op, Type.Element: var element } e when element.IsInteger() && (op == CoreOps.Div || op == CoreOps.Mod):
                // Lanes that are turned off may hold 0.
                var divisor = Vector(e.Children[1], v);
                return LoopOps.Of(op, Vector(e.Children[0], v), e.Children[1] is LoopExpr.Const ? divisor : Kept(Active(v), divisor, LoopOps.Const(1, divisor.Type)));
            default:
                return expr.WithChildren([.. expr.Children.Select(child => Vector(child, v))]);
        }
    }

    // Part of the new value of a collecting register, around the register itself.
    private bool IsCollecting(LoopExpr expr) =>
        plan.Reductions.Count > 0 && expr is LoopExpr.Op && expr.All().Any(e => e is LoopExpr.Var v && plan.Reductions.ContainsKey(v.Variable));

    private LoopExpr Uniform(LoopExpr expr, int v)
    {
        // Where possibly no lane is on, a scalar load might be outside its buffer: a gather touches only lanes that are on.
        var guard = conditions[v] is not null || mayBeEmpty ? Active(v) : null;
        if (guard is null || !expr.All().Any(e => e is LoopExpr.Load))
        {
            return LoopOps.Splat(Scalar(expr), lanes);
        }

        return expr is LoopExpr.Load load
            ? new LoopExpr.Gather(load.Buffer, Vector(load.Offset, v), And(load.Mask is null ? null : Vector(load.Mask, v), guard))
            : expr.WithChildren([.. expr.Children.Select(child => Vector(child, v))]);
    }

    private LoopExpr Load(LoopExpr.Load e, int v)
    {
        var mask = And(e.Mask is null ? null : Vector(e.Mask, v), Active(v));
        return plan.Affine(e.Offset) is { Stride: > 0 } affine
            ? new LoopExpr.Load(e.Buffer, Place(affine.Stride, affine.Start, v), lanes, (int)affine.Stride, mask)
            : new LoopExpr.Gather(e.Buffer, Vector(e.Offset, v), mask);
    }

    // stride * (start + v * lanes) + first
    private LoopExpr Place(long stride, LoopExpr first, int v) =>
        IndexAlgebra.Fold(LoopOps.Add(Scalar(first), LoopOps.Mul(LoopOps.Add(start, LoopOps.Int(v * lanes)), LoopOps.Int(stride))));

    private (Tile Tile, ImmutableArray<LoopExpr> Subscripts) Entry(Tile tile, IReadOnlyList<LoopExpr> subscripts, int v)
    {
        if (inner.TryGetValue(tile, out var copies))
        {
            return (copies[v], [.. subscripts.Select(Scalar)]);
        }

        return (vectorTiles[tile], [.. subscripts.Select(s => plan.Varies(s) ? Group(s, v) : Scalar(s))]);
    }

    private LoopExpr Group(LoopExpr subscript, int v)
    {
        var (stride, first) = plan.Affine(subscript)!.Value;
        return LoopOps.Int(Place(stride, first, v).IntValue()!.Value / lanes);
    }

    private LoopExpr? Active(int v) => And(tails[v], conditions[v]);

    private static LoopExpr? And(LoopExpr? a, LoopExpr? b) => a is null ? b : b is null ? a : LoopOps.Of(CoreOps.And, a, b);

    private static LoopExpr Kept(LoopExpr? mask, LoopExpr value, LoopExpr old) => mask is null ? value : LoopOps.Select(mask, value, old);

    private LoopExpr Named(string hint, LoopExpr value)
    {
        if (value is LoopExpr.Var or LoopExpr.Const)
        {
            return value;
        }

        var variable = names.Variable(hint, value.Type);
        result.Add(new Stmt.Let(variable, value));
        return variable.Read();
    }

    private T[] EachVector<T>(Func<int, T> make) => [.. Enumerable.Range(0, tails.Length).Select(make)];

    private void ForEachVector(Func<int, Stmt> make)
    {
        for (var v = 0; v < tails.Length; v++)
        {
            result.Add(make(v));
        }
    }
}
