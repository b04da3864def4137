using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Compiler.Loops;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Computes equal expressions once and names them; loads count as equal while nothing is stored to their buffer. Names of names, and names that
/// nothing reads, go away.</summary>
/// <remarks>
/// Needs: nothing; buffers of a kernel do not overlap. Gives: in straight-line code, with the loops and branches inside it, no expression that is computed
/// a second time. A value is named where it is surely computed, never before a condition that guards all its uses.
/// <code>
/// a = fma(splat16(w[k]), x[k*64 ..16], a)             let v = splat16(w[k])
/// b = fma(splat16(w[k]), x[k*64 + 16 ..16], b)   →    a = fma(v, x[k*64 ..16], a)
///                                                     b = fma(v, x[k*64 + 16 ..16], b)
/// </code>
/// </remarks>
public static class Cse
{
    /// <summary>The kernel with each value computed once.</summary>
    public static Kernel Run(Kernel kernel, Target target)
    {
        var numbering = new ValueNumbering(kernel);
        var body = numbering.Copy(kernel.Body);
        var sharing = new Sharing(numbering, new LoopNames(kernel));
        return kernel with { Body = Sweep.Unread(new Stmt.Block([.. sharing.Block(body, null)])) };
    }
}

/// <summary>
/// Gives every expression of a kernel a number; equal numbers mean equal values. Registers and buffers have versions: a change gives a new one, a loop
/// gives new ones on entry and exit to all it changes. Expressions are copied first, so that each stands in one place.
/// </summary>
internal sealed class ValueNumbering
{
    private readonly Dictionary<LoopExpr, int> numbers = [];
    private readonly Dictionary<string, int> byKey = new(StringComparer.Ordinal);
    private readonly Dictionary<int, LoopExpr> samples = [];
    private readonly Dictionary<Variable, int> values = [];
    private readonly Dictionary<object, int> versions = [];
    private readonly HashSet<Variable> registers = [];
    private int lastVersion;

    public ValueNumbering(Kernel kernel)
    {
        foreach (var local in kernel.Body.All().OfType<Stmt.Local>())
        {
            registers.Add(local.Variable);
        }
    }

    /// <summary>Number of an expression of the copy.</summary>
    public int NumberOf(LoopExpr expr) => numbers[expr];

    /// <summary>Whether a variable is a register.</summary>
    public bool IsRegister(Variable variable) => registers.Contains(variable);

    /// <summary>The statement with every expression in it copied and numbered.</summary>
    public Stmt Copy(Stmt statement)
    {
        if (statement is Stmt.For or Stmt.While)
        {
            // Bounds are evaluated once, before; a condition in every round.
            var loop = statement is Stmt.For ? statement.WithExpressions(Copy(statement.Expressions())) : statement;
            Touch(statement);
            loop = statement is Stmt.While ? statement.WithExpressions(Copy(statement.Expressions())) : loop;
            var copy = loop.MapBodies(Copy);
            Touch(statement);
            return copy;
        }

        var next = statement.WithExpressions(Copy(statement.Expressions()));
        switch (next)
        {
            case Stmt.Block:
                return new Stmt.Block([.. next.Bodies().Select(Copy)]);
            case Stmt.Let let:
                values[let.Variable] = numbers[let.Value];
                return next;
            case Stmt.If:
                return Branches(next);
            default:
                TouchOwn(next);
                return next;
        }
    }

    private Stmt Branches(Stmt choice)
    {
        var before = versions.ToDictionary(v => v.Key, v => v.Value);
        var copies = ImmutableArray.CreateBuilder<Stmt>();
        foreach (var branch in choice.Bodies())
        {
            versions.Clear();
            foreach (var (key, version) in before)
            {
                versions[key] = version;
            }

            copies.Add(Copy(branch));
        }

        Touch(choice);
        return choice.WithBodies(copies.ToImmutable());
    }

    private ImmutableArray<LoopExpr> Copy(ImmutableArray<LoopExpr> expressions) => [.. expressions.Select(Copy)];

    private LoopExpr Copy(LoopExpr expr)
    {
        var children = Copy(expr.Children);
        var copy = expr switch
        {
            LoopExpr.Const c => new LoopExpr.Const(c.Value, c.Type),
            LoopExpr.Var v => new LoopExpr.Var(v.Variable),
            _ => expr.WithChildren(children),
        };
        var number = copy is LoopExpr.Var { Variable: var variable } && values.TryGetValue(variable, out var known) ? known : Number(Key(copy, children));
        numbers[copy] = number;
        if (!samples.ContainsKey(number))
        {
            samples[number] = copy;
        }

        return copy;
    }

