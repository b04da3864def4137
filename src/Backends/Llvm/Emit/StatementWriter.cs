using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.Llvm.Emit;

/// <summary>Appends the statements of one function.</summary>
internal sealed class StatementWriter(Function f, Scope scope)
{
    private readonly ValueWriter values = ValueWriter.For(f, scope);

    /// <summary>Called for parallel loops, which become functions of their own.</summary>
    public Action<Stmt.For>? Parallel { get; init; }

    /// <summary>Computes expressions at this point.</summary>
    public ValueWriter Values => values;

    public void Write(Stmt statement)
    {
        switch (statement)
        {
            case Stmt.Block block:
                foreach (var child in block.Statements)
                {
                    Write(child);
                }

                break;
            case Stmt.Let let:
                Let(let);
                break;
            case Stmt.Local local:
                var slot = f.Reserve(LlvmTypes.Of(values.Held(local.Variable.Type)), 0);
                f.Do($"store {values.Typed(local.Value)}, ptr {slot}");
                scope.Declare(local.Variable, new Place(null, Slot: slot), int.MaxValue);
                break;
            case Stmt.Assign assign:
                f.Do($"store {values.Typed(assign.Value)}, ptr {scope[assign.Variable].Slot}");
                break;
            case Stmt.Scratch:
                break; // reserved at the head of the function
            case Stmt.Store store:
                values.Store(store);
                break;
            case Stmt.CompressStore store:
                values.Compress(store);
                break;
            case Stmt.For { Kind: LoopKind.Parallel } loop when Parallel is not null:
                Parallel(loop);
                break;
            case Stmt.For { Kind: LoopKind.Serial or LoopKind.Parallel } loop:
                For(loop);
                break;
            case Stmt.While loop:
                While(loop);
                break;
            case Stmt.If choice:
                If(choice);
                break;
            default:
                throw new CompilerBugException($"the LLVM backend got a {statement.GetType().Name}; the loop passes should have removed it");
        }
    }

    private void Let(Stmt.Let let)
    {
        var wide = values.Wide(Legalise.Expression(let.Value));
        scope.Declare(let.Variable, wide is null ? new Place(values.Value(let.Value)) : new Place(null, Wide: wide), scope.DepthOf(let.Value));
        if (scope.NonNegative.Holds(let.Value))
        {
            scope.NonNegative.Add(let.Variable);
        }

        if (scope.NonNegative.IsData(let.Value))
        {
            scope.NonNegative.AddData(let.Variable);
        }
    }

    private void For(Stmt.For loop)
    {
        var begin = values.Index(loop.Begin);
        var end = values.Index(loop.End);
        if (scope.NonNegative.Holds(loop.Begin))
        {
            scope.NonNegative.Add(loop.Variable);
        }

        Count(loop.Variable, begin, end, LlvmTypes.Digits(loop.Step), loop.Body);
    }

    /// <summary>A counted loop over an i64, tested before the first round and at the end of each, so that what stays the same can leave it.</summary>
    public void Count(Variable variable, string begin, string end, string step, Stmt body)
    {
        var (head, latch, after) = (f.NewBlock("loop"), f.NewBlock("latch"), f.NewBlock("done"));
        var (counter, next) = (f.NewValue(), f.NewValue());
        var before = f.Block;
        f.Branch(f.Set($"icmp slt i64 {begin}, {end}"), head, after);
        f.Begin(head);
        f.Assign(counter, $"phi i64 [ {begin}, %{before} ], [ {next}, %{latch} ]");
        values.Joined();
        scope.Depth++;
        scope.Declare(variable, new Place(null, Wide: counter), scope.Depth);
        Write(body);
        scope.Depth--;
        f.Branch(latch);
        f.Begin(latch);
        f.Assign(next, $"add nsw i64 {counter}, {step}");
        f.Branch(f.Set($"icmp slt i64 {next}, {end}"), head, after);
        f.Begin(after);
        values.Joined();
    }

    private void While(Stmt.While loop)
    {
        var (test, body, after) = (f.NewBlock("test"), f.NewBlock("while"), f.NewBlock("done"));
        f.Branch(test);
        f.Begin(test);
        values.Joined();
        scope.Depth++;
        f.Branch(values.Value(loop.Condition), body, after);
        f.Begin(body);
        values.Joined();
        Write(loop.Body);
        scope.Depth--;
        f.Branch(test);
        f.Begin(after);
        values.Joined();
    }

    private void If(Stmt.If choice)
    {
        var (then, otherwise, after) = (f.NewBlock("then"), f.NewBlock("else"), f.NewBlock("after"));
        f.Branch(values.Value(choice.Condition), then, choice.Otherwise is null ? after : otherwise);
        f.Begin(then);
        values.Joined();
        Write(choice.Then);
        f.Branch(after);
        if (choice.Otherwise is { } other)
        {
            f.Begin(otherwise);
            values.Joined();
            Write(other);
            f.Branch(after);
        }

        f.Begin(after);
        values.Joined();
    }
}
