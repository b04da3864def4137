using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Backends.Llvm.Emit;

/// <summary>
/// Writes a kernel as a function over the host, pointers and dims. A parallel loop in it becomes a function of its own, which the host calls through another of
/// (context, begin, end) that unpacks what the loop uses from a struct on the caller's stack: so pointers are parameters, and LLVM learns that they do not alias.
/// </summary>
internal sealed class KernelWriter(Module module, Kernel kernel, string name, bool mayAlias, bool isExported = false)
{
    /// <summary>How other modules know the function of a kernel.</summary>
    public static string Declaration(Kernel kernel, string name) =>
        $"declare void @{name}({string.Join(", ", Enumerable.Repeat("ptr", 1 + kernel.Buffers.Length).Concat(kernel.Scalars.Select(_ => "i32")))})\n";

    // Beyond this a thread's stack might not do: the memory comes from the host for the time of the call.
    private const long LargestStackScratch = 64 * 1024;

    // Loads that stay the same in a loop: more than these would not stay in registers, and spilling is dearer than loading again.
    private const int MostInvariant = 64;

    // Stores that might be to the same memory keep LLVM from moving the weights of a pattern in code out of its loop.
    private readonly bool hidesAliases = mayAlias || kernel.Body.All().OfType<Stmt.For>().Any(loop => Invariant(loop) > MostInvariant);

    private int parts;

    /// <summary>Appends the function; of <c>(ptr host, ptr buffer…, i32 dim…)</c>.</summary>
    public void Write()
    {
        var function = new Function(module);
        var scope = new Scope();
        List<string> parameters = ["ptr %host"];
        foreach (var buffer in kernel.Buffers)
        {
            parameters.Add(Pointer(buffer, parameters.Count));
            scope.Declare(buffer, ParameterName(parameters.Count - 1));
        }

        foreach (var scalar in kernel.Scalars)
        {
            parameters.Add($"i32 {ParameterName(parameters.Count)}");
            Dim(function, scope, scalar, ParameterName(parameters.Count - 1));
        }

        WithScratch(function, scope, ScratchOutside(kernel.Body), () => new StatementWriter(function, scope) { Parallel = loop => Parallel(function, scope, loop) }.Write(kernel.Body));
        function.Do("ret void");
        module.Add(kernel.Label, $"{(isExported ? "" : "internal ")}void @{name}({string.Join(", ", parameters)})", function);
    }

    private static int Invariant(Stmt.For loop) => loop.Body.AllExpressions().Count(e => e is LoopExpr.Load { Offset: LoopExpr.Const });

    private static string ParameterName(int index) => "%p" + LlvmTypes.Digits(index);

    private string Pointer(Buffer buffer, int index) =>
        $"ptr {(hidesAliases ? "" : "noalias ")}{(buffer.Access == BufferAccess.In ? "readonly " : "")}{ParameterName(index)}";

    private static void Dim(Function function, Scope scope, Variable scalar, string value)
    {
        scope.Declare(scalar, new Place(null, Wide: function.Set($"zext i32 {value} to i64")), 0);
        scope.NonNegative.Add(scalar);
    }

    // In the kernel: fill in the struct and hand the loop to the host.
    private void Parallel(Function function, Scope scope, Stmt.For loop)
    {
        var parallel = ParallelLoop.Of(loop, kernel);
        var part = $"{name}.part{(parts == 0 ? "" : LlvmTypes.Digits(parts + 1))}";
        parts++;
        var values = ValueWriter.For(function, scope);
        var begin = values.Index(loop.Begin);
        var count = function.Set($"trunc i64 {function.Set($"sub i64 {values.Index(loop.End)}, {begin}")} to i32");

        var fields = Fields(parallel);
        var type = $"{{ {string.Join(", ", fields.Select(x => x.Type))} }}";
        var context = function.Reserve(type, 64);
        List<string> contents =
        [
            "%host", .. parallel.Buffers.Select(b => scope[b]), .. parallel.Variables.Select(v => IsWide(scope, v) ? scope[v].Wide! : values.Value(Loop.Get(v))), begin,
        ];
        for (var i = 0; i < fields.Count; i++)
        {
            function.Do($"store {fields[i].Type} {contents[i]}, ptr {Field(function, type, context, i)}");
        }

        // The host's first two fields: the function that runs a loop, and what it takes first.
        var run = function.Set("load ptr, ptr %host");
        var user = function.Set($"load ptr, ptr {Field(function, "{ ptr, ptr, ptr, ptr }", "%host", 1)}");
        function.Do($"call void {run}(ptr {user}, ptr @{part}, ptr {context}, i32 {count}, i32 {(parallel.IsUneven ? 1 : 0)})");
        WritePart(part, parallel, scope, fields, type);

        List<(string Type, bool IsPointer)> Fields(ParallelLoop p) =>
        [
            ("ptr", true), .. p.Buffers.Select(_ => ("ptr", true)),
            .. p.Variables.Select(v => (IsWide(scope, v) ? "i64" : LlvmTypes.Of(v.Type), false)), ("i64", false),
        ];
    }