    private int Number(string key)
    {
        if (!byKey.TryGetValue(key, out var number))
        {
            byKey[key] = number = byKey.Count;
        }

        return number;
    }

    private string Key(LoopExpr expr, ImmutableArray<LoopExpr> children)
    {
        var head = expr switch
        {
            LoopExpr.Const => LoopPrinter.Print(expr),
            LoopExpr.Var v => $"{v.Variable.Name}@{Version(v.Variable)}",
            LoopExpr.Op o => o.Operation.Name,
            LoopExpr.Ramp r => $"ramp {r.Step}",
            LoopExpr.Horizontal h => $"h{h.Kind}",
            LoopExpr.Load l => $"load {l.Buffer.Name}@{Version(l.Buffer)} by {l.Stride} {l.Mask is null}",
            LoopExpr.Gather g => $"gather {g.Buffer.Name}@{Version(g.Buffer)} {g.Mask is null}",
            LoopExpr.CountBits c => $"count {c.Count}",
            LoopExpr.Expand x => $"expand {x.Buffer.Name}@{Version(x.Buffer)}",
            LoopExpr.TileGet t => $"{t.Tile.Name}@{Version(t.Tile)}",
            _ => expr.GetType().Name,
        };
        return $"{head}:{expr.Type}({string.Join(",", children.Select(c => numbers[c].ToString(CultureInfo.InvariantCulture)))})";
    }

    private string Version(object symbol) => versions.TryGetValue(symbol, out var version) ? version.ToString(CultureInfo.InvariantCulture) : "";

    private void Touch(Stmt statement)
    {
        foreach (var inner in statement.All())
        {
            TouchOwn(inner);
        }
    }

    private void TouchOwn(Stmt statement)
    {
        object?[] changed = [statement.Changes(), statement.Writes(), (statement as Stmt.SetTile)?.Tile, (statement as Stmt.Local)?.Variable, (statement as Stmt.DeclareTile)?.Tile];
        foreach (var symbol in changed.OfType<object>())
        {
            versions[symbol] = ++lastVersion;
        }
    }
}

/// <summary>Rebuilds blocks: a number that occurs again gets a name where it is first surely computed.</summary>
internal sealed class Sharing(ValueNumbering numbering, LoopNames names)
{
    /// <summary>The names that hold values, of this block and the blocks around it.</summary>
    internal sealed class Scope(Scope? outer, bool isParallel)
    {
        private readonly Dictionary<int, LoopExpr> held = [];

        public HashSet<int> Shared { get; } = [];

        /// <summary>The name of a computed value; a parallel loop names its own.</summary>
        public LoopExpr? Find(int number) => held.TryGetValue(number, out var value) ? value : isParallel ? null : outer?.Find(number);

        /// <summary>What stands for a variable now, whose own name may have gone away.</summary>
        public LoopExpr? FindName(int number) => held.TryGetValue(number, out var value) ? value : outer?.FindName(number);

        public void Hold(int number, LoopExpr value) => held[number] = value;
    }

    /// <summary>The statements of a block with shared values named.</summary>
    public IEnumerable<Stmt> Block(Stmt block, Scope? outer, bool isParallel = false)
    {
        var scope = new Scope(outer, isParallel);
        var statements = block.Flat();
        FindShared(statements, scope);
        var result = new List<Stmt>();
        foreach (var statement in statements)
        {
            Emit(statement, scope, result);
        }

        return result;
    }

    // Counts uses in the block and inside it. A number is shared here when it is used twice and one use is surely evaluated: not in a branch or loop.
    private void FindShared(ImmutableArray<Stmt> statements, Scope scope)
    {
        var uses = new Dictionary<int, int>();
        var direct = new HashSet<int>();
        foreach (var statement in statements)
        {
            foreach (var expr in Evaluated(statement))
            {
                Count(expr, uses, direct, statement is Stmt.Let);
            }

            foreach (var inner in Nested(statement).SelectMany(s => s.All()))
            {
                foreach (var expr in Evaluated(inner))
                {
                    Count(expr, uses, null, false);
                }
            }
        }

        scope.Shared.UnionWith(uses.Where(u => u.Value > 1 && direct.Contains(u.Key)).Select(u => u.Key));
    }

