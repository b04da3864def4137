using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Compiler.Lowering;

/// <summary>What a kernel under construction knows: its buffers, its names, and what each symbol (dim or index variable) is right now.</summary>
internal sealed class KernelBuilder
{
    private readonly List<Buffer> buffers = [];
    private readonly List<string> regions = [];
    private readonly List<Variable> scalars = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LoopExpr> symbols = new(StringComparer.Ordinal);

    /// <summary>A kernel over the dims of a graph.</summary>
    public KernelBuilder(Graph graph)
    {
        Graph = graph;
        foreach (var dim in graph.Dims)
        {
            var variable = new Variable(Unique(dim.Name), LoopType.Index);
            scalars.Add(variable);
            symbols.Add(dim.Name, Loop.Get(variable));
        }
    }

    /// <summary>The graph the kernel is part of.</summary>
    public Graph Graph { get; }

    /// <summary>The buffer bound to a region; made on first use.</summary>
    public Buffer Bind(Region region, BufferAccess access)
    {
        for (var i = 0; i < regions.Count; i++)
        {
            if (regions[i] == region.Name && buffers[i].Access == access)
            {
                return buffers[i];
            }
        }

        var buffer = new Buffer(Unique(region.Name), region.Element, region.Count, access);
        buffers.Add(buffer);
        regions.Add(region.Name);
        return buffer;
    }

    /// <summary>Memory of the kernel itself, whose name starts with the hint; declared by a statement.</summary>
    public Buffer NewScratch(string hint, ElementType element, long count) => new(Unique(hint), element, Dim.Const(count), BufferAccess.Scratch);

    /// <summary>A new variable whose name starts with the hint.</summary>
    public Variable NewVariable(string hint, LoopType type) => new(Unique(hint), type);

    /// <summary>A new index variable.</summary>
    public Variable NewIndex(string hint) => NewVariable(hint, LoopType.Index);

    /// <summary>Says what an index variable is from here on.</summary>
    public void Define(string symbol, LoopExpr value) => symbols[symbol] = value;

    /// <summary>What a symbol is.</summary>
    public LoopExpr Symbol(string name) =>
        symbols.TryGetValue(name, out var value) ? value : throw new CompilerBugException($"'{name}' has no value here");

    /// <summary>An integer expression, with symbols as they are now.</summary>
    public LoopExpr Lower(Dim dim) => Loop.Lower(dim, Symbol);

    /// <summary>The finished kernel and the regions of its buffers.</summary>
    public KernelCall Finish(string name, string label, Stmt body)
    {
        var used = new UsedVariables(body);
        var kept = scalars.Where(s => used.Contains(s) || buffers.Any(b => b.Count.Mentions(s.Name)));
        return new KernelCall(new Kernel(name, label, [.. buffers], [.. kept], body), [.. regions]) { Node = name };
    }

    private string Unique(string hint)
    {
        var stem = NodeNames.Identifier(hint);
        var name = stem;
        for (var i = 1; !names.Add(name); i++)
        {
            name = stem + "_" + i.ToString(CultureInfo.InvariantCulture);
        }

        return name;
    }
}

/// <summary>Variables that a statement reads.</summary>
internal sealed class UsedVariables
{
    private readonly HashSet<Variable> used = new(ReferenceComparer<Variable>.Instance);

    public UsedVariables(Stmt statement) => Visit(statement);

    public bool Contains(Variable variable) => used.Contains(variable);

    private void Visit(Stmt statement)
    {
        foreach (var expr in statement.Expressions())
        {
            Visit(expr);
        }

        foreach (var inner in statement.Bodies())
        {
            Visit(inner);
        }
    }

    private void Visit(LoopExpr expr)
    {
        if (expr is LoopExpr.Var v)
        {
            used.Add(v.Variable);
        }

        foreach (var child in expr.Children)
        {
            Visit(child);
        }
    }
}
