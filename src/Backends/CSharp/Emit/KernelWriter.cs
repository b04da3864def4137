using SparseDsl.Compiler;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>
/// Writes a kernel as a static method over pointers and dims. A parallel loop in it becomes a second method of (context, begin, end) that the worker team
/// calls by pointer; what the loop uses travels in a struct on the caller's stack, so a call allocates nothing.
/// </summary>
/// <remarks>Methods and structs begin with a capital and parameters and variables do not, so one never hides the other.</remarks>
internal sealed class KernelWriter(SourceWriter text, Target target, bool optimisesAtOnce, Names members)
{
    // Beyond this a thread's stack might not do: the memory comes from the heap for the time of the call.
    private const long LargestStackScratch = 64 * 1024;

    // A loop shorter than this is no reason for a method of its own.
    private const int FewestApart = 64;

    private const string Team = "team";
    private const string Origin = "origin";

    /// <summary>Writes a kernel.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="method">Name of its method.</param>
    /// <param name="calls">Number of calls of it: layers of one shape share a kernel, whose names are those of the first.</param>
    public void Write(Kernel kernel, string method, int calls)
    {
        var scope = new Scope(target, new Names(Team, Origin));
        List<string> parameters = [];
        foreach (var buffer in kernel.Buffers)
        {
            parameters.Add($"{CSharpTypes.Memory(buffer.Element)}* {scope.Declare(buffer)}");
        }

        foreach (var scalar in kernel.Scalars)
        {
            parameters.Add($"{CSharpTypes.Scalar(scalar.Type.Element)} {scope.Declare(scalar, 0)}");
            scope.NonNegative.Add(scalar);
        }

        var maskElements = MaskElements.Collect(kernel.Body);
        var parts = new List<Part>();
        var apart = new List<LoopApart>();
        var statements = new StatementWriter(text, scope, maskElements) { Apart = Aparts(kernel.Body, method, scope, apart) };
        statements.Parallel = loop => parts.Add(Start(loop, kernel, method, parts.Count, scope, statements));
        text.Line();
        text.Summary(kernel.Label + calls switch
        {
            1 => "",
            2 => "; also another layer of this shape",
            _ => $"; also {CSharpTypes.Digits(calls - 1)} other layers of this shape",
        });
        if (ParallelLoop.IsIn(kernel))
        {
            parameters.Insert(0, $"{External.WorkerTeam} {Team}");
        }

        Function($"public static void {method}({string.Join(", ", parameters)})", ScratchOutside(kernel.Body), scope, () => statements.Write(kernel.Body));
        foreach (var part in parts)
        {
            WritePart(part, maskElements, apart);
        }

        foreach (var loop in apart)
        {
            WriteApart(loop, maskElements);
        }
    }

    /// <summary>A serial loop on its way to its own method.</summary>
    private sealed record LoopApart(string Method, Stmt.For Loop, Scope Outer, List<Buffer> Buffers, List<Variable> Variables);

    /// <summary>What takes long loops out of a method that would be too long for the JIT to keep track of; null for methods that are not.</summary>
    private Func<Stmt.For, bool>? Aparts(Stmt body, string method, Scope scope, List<LoopApart> apart)
    {
        if (Statements(body) <= 2 * CodeSize.MostStatements)
        {
            return null;
        }

        return loop =>
        {
            if (Statements(loop.Body) < FewestApart || Assigns(loop) || loop.Body.All().Any(s => s is Stmt.Scratch or Stmt.CompressStore or Stmt.For { Kind: LoopKind.Parallel }))
            {
                return false;
            }

            var declared = Declared(loop);
            List<Variable> variables = [.. loop.AllExpressions().OfType<LoopExpr.Var>().Select(v => v.Variable).Distinct().Where(v => !declared.Contains(v))];
            IEnumerable<Buffer?> buffers = loop.AllExpressions().Select(e => e.Reads()).Concat(loop.All().Select(s => s.Writes()));
            var part = new LoopApart(members.Take(method + "Loop" + CSharpTypes.Digits(apart.Count + 1)), loop, scope, [.. buffers.OfType<Buffer>().Distinct()], variables);
            apart.Add(part);
            text.Line($"{part.Method}({string.Join(", ", part.Buffers.Select(scope.Name).Concat(variables.Select(scope.Name)))});");
            return true;
        };
    }

    private static int Statements(Stmt body) => body.All().Count(s => s is not Stmt.Block);

    private static HashSet<Variable> Declared(Stmt statement) => [.. statement.All().Select(s => s.Declares()).OfType<Variable>()];