    // What is inside a parallel loop becomes a function of its own: it names its own values.
    private static IEnumerable<Stmt> Nested(Stmt statement) => statement is Stmt.For { Kind: LoopKind.Parallel } ? [] : statement.Bodies();

    // The condition of a while loop is evaluated at another time than the statement.
    private static IEnumerable<LoopExpr> Evaluated(Stmt statement) => statement is Stmt.While ? [] : statement.Expressions();

    private void Count(LoopExpr expr, Dictionary<int, int> uses, HashSet<int>? direct, bool isNamed)
    {
        if (IsTrivial(expr))
        {
            return;
        }

        // A second use needs no second look at the operands: they are computed with the first. A named value is shared anyway.
        var number = numbering.NumberOf(expr);
        var isNew = !uses.TryGetValue(number, out var count);
        uses[number] = count + 1;
        var isNewlyDirect = direct?.Add(number) == true && !isNamed;
        if (isNew || isNewlyDirect)
        {
            foreach (var child in expr.Children)
            {
                Count(child, uses, direct, false);
            }
        }
    }

    private static bool IsTrivial(LoopExpr expr) => expr is LoopExpr.Const or LoopExpr.Var;

    private void Emit(Stmt statement, Scope scope, List<Stmt> result)
    {
        if (statement is Stmt.Let let)
        {
            Let(let, scope, result);
            return;
        }

        if (statement is Stmt.While loop)
        {
            result.Add(new Stmt.While(Renamed(loop.Condition, scope), new Stmt.Block([.. Block(loop.Body, scope)])));
            return;
        }

        ImmutableArray<LoopExpr> expressions = [.. statement.Expressions().Select(e => Value(e, scope, result))];
        var inner = statement.Bodies();
        var next = statement.WithExpressions(expressions);
        var isParallel = statement is Stmt.For { Kind: LoopKind.Parallel };
        result.Add(inner.Length == 0 ? next : next.WithBodies([.. inner.Select(s => (Stmt)new Stmt.Block([.. Block(s, scope, isParallel)]))]));
    }

    private void Let(Stmt.Let let, Scope scope, List<Stmt> result)
    {
        var number = numbering.NumberOf(let.Value);
        if (scope.Find(number) is { } known)
        {
            // Another name for a value that has one.
            scope.Hold(number, known);
            return;
        }

        var value = Operands(let.Value, scope, result);
        if (value is LoopExpr.Const or LoopExpr.Var && !(value is LoopExpr.Var v && numbering.IsRegister(v.Variable)))
        {
            scope.Hold(number, value);
            return;
        }

        result.Add(new Stmt.Let(let.Variable, value));
        scope.Hold(number, let.Variable.Read());
    }

    private LoopExpr Value(LoopExpr expr, Scope scope, List<Stmt> result)
    {
        if (expr is LoopExpr.Const || (expr is LoopExpr.Var v && numbering.IsRegister(v.Variable)))
        {
            return expr;
        }

        var number = numbering.NumberOf(expr);
        if ((expr is LoopExpr.Var ? scope.FindName(number) : scope.Find(number)) is { } known)
        {
            return known;
        }

        var value = Operands(expr, scope, result);
        if (IsTrivial(value) || !scope.Shared.Contains(number))
        {
            return value;
        }

        var name = names.Variable("v", expr.Type);
        result.Add(new Stmt.Let(name, value));
        scope.Hold(number, name.Read());
        return name.Read();
    }

    private LoopExpr Operands(LoopExpr expr, Scope scope, List<Stmt> result)
    {
        var children = expr.Children;
        return children.Length == 0 ? expr : expr.WithChildren([.. children.Select(c => Value(c, scope, result))]);
    }

    // Names that went away must not be read; nothing new is named.
    private LoopExpr Renamed(LoopExpr expr, Scope scope)
    {
        if (expr is LoopExpr.Var v)
        {
            return numbering.IsRegister(v.Variable) ? expr : scope.FindName(numbering.NumberOf(expr)) ?? expr;
        }

        return expr.Children.Length == 0 ? expr : expr.WithChildren([.. expr.Children.Select(c => Renamed(c, scope))]);
    }
}
