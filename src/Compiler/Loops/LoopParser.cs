using System.Collections.Immutable;
using System.Text;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Loops;

/// <summary>Reads the text form of kernels and programs that <see cref="LoopPrinter"/> writes.</summary>
public sealed class LoopParser
{
    private readonly IrLines lines;

    private LoopParser(string text) => lines = new IrLines(text);

    /// <summary>The one kernel of a text. Types are what the operands say; <see cref="LoopValidator"/> checks them.</summary>
    /// <exception cref="IrSyntaxException">The text is not a kernel.</exception>
    public static Kernel ParseKernel(string text)
    {
        var parser = new LoopParser(text);
        var kernel = parser.Kernel();
        return parser.lines.AtEnd ? kernel : throw parser.lines.Error("expected one kernel");
    }

    /// <summary>The program of a text, with its kernels.</summary>
    /// <param name="text">What <see cref="LoopPrinter.Print(LoopProgram)"/> gave.</param>
    /// <param name="constants">Elements of folded constants, by the name of the tensor; zeros when null.</param>
    /// <exception cref="IrSyntaxException">The text is not a program.</exception>
    public static LoopProgram ParseProgram(string text, Func<string, TensorData?>? constants = null) =>
        new LoopParser(text).Program(constants ?? (_ => null));

    private LoopProgram Program(Func<string, TensorData?> constants)
    {
        var head = lines.Take(0);
        head.Take("program");
        var name = head.Name();
        head.Take("(");
        ImmutableArray<SymbolicDim> dims = [.. head.List(")", () => SymbolicDim(head))];
        var slots = ImmutableArray.CreateBuilder<Dim>();
        var regions = ImmutableArray.CreateBuilder<Region>();
        var calls = new List<(string Kernel, ImmutableArray<string> Regions, string? Label)>();
        while (lines.Depth == 1)
        {
            var line = lines.Take(1);
            if (line.TryTake("slot"))
            {
                slots.Add(line.Dim());
            }
            else if (line.TryTake("call"))
            {
                var kernel = line.Name();
                line.Take("(");
                calls.Add((kernel, [.. line.List(")", () => RegionName(line))], line.Sees("\"") ? line.String() : null));
            }
            else
            {
                regions.Add(Region(line, constants));
            }
        }

        var kernels = new Dictionary<string, Kernel>(StringComparer.Ordinal);
        while (!lines.AtEnd)
        {
            var kernel = Kernel();
            kernels.Add(kernel.Name, kernel);
        }

        ImmutableArray<KernelCall> bound = [.. calls.Select(c =>
            Call(kernels.TryGetValue(c.Kernel, out var k) ? k : throw lines.Error($"no kernel '{c.Kernel}'"), c.Regions, c.Label))];
        return new LoopProgram(name, dims, regions.ToImmutable(), bound, slots.ToImmutable());
    }

    private static KernelCall Call(Kernel kernel, ImmutableArray<string> regions, string? label) =>
        label is null ? new KernelCall(kernel, regions) : new KernelCall(kernel, regions) { Label = label };

    private static SymbolicDim SymbolicDim(IrReader line)
    {
        var name = line.Name();
        line.Take(":");
        var low = line.Integer();
        line.Take("..");
        var high = line.Integer();
        return new SymbolicDim(name, low, high, line.TryTake("step") ? line.Integer() : 1);
    }

    private static string RegionName(IrReader line) => line.Sees("\"") ? line.String() : line.Name();

    private static Region Region(IrReader line, Func<string, TensorData?> constants)
    {
        var kind = line.Name();
        var name = RegionName(line);
        line.Take(":");
        var element = LoopExpressionParser.Element(line);
        line.Take("[");
        ImmutableArray<Dim> shape = [.. line.List("]", line.Dim)];
        var type = new TensorType(element, shape);
        switch (kind)
        {
            case "input":
                return new Region.Input(name, type);
            case "output":
                return new Region.Output(name, type);
            case "state":
                return new Region.State(name, type);
            case "temporary":
                line.Take("slot");
                return new Region.Temporary(name, element, shape[0], (int)line.Integer());
            case "weight":
                return new Region.Weight(name, element, shape[0], Source(line, constants));
            default:
                throw line.Error($"no kind of region '{kind}'");
        }
    }

    private static WeightOrigin Source(IrReader line, Func<string, TensorData?> constants)
    {
        line.Take("array");
        var array = line.String();
        line.Take("of");
        var tensor = line.String();
        var format = FormatText.ParseWithPattern(line);
        if (line.TryTake("mask"))
        {
            return new WeightOrigin(tensor, null, format, array, Mask: line.String());
        }

        if (line.TryTake("deferred"))
        {
            return new WeightOrigin(tensor, null, format, array, line.String());
        }

        if (!line.TryTake("folded"))
        {
            return new WeightOrigin(tensor, null, format, array);
        }

        var element = LoopExpressionParser.Element(line);
        line.Take("[");
        int[] shape = [.. line.List("]", () => (int)line.Integer())];
        var bytes = shape.Aggregate(element.Size(), (a, b) => a * b);
        return new WeightOrigin(tensor, constants(tensor) ?? new TensorData(element, shape, new byte[bytes]), format, array, "");
    }

