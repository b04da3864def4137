using System.Collections.Immutable;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Lets an elementwise kernel write its result over an operand that nobody reads any more.</summary>
/// <remarks>
/// Before: <c>call add(a, b) -> c</c>, the last use of temporary a. After: <c>call add(a, b) -> a</c>, and a stands for c in every later call.
/// </remarks>
internal static class ReuseOperands
{
    /// <summary>Runs the step.</summary>
    public static LoopProgram Run(LoopProgram program)
    {
        var temporaries = program.Regions.OfType<Region.Temporary>().ToDictionary(r => r.Name, StringComparer.Ordinal);
        var renamed = new Dictionary<string, string>(StringComparer.Ordinal);
        var lives = Lifetimes.Of(program);
        for (var i = 0; i < program.Calls.Length; i++)
        {
            var call = Renamed(program.Calls[i], renamed);
            if (Reusable(call, i, temporaries, lives) is var (operand, result))
            {
                renamed.Add(result, operand);
                lives[operand] = (lives[operand].First, lives[result].Last);
            }
        }

        return renamed.Count == 0 ? program : program with
        {
            Regions = [.. program.Regions.Where(r => !renamed.ContainsKey(r.Name))],
            Calls = [.. program.Calls.Select(c => Renamed(c, renamed))],
        };
    }

    private static KernelCall Renamed(KernelCall call, Dictionary<string, string> renamed) =>
        call with { Regions = [.. call.Regions.Select(r => renamed.TryGetValue(r, out var name) ? name : r)] };

    private static (string Operand, string Result)? Reusable(
        KernelCall call, int number, Dictionary<string, Region.Temporary> temporaries, Dictionary<string, (int First, int Last)> lives)
    {
        foreach (var (result, written) in Bound(call, BufferAccess.Out))
        {
            if (!temporaries.TryGetValue(result, out var target) || lives[result].First != number)
            {
                continue;
            }

            foreach (var (operand, read) in Bound(call, BufferAccess.In))
            {
                if (temporaries.TryGetValue(operand, out var source) && lives[operand].Last == number
                    && source.Element == target.Element && source.Count.Equals(target.Count)
                    && Elementwise.Is(call.Kernel, read, written))
                {
                    return (operand, result);
                }
            }
        }

        return null;
    }

    /// <summary>Regions bound to exactly one buffer, of the given access.</summary>
    private static IEnumerable<(string Region, Buffer Buffer)> Bound(KernelCall call, BufferAccess access) =>
        call.Regions.Zip(call.Kernel.Buffers, (r, b) => (r, b)).Where(x => x.b.Access == access && call.Regions.Count(r => r == x.r) == 1);
}

/// <summary>Whether a kernel loads an element of one buffer only just before it stores the same element of another.</summary>
internal sealed class Elementwise
{
    private readonly Buffer read;
    private readonly Buffer written;
    private readonly Dictionary<Variable, string?> keys = new(ReferenceComparer<Variable>.Instance);
    private bool holds = true;

    private Elementwise(Buffer read, Buffer written)
    {
        this.read = read;
        this.written = written;
    }

    /// <summary>Decides it from the offsets: in every straight run of statements, the elements loaded are the elements stored, loads first.</summary>
    public static bool Is(Kernel kernel, Buffer read, Buffer written)
    {
        var check = new Elementwise(read, written);
        check.Visit(kernel.Body);
        return check.holds;
    }

    private void Visit(Stmt statement)
    {
        var run = new Run();
        foreach (var part in statement is Stmt.Block block ? block.Statements : [statement])
        {
            VisitPart(part, run);
        }

        holds &= run.Loaded.SetEquals(run.Stored);
    }

    private void VisitPart(Stmt statement, Run run)
    {
        switch (statement)
        {
            case Stmt.Let let:
                Loads(let.Value, run);
                keys[let.Variable] = Key(let.Value);
                break;
            case Stmt.Local local:
                Loads(local.Value, run);
                keys[local.Variable] = null;
                break;
            case Stmt.Assign assign:
                Loads(assign.Value, run);
                break;
            case Stmt.DeclareTile tile:
                Loads(tile.Value, run);
                break;
            case Stmt.SetTile set:
                Loads(set.Value, run);
                break;
            case Stmt.Store store:
                Loads(store.Value, run);
                Loads(store.Offset, run);
                Store(store, run);
                break;
            case Stmt.For loop:
                Loads(loop.Begin, run);
                Loads(loop.End, run);
                Visit(loop.Body);
                break;
            case Stmt.If choice:
                Loads(choice.Condition, run);
                Visit(choice.Then);
                if (choice.Otherwise is not null)
                {
                    Visit(choice.Otherwise);
                }

                break;
            case Stmt.Block inner:
                foreach (var part in inner.Statements)
                {
                    VisitPart(part, run);
                }

                break;
            case Stmt.Scratch:
                break;
            default:
                holds = false;
                break;
        }
    }

    private void Store(Stmt.Store store, Run run)
    {
        if (ReferenceEquals(store.Buffer, written))
        {
            // An element stored twice in a run was perhaps stored before it was loaded.
            holds &= Access(store.Offset, store.Value.Type.Lanes, store.Stride) is { } access && run.Stored.Add(access);
        }
    }

    private void Loads(LoopExpr expr, Run run)
    {
        if (expr is LoopExpr.Load load && ReferenceEquals(load.Buffer, read))
        {
            var access = Access(load.Offset, load.Type.Lanes, load.Stride);
            holds &= access is not null && !run.Stored.Contains(access);
            run.Loaded.Add(access ?? "");
        }
        else if (expr is LoopExpr.Gather or LoopExpr.Expand && ReferenceEquals(expr.Reads(), read))
        {
            holds = false;
        }

        holds &= !(expr.Reads() is { } buffer && ReferenceEquals(buffer, written));
        foreach (var child in expr.Children)
        {
            Loads(child, run);
        }
    }

    private string? Access(LoopExpr offset, int lanes, int stride) =>
        Key(offset) is { } key ? FormattableString.Invariant($"{key} {lanes} {stride}") : null;

    /// <summary>Text that is equal for equal values within a run; null when that cannot be said.</summary>
    private string? Key(LoopExpr expr) => expr switch
    {
        LoopExpr.Const c => FormattableString.Invariant($"{c.Value}"),
        LoopExpr.Var v => keys.TryGetValue(v.Variable, out var key) ? key : v.Variable.Name,
        LoopExpr.Op op => Key(op.Operation.Name, op.Children),
        LoopExpr.Cast cast => Key("cast_" + cast.Type, cast.Children),
        _ => null,
    };

    private string? Key(string name, ImmutableArray<LoopExpr> children)
    {
        string?[] parts = [.. children.Select(Key)];
        return parts.All(p => p is not null) ? $"{name}({string.Join(",", parts)})" : null;
    }

    /// <summary>What a straight run of statements touches.</summary>
    private sealed class Run
    {
        public HashSet<string> Loaded { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Stored { get; } = new(StringComparer.Ordinal);
    }
}