    private static bool IsWide(Scope scope, Variable variable) => scope[variable].Wide is not null;

    private static string Field(Function function, string type, string address, int index) =>
        function.Set($"getelementptr {type}, ptr {address}, i64 0, i32 {LlvmTypes.Digits(index)}");

    private void WritePart(string part, ParallelLoop parallel, Scope outer, List<(string Type, bool IsPointer)> fields, string type)
    {
        WriteEntry(part, fields, type);
        var function = new Function(module);
        var scope = new Scope();
        List<string> parameters = ["ptr %host"];
        foreach (var buffer in parallel.Buffers)
        {
            scope.Declare(buffer, ParameterName(parameters.Count));
            parameters.Add(Pointer(buffer, parameters.Count));
        }

        foreach (var variable in parallel.Variables)
        {
            var value = ParameterName(parameters.Count);
            var isWide = IsWide(outer, variable);
            parameters.Add($"{(isWide ? "i64" : LlvmTypes.Of(variable.Type))} {value}");
            scope.Declare(variable, isWide ? new Place(null, Wide: value) : new Place(value), 0);
            Inherit(variable, outer, scope);
        }

        var loop = parallel.Loop;
        parameters.AddRange(["i64 %origin", "i32 %begin", "i32 %end"]);
        WithScratch(function, scope, [.. loop.Body.All().OfType<Stmt.Scratch>()], () =>
        {
            if (outer.NonNegative.Holds(loop.Begin))
            {
                scope.NonNegative.Add(loop.Variable);
            }

            var begin = function.Set($"add nsw i64 %origin, {function.Set("zext i32 %begin to i64")}");
            var end = function.Set($"add nsw i64 %origin, {function.Set("zext i32 %end to i64")}");
            new StatementWriter(function, scope).Count(loop.Variable, begin, end, "1", loop.Body);
        });
        function.Do("ret void");
        module.Add(null, $"internal void @{part}.body({string.Join(", ", parameters)})", function);
    }

    // What the host calls.
    private void WriteEntry(string part, List<(string Type, bool IsPointer)> fields, string type)
    {
        var function = new Function(module);
        var arguments = fields.Select((x, i) => $"{x.Type} {function.Set($"load {x.Type}, ptr {Field(function, type, "%context", i)}")}").ToList();
        function.Do($"call void @{part}.body({string.Join(", ", arguments)}, i32 %begin, i32 %end)");
        function.Do("ret void");
        module.Add(null, $"internal void @{part}(ptr %context, i32 %begin, i32 %end)", function);
    }

    private static void Inherit(Variable variable, Scope outer, Scope inner)
    {
        if (outer.NonNegative.Holds(Loop.Get(variable)))
        {
            inner.NonNegative.Add(variable);
        }

        if (outer.NonNegative.IsData(Loop.Get(variable)))
        {
            inner.NonNegative.AddData(variable);
        }
    }

    // --------------------------------------------------------------------------------------------------------- scratch

    private static void WithScratch(Function function, Scope scope, IReadOnlyList<Stmt.Scratch> scratch, Action body)
    {
        List<(Buffer Buffer, long Bytes)> buffers = [.. scratch.Select(s => (s.Buffer, Bytes(s.Buffer)))];
        var onHeap = buffers.Sum(b => b.Bytes) > LargestStackScratch;
        foreach (var (buffer, bytes) in buffers)
        {
            scope.Declare(buffer, onHeap ? Allocate(function, bytes) : function.Reserve($"[{LlvmTypes.Digits(Math.Max(1, bytes))} x i8]", 64));
        }

        body();
        foreach (var (buffer, _) in buffers.Where(_ => onHeap))
        {
            var free = function.Set($"load ptr, ptr {Field(function, "{ ptr, ptr, ptr, ptr }", "%host", 3)}");
            function.Do($"call void {free}(ptr {scope[buffer]})");
        }
    }

    private static string Allocate(Function function, long bytes)
    {
        var allocate = function.Set($"load ptr, ptr {Field(function, "{ ptr, ptr, ptr, ptr }", "%host", 2)}");
        return function.Set($"call ptr {allocate}(i64 {LlvmTypes.Digits(bytes)})");
    }

    private static long Bytes(Buffer buffer) => buffer.Count.Constant * buffer.Element.Size()
        ?? throw new CompilerBugException($"the scratch buffer '{buffer.Name}' has no constant size");

    private static IReadOnlyList<Stmt.Scratch> ScratchOutside(Stmt statement) => statement switch
    {
        Stmt.Scratch scratch => [scratch],
        Stmt.For { Kind: LoopKind.Parallel } => [],
        _ => [.. statement.Bodies().SelectMany(ScratchOutside)],
    };
}