    private Kernel Kernel()
    {
        var head = lines.Take(0);
        head.Take("kernel");
        var name = head.Name();
        var scope = new LoopScope();
        head.Take("(");
        var buffers = ImmutableArray.CreateBuilder<Buffer>();
        var scalars = ImmutableArray.CreateBuilder<Variable>();
        while (!head.Sees(")") && !head.Sees(";"))
        {
            buffers.Add(Declaration(head));
            scope.Buffers.Add(buffers[buffers.Count - 1].Name, buffers[buffers.Count - 1]);
            head.TryTake(",");
        }

        while (!head.TryTake(")"))
        {
            _ = head.TryTake(";") || head.TryTake(",");
            var scalar = head.Name();
            head.Take(":");
            scalars.Add(scope.Declare(scalar, LoopExpressionParser.Type(head)));
        }

        var label = head.Sees("\"") ? head.String() : "";
        End(head);
        return new Kernel(name, label, buffers.ToImmutable(), scalars.ToImmutable(), Block(scope, 1));
    }

    private static Buffer Declaration(IrReader line)
    {
        var name = line.Name();
        line.Take(":");
        var word = line.Name();
        BufferAccess? access = word switch
        {
            "in" => BufferAccess.In,
            "out" => BufferAccess.Out,
            "inout" => BufferAccess.InOut,
            "scratch" => BufferAccess.Scratch,
            _ => null,
        };
        var element = LoopExpressionParser.Element(line);
        line.Take("[");
        var count = line.Dim();
        line.Take("]");
        return new Buffer(name, element, count, access ?? throw line.Error($"no access '{word}'"));
    }

    private Stmt.Block Block(LoopScope scope, int depth)
    {
        var statements = ImmutableArray.CreateBuilder<Stmt>();
        while (!lines.AtEnd && lines.Depth == depth && !lines.Sees("else"))
        {
            statements.Add(Statement(scope, depth));
        }

        return new Stmt.Block(statements.ToImmutable());
    }

    private Stmt Statement(LoopScope scope, int depth)
    {
        var line = lines.Take(depth);
        var e = new LoopExpressionParser(line, scope);
        foreach (var kind in new[] { LoopKind.Serial, LoopKind.Parallel, LoopKind.Unrolled, LoopKind.Vector })
        {
            if (line.TryTake(LoopPrinter.Keyword(kind)))
            {
                return For(kind, line, e, scope, depth);
            }
        }

        if (line.TryTake("while"))
        {
            var condition = e.Parse();
            End(line);
            return new Stmt.While(condition, Block(scope, depth + 1));
        }

        if (line.TryTake("if"))
        {
            return If(line, e, scope, depth);
        }

        var statement = Simple(line, e, scope);
        End(line);
        return statement;
    }

    private Stmt.For For(LoopKind kind, IrReader line, LoopExpressionParser e, LoopScope scope, int depth)
    {
        var name = line.Name();
        line.Take("in");
        var begin = e.Parse();
        line.Take("..");
        var end = e.Parse();
        var step = line.TryTake("step") ? (int)line.Integer() : 1;
        End(line);
        return new Stmt.For(kind, scope.Declare(name, LoopType.Index), begin, end, step, Block(scope, depth + 1));
    }

    private Stmt.If If(IrReader line, LoopExpressionParser e, LoopScope scope, int depth)
    {
        var condition = e.Parse();
        End(line);
        var then = Block(scope, depth + 1);
        if (lines.AtEnd || lines.Depth != depth || !lines.Sees("else"))
        {
            return new Stmt.If(condition, then);
        }

        End(lines.Take(depth), "else");
        return new Stmt.If(condition, then, Block(scope, depth + 1));
    }

    private static Stmt Simple(IrReader line, LoopExpressionParser e, LoopScope scope)
    {
        if (line.TryTake("let"))
        {
            var name = line.Name();
            line.Take("=");
            var value = e.Parse();
            return new Stmt.Let(scope.Declare(name, value.Type), value);
        }

        if (line.TryTake("local"))
        {
            var name = line.Name();
            line.Take(":");
            var type = LoopExpressionParser.Type(line);
            line.Take("=");
            var value = e.Parse();
            return new Stmt.Local(scope.Declare(name, type), value);
        }

        if (line.TryTake("tile"))
        {
            return TileDeclaration(line, e, scope);
        }

        if (line.TryTake("scratch"))
        {
            return Scratch(line, scope);
        }

        return line.TryTake("compress") ? Compress(line, e, scope) : Write(line, e, scope);
    }