    // Its method could not give the values back.
    private static bool Assigns(Stmt.For loop)
    {
        var declared = Declared(loop);
        return loop.Body.All().OfType<Stmt.Assign>().Any(a => !declared.Contains(a.Variable));
    }

    private void WriteApart(LoopApart part, Dictionary<Variable, ElementType> maskElements)
    {
        var scope = new Scope(target, new Names());
        IEnumerable<string> parameters =
        [
            .. part.Buffers.Select(b => $"{CSharpTypes.Memory(b.Element)}* {scope.Declare(b)}"),
            .. part.Variables.Select(v => $"{TypeOf(v, part.Outer, scope)} {scope.Declare(v, 0)}"),
        ];
        foreach (var variable in part.Variables)
        {
            scope.NonNegative.Copy(part.Outer.NonNegative, variable);
        }

        text.Line();
        text.Line(optimisesAtOnce ? $"[{External.MethodImpl}({External.MethodImplOptions}.AggressiveOptimization | {External.MethodImplOptions}.NoInlining)]" : $"[{External.MethodImpl}({External.MethodImplOptions}.NoInlining)]");
        text.Open($"private static void {part.Method}({string.Join(", ", parameters)})");
        new StatementWriter(text, scope, maskElements).Write(part.Loop);
        text.Close();
    }

    /// <summary>A parallel loop on its way to its own method.</summary>
    private sealed record Part(string Method, string Struct, ParallelLoop Parallel, Scope Outer, bool HasOrigin)
    {
        public Stmt.For Loop => Parallel.Loop;
    }

    // In the driver: fill in the arguments and hand the loop to the team.
    private Part Start(Stmt.For loop, Kernel kernel, string method, int number, Scope scope, StatementWriter statements)
    {
        var suffix = number == 0 ? "" : CSharpTypes.Digits(number + 1);
        var parallel = ParallelLoop.Of(loop, kernel);
        var hasOrigin = loop.Begin is not LoopExpr.Const { Value: 0 };
        var part = new Part(members.Take(method + "Part" + suffix), members.Take(method + "Arguments" + suffix), parallel, scope, hasOrigin);

        var begin = statements.Scalar(loop.Begin);
        var end = statements.Scalar(loop.End);
        IEnumerable<string> fields = parallel.Buffers.Select(b => scope.Name(b)).Concat(parallel.Variables.Select(v => scope.Name(v))).Select(n => $"{n} = {n}");
        if (hasOrigin)
        {
            fields = fields.Concat([$"{Origin} = {begin}"]);
        }

        var arguments = scope.Names.Take("arguments");
        text.Line($"var {arguments} = new {part.Struct} {{ {string.Join(", ", fields)} }};");
        var count = hasOrigin ? Code.Binary("-", end, begin) : end;
        if (hasOrigin || !scope.NonNegative.Holds(loop.End))
        {
            count = Code.Call(External.Math + ".Max", new("0"), count);
        }

        if (parallel.IsUneven)
        {
            // Iterations cost differently: threads take small pieces as they become free.
            var counted = scope.Names.Take("count");
            text.Line($"int {counted} = {count};");
            text.Line($"{Team}.RunDynamic(&{part.Method}, &{arguments}, {counted}, 1 + ({counted} / (8 * {Team}.Threads)));");
        }
        else
        {
            text.Line($"{Team}.Run(&{part.Method}, &{arguments}, {count});");
        }

        return part;
    }