    private static Stmt.DeclareTile TileDeclaration(IrReader line, LoopExpressionParser e, LoopScope scope)
    {
        var name = line.Name();
        line.Take(":");
        var type = LoopExpressionParser.Type(line);
        line.Take("[");
        var tile = new Tile(name, type, [.. line.List("]", () => (int)line.Integer())]);
        line.Take("=");
        var value = e.Parse();
        scope.Tiles.Add(name, tile);
        return new Stmt.DeclareTile(tile, value);
    }

    private static Stmt.Scratch Scratch(IrReader line, LoopScope scope)
    {
        var name = line.Name();
        line.Take(":");
        var element = LoopExpressionParser.Element(line);
        line.Take("[");
        var buffer = new Buffer(name, element, line.Dim(), BufferAccess.Scratch);
        line.Take("]");
        scope.Buffers.Add(name, buffer);
        return new Stmt.Scratch(buffer);
    }

    private static Stmt.CompressStore Compress(IrReader line, LoopExpressionParser e, LoopScope scope)
    {
        var buffer = scope.Buffer(line, line.Name());
        line.Take("[");
        var position = scope.Variable(line, line.Name());
        line.Take("]");
        line.Take("=");
        var value = e.Parse();
        line.Take("if");
        return new Stmt.CompressStore(buffer, position, value, e.Parse());
    }

    private static Stmt Write(IrReader line, LoopExpressionParser e, LoopScope scope)
    {
        var name = line.Name();
        if (line.TryTake("="))
        {
            return new Stmt.Assign(scope.Variable(line, name), e.Parse());
        }

        line.Take("[");
        if (scope.Tiles.TryGetValue(name, out var tile))
        {
            ImmutableArray<LoopExpr> subscripts = [.. line.List("]", e.Parse)];
            line.Take("=");
            return new Stmt.SetTile(tile, subscripts, e.Parse());
        }

        var buffer = scope.Buffer(line, name);
        var (offset, lanes, stride, mask) = e.Place();
        line.Take("=");
        var value = e.Parse();
        return value.Type.Lanes == lanes ? new Stmt.Store(buffer, offset, value, stride, mask)
            : throw line.Error($"the value has {value.Type.Lanes} lanes, the place {lanes}");
    }

    private static void End(IrReader line, string word = "")
    {
        if (word.Length > 0)
        {
            line.Take(word);
        }

        if (!line.AtEnd)
        {
            throw line.Error("expected the end of the line");
        }
    }
}

/// <summary>What names mean so far. Names are unique in a kernel, so there is one flat scope; the validator checks visibility.</summary>
internal sealed class LoopScope
{
    private readonly Dictionary<string, Variable> variables = new(StringComparer.Ordinal);

    public Dictionary<string, Buffer> Buffers { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, Tile> Tiles { get; } = new(StringComparer.Ordinal);

    public Variable Declare(string name, LoopType type) => variables[name] = new Variable(name, type);

    public Variable Variable(IrReader line, string name) => variables.TryGetValue(name, out var v) ? v : throw line.Error($"no variable '{name}'");

    public Buffer Buffer(IrReader line, string name) => Buffers.TryGetValue(name, out var b) ? b : throw line.Error($"no buffer '{name}'");
}

/// <summary>Text as lines with their depth of indentation; each line has its own reader.</summary>
internal sealed class IrLines
{
    private readonly List<(int Number, int Depth, string Text)> lines = [];
    private int next;

    public IrLines(string text)
    {
        foreach (var (number, line) in text.Split('\n').Index())
        {
            var content = line.TrimStart(' ');
            if (content.Trim().Length > 0)
            {
                lines.Add((number, (line.Length - content.Length) / 2, content));
            }
        }
    }

    /// <summary>Whether no line is left.</summary>
    public bool AtEnd => next >= lines.Count;

    /// <summary>Depth of the next line; -1 at the end.</summary>
    public int Depth => AtEnd ? -1 : lines[next].Depth;

    /// <summary>Whether the next line begins with a word.</summary>
    public bool Sees(string word) => !AtEnd && lines[next].Text.StartsWith(word, StringComparison.Ordinal) && new IrReader(lines[next].Text).Sees(word);

    /// <summary>The next line, which must stand at a depth.</summary>
    public IrReader Take(int depth)
    {
        if (Depth != depth)
        {
            throw Error(FormattableString.Invariant($"expected a line at depth {depth}"));
        }

        // What stands before it keeps the places of errors right.
        var (number, _, text) = lines[next++];
        return new IrReader(new StringBuilder().Append('\n', number).Append(' ', depth * 2).Append(text).ToString());
    }

    /// <summary>An error at the next line.</summary>
    public IrSyntaxException Error(string message) => new(message, AtEnd ? lines.Count + 1 : lines[next].Number + 1, 1);
}