    private void WritePart(Part part, Dictionary<Variable, ElementType> maskElements, List<LoopApart> apart)
    {
        var scope = new Scope(target, new Names("context", "begin", "end", "arguments", Origin));
        List<(string Type, string Outer, string Inner)> fields =
        [
            .. part.Parallel.Buffers.Select(b => (CSharpTypes.Memory(b.Element) + "*", part.Outer.Name(b), scope.Declare(b))),
            .. part.Parallel.Variables.Select(v => (TypeOf(v, part.Outer, scope), part.Outer.Name(v), scope.Declare(v, 0))),
        ];
        foreach (var variable in part.Parallel.Variables)
        {
            scope.NonNegative.Copy(part.Outer.NonNegative, variable);
        }

        text.Line();
        if (LoopTree.All(part.Loop.Body).Any(s => s is Stmt.Scratch))
        {
            text.Line($"[{External.SkipLocalsInit}]");
        }

        Attributes();
        text.Open($"private static void {part.Method}(void* context, int begin, int end)");
        text.Line($"var arguments = ({part.Struct}*)context;");
        foreach (var (_, outer, inner) in fields)
        {
            text.Line($"var {inner} = arguments->{outer};");
        }

        if (part.HasOrigin)
        {
            text.Line($"var {Origin} = arguments->{Origin};");
        }

        Body(LoopTree.All(part.Loop.Body).OfType<Stmt.Scratch>(), scope, () =>
        {
            var statements = new StatementWriter(text, scope, maskElements) { Apart = Aparts(part.Parallel.Loop.Body, part.Method, scope, apart) };
            var name = scope.Declare(part.Loop.Variable, 1);
            if (scope.NonNegative.Holds(part.Loop.Begin))
            {
                scope.NonNegative.Add(part.Loop.Variable);
            }

            var origin = part.HasOrigin ? Origin + " + " : "";
            text.Line();
            text.Open($"for (int {name} = {origin}begin; {name} < {origin}end; {name}++)");
            statements.WriteBody(part.Loop.Body);
            text.Close();
        });
        text.Close();

        text.Line();
        text.Open($"private struct {part.Struct}");
        foreach (var (type, outer, _) in fields)
        {
            text.Line($"public {type} {outer};");
        }

        if (part.HasOrigin)
        {
            text.Line($"public int {Origin};");
        }

        text.Close();
    }

    private void Function(string head, IReadOnlyList<Stmt.Scratch> scratch, Scope scope, Action body)
    {
        if (scratch.Count > 0)
        {
            text.Line($"[{External.SkipLocalsInit}]");
        }

        Attributes();
        text.Open(head);
        Body(scratch, scope, body);
        text.Close();
    }

    // Otherwise the first thirty calls would run slow code.
    private void Attributes()
    {
        if (optimisesAtOnce)
        {
            text.Line($"[{External.MethodImpl}({External.MethodImplOptions}.AggressiveOptimization)]");
        }
    }

    // Scratch memory is declared at the head: a stackalloc inside a loop would grow the stack in every round.
    private void Body(IEnumerable<Stmt.Scratch> scratch, Scope scope, Action body)
    {
        List<(Buffer Buffer, long Bytes)> buffers = [.. scratch.Select(s => (s.Buffer, Bytes(s.Buffer)))];
        var onHeap = buffers.Sum(b => b.Bytes) > LargestStackScratch;
        var blocks = new List<(string Block, string Name)>();
        foreach (var (buffer, bytes) in buffers)
        {
            var type = CSharpTypes.Memory(buffer.Element);
            var name = scope.Declare(buffer);
            if (onHeap)
            {
                var memory = scope.Names.Take(Names.Local(buffer.Name) + "Memory");
                blocks.Add((memory, name));
                text.Line($"var {memory} = ({type}*){External.NativeMemory}.AlignedAlloc({CSharpTypes.Digits(bytes)}, 64);");
                continue;
            }

            var block = scope.Names.Take(Names.Local(buffer.Name) + "Memory");
            text.Line($"var {block} = stackalloc byte[{CSharpTypes.Digits(bytes + 63)}];");
            text.Line($"var {name} = ({type}*){External.Lanes}.Align({block});");
        }

        if (blocks.Count == 0)
        {
            body();
            return;
        }

        // The finally block keeps its variables out of registers: loops use others.
        text.Open("try");
        foreach (var (block, name) in blocks)
        {
            text.Line($"var {name} = {block};");
        }

        text.Line();
        body();
        text.Close();
        text.Open("finally");
        foreach (var (block, _) in blocks)
        {
            text.Line($"{External.NativeMemory}.AlignedFree({block});");
        }

        text.Close();
    }

    private static long Bytes(Buffer buffer) => buffer.Count.Constant * buffer.Element.Size()
        ?? throw new CompilerBugException($"the scratch buffer '{buffer.Name}' has no constant size");

    private static IReadOnlyList<Stmt.Scratch> ScratchOutside(Stmt statement) => statement switch
    {
        Stmt.Scratch scratch => [scratch],
        Stmt.For { Kind: LoopKind.Parallel } => [],
        _ => [.. LoopTree.Children(statement).SelectMany(ScratchOutside)],
    };

    private static string TypeOf(Variable variable, Scope outer, Scope inner)
    {
        if (variable.Type.Lanes == 1)
        {
            return CSharpTypes.Scalar(variable.Type.Element);
        }

        if (variable.Type.Element != ElementType.Bool)
        {
            return CSharpTypes.Vector(variable.Type);
        }

        var element = outer.MaskElement(variable);
        inner.SetMaskElement(variable, element);
        return CSharpTypes.Vector(variable.Type with { Element = element });
    }
}
