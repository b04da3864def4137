using System.Globalization;
using System.Text;
using SparseDsl.Compiler.Formats;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Loops;

/// <summary>
/// The text form of kernels and programs; <see cref="LoopParser"/> reads it back. One statement a line, what is inside a statement two spaces
/// further in:
/// <code>
/// kernel scale(x: in f32[N*64], y: out f32[N*64]; N: i32) "scale \"a\""
///   parallel t in 0..N*4
///     let m = first16(N*64 - t*16)
///     y[t*16 ..16 if m] = x[t*16 ..16 if m]*splat16(2.0)
/// </code>
/// <c>..16</c> is the number of lanes, <c>by 3</c> a stride. An integer without suffix is i32, a number with point or exponent f32, others say
/// their type: <c>1:i64</c>, <c>0.0:f32x16</c>. <c>f32(x)</c> converts, <c>as_i32(x)</c> keeps the bits.
/// </summary>
public static class LoopPrinter
{
    private const int Unary = 6;
    private const int Primary = 7;

    private static readonly Dictionary<CoreOp, (string Sign, int Level)> Infix = new()
    {
        [CoreOps.Or] = (" || ", 1),
        [CoreOps.And] = (" && ", 2),
        [CoreOps.Eq] = (" == ", 3),
        [CoreOps.Ne] = (" != ", 3),
        [CoreOps.Lt] = (" < ", 3),
        [CoreOps.Le] = (" <= ", 3),
        [CoreOps.Gt] = (" > ", 3),
        [CoreOps.Ge] = (" >= ", 3),
        [CoreOps.Add] = (" + ", 4),
        [CoreOps.Sub] = (" - ", 4),
        [CoreOps.Mul] = ("*", 5),
        [CoreOps.Div] = (" / ", 5),
        [CoreOps.Mod] = (" % ", 5),
    };

    /// <summary>A program: its memory, its calls, then every kernel.</summary>
    public static string Print(LoopProgram program)
    {
        var text = new StringBuilder();
        text.Append("program ").Append(program.Name).Append('(').Append(string.Join(", ", program.Dims)).Append(")\n");
        foreach (var size in program.SlotSizes)
        {
            text.Append("  slot ").Append(size).Append('\n');
        }

        foreach (var region in program.Regions)
        {
            text.Append("  ").Append(Line(region)).Append('\n');
        }

        foreach (var call in program.Calls)
        {
            text.Append("  call ").Append(call.Kernel.Name).Append('(').Append(string.Join(", ", call.Regions.Select(Name))).Append(')')
                .Append(call.Label == call.Kernel.Label ? "" : " " + Quote(call.Label)).Append('\n');
        }

        foreach (var kernel in program.Calls.Select(c => c.Kernel).Distinct(ByReference.Instance))
        {
            text.Append(Print(kernel));
        }

        return text.ToString();
    }

    /// <summary>One kernel.</summary>
    public static string Print(Kernel kernel)
    {
        var text = new StringBuilder();
        text.Append("kernel ").Append(kernel.Name).Append('(').Append(string.Join(", ", kernel.Buffers.Select(Declaration)));
        if (kernel.Scalars.Length > 0)
        {
            text.Append("; ").Append(string.Join(", ", kernel.Scalars.Select(s => $"{s.Name}: {s.Type}")));
        }

        text.Append(')').Append(kernel.Label.Length == 0 ? "" : " " + Quote(kernel.Label)).Append('\n');
        Print(text, kernel.Body, 1);
        return text.ToString();
    }

    /// <summary>A statement and what is inside it, without indentation at first.</summary>
    public static string Print(Stmt statement)
    {
        var text = new StringBuilder();
        Print(text, statement, 0);
        return text.ToString();
    }

    /// <summary>An expression.</summary>
    public static string Print(LoopExpr expr)
    {
        var text = new StringBuilder();
        Print(text, expr, 0);
        return text.ToString();
    }

    internal static string AccessName(BufferAccess access) => access.ToString().ToLowerInvariant();

    private static string Declaration(Buffer buffer) => $"{buffer.Name}: {AccessName(buffer.Access)} {buffer.Element.Name()}[{buffer.Count}]";

    private static string Line(Region region) => region switch
    {
        Region.Input input => $"input {Name(region.Name)}: {input.Type}",
        Region.Output output => $"output {Name(region.Name)}: {output.Type}",
        Region.State state => $"state {Name(region.Name)}: {state.Type}",
        Region.Temporary temporary => FormattableString.Invariant($"temporary {Name(region.Name)}: {region.Element.Name()}[{region.Count}] slot {temporary.Slot}"),
        Region.Weight weight => $"weight {Name(region.Name)}: {region.Element.Name()}[{region.Count}] {Source(weight.Source)}",
        _ => throw new CompilerBugException($"no text form for a region {region.GetType().Name}"),
    };

    private static string Source(WeightOrigin source) =>
        $"array {Quote(source.Array)} of {Quote(source.Tensor)} {FormatText.Print(source.Format)}{Folded(source)}";

    // The elements of folded constants are weights, not text.
    private static string Folded(WeightOrigin source) =>
        source.Mask is { } mask ? $" mask {Quote(mask)}"
        : source is { Recipe: { } recipe, Folded: null } ? $" deferred {Quote(recipe)}"
        : source.Folded is { } data ? $" folded {data.Type.Name()}[{string.Join(", ", data.Shape.Select(s => s.ToString(CultureInfo.InvariantCulture)))}]" : "";

    private static string Name(string name) => IsIdentifier(name) ? name : Quote(name);

    internal static bool IsIdentifier(string name) =>
        name.Length > 0 && !char.IsDigit(name[0]) && name.All(c => c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '_');

    private static string Quote(string text) => "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace('\n', ' ') + "\"";

    private static void Print(StringBuilder text, Stmt statement, int depth)
    {
        if (statement is Stmt.Block block)
        {
            foreach (var inner in block.Statements)
            {
                Print(text, inner, depth);
            }

            return;
        }

        text.Append(' ', depth * 2);
        Head(text, statement);
        text.Append('\n');
        if (statement is Stmt.If { Otherwise: { } otherwise } choice)
        {
            Print(text, choice.Then, depth + 1);
            text.Append(' ', depth * 2).Append("else\n");
            Print(text, otherwise, depth + 1);
            return;
        }

        foreach (var inner in statement.Bodies())
        {
            Print(text, inner, depth + 1);
        }
    }

    private static void Head(StringBuilder text, Stmt statement)
    {
        switch (statement)
        {
            case Stmt.Let s:
                text.Append("let ").Append(s.Variable.Name).Append(" = ");
                Print(text, s.Value, 0);
                break;
            case Stmt.Local s:
                text.Append("local ").Append(s.Variable.Name).Append(": ").Append(s.Variable.Type).Append(" = ");
                Print(text, s.Value, 0);
                break;
            case Stmt.Assign s:
                text.Append(s.Variable.Name).Append(" = ");
                Print(text, s.Value, 0);
                break;
            case Stmt.DeclareTile s:
                text.Append("tile ").Append(s.Tile.Name).Append(": ").Append(s.Tile.Type).Append('[');
                text.Append(string.Join(", ", s.Tile.Shape.Select(e => e.ToString(CultureInfo.InvariantCulture)))).Append("] = ");
                Print(text, s.Value, 0);
                break;
            case Stmt.SetTile s:
                text.Append(s.Tile.Name).Append('[');
                Separated(text, s.Subscripts);
                text.Append("] = ");
                Print(text, s.Value, 0);
                break;
            case Stmt.Scratch s:
                text.Append("scratch ").Append(s.Buffer.Name).Append(": ").Append(s.Buffer.Element.Name()).Append('[').Append(s.Buffer.Count).Append(']');
                break;
            case Stmt.Store s:
                text.Append(s.Buffer.Name);
                Place(text, s.Offset, s.Value.Type.Lanes, s.Stride, s.Mask);
                text.Append(" = ");
                Print(text, s.Value, 0);
                break;
            case Stmt.For s:
                text.Append(Keyword(s.Kind)).Append(' ').Append(s.Variable.Name).Append(" in ");
                Print(text, s.Begin, 0);
                text.Append("..");
                Print(text, s.End, 0);
                text.Append(s.Step == 1 ? "" : FormattableString.Invariant($" step {s.Step}"));
                break;
            case Stmt.While s:
                text.Append("while ");
                Print(text, s.Condition, 0);
                break;
            case Stmt.If s:
                text.Append("if ");
                Print(text, s.Condition, 0);
                break;
            case Stmt.CompressStore s:
                text.Append("compress ").Append(s.Buffer.Name).Append('[').Append(s.Position.Name).Append("] = ");
                Print(text, s.Value, 0);
                text.Append(" if ");
                Print(text, s.Mask, 0);
                break;
            default:
                throw new CompilerBugException($"no text form for {statement.GetType().Name}");
        }
    }

    internal static string Keyword(LoopKind kind) => kind switch
    {
        LoopKind.Serial => "for",
        LoopKind.Parallel => "parallel",
        LoopKind.Unrolled => "unroll",
        _ => "vector",
    };

    private static void Print(StringBuilder text, LoopExpr expr, int level)
    {
        switch (expr)
        {
            case LoopExpr.Const e:
                text.Append(Number(e));
                break;
            case LoopExpr.Var e:
                text.Append(e.Variable.Name);
                break;
            case LoopExpr.Op e:
                PrintOperation(text, e, level);
                break;
            case LoopExpr.Cast e:
                Call(text, e.Type.Element.Name(), e.Children);
                break;
            case LoopExpr.BitCast e:
                Call(text, "as_" + e.Type.Element.Name(), e.Children);
                break;
            case LoopExpr.Splat e:
                Call(text, FormattableString.Invariant($"splat{e.Type.Lanes}"), e.Children);
                break;
            case LoopExpr.Ramp e:
                Call(text, FormattableString.Invariant($"ramp{e.Type.Lanes}"), e.Step == 1 ? e.Children : [.. e.Children, LoopOps.Int(e.Step)]);
                break;
            case LoopExpr.FirstLanes e:
                Call(text, FormattableString.Invariant($"first{e.Type.Lanes}"), e.Children);
                break;
            case LoopExpr.Horizontal e:
                Call(text, "h" + e.Kind.Name(), e.Children);
                break;
            case LoopExpr.Load e:
                text.Append(e.Buffer.Name);
                Place(text, e.Offset, e.Type.Lanes, e.Stride, e.Mask);
                break;
            case LoopExpr.Gather e:
                text.Append("gather(").Append(e.Buffer.Name).Append(", ");
                Separated(text, e.Children);
                text.Append(')');
                break;
            case LoopExpr.BitLanes e:
                Call(text, FormattableString.Invariant($"bits{e.Type.Lanes}"), e.Children);
                break;
            case LoopExpr.CountBits e:
                Call(text, FormattableString.Invariant($"count{e.Count}"), e.Children);
                break;
            case LoopExpr.Expand e:
                text.Append("expand(").Append(e.Buffer.Name).Append(", ");
                Separated(text, e.Children);
                text.Append(')');
                break;
            case LoopExpr.TileGet e:
                text.Append(e.Tile.Name).Append('[');
                Separated(text, e.Children);
                text.Append(']');
                break;
            default:
                throw new CompilerBugException($"no text form for {expr.GetType().Name}");
        }
    }

    private static void PrintOperation(StringBuilder text, LoopExpr.Op e, int level)
    {
        if (Infix.TryGetValue(e.Operation, out var row))
        {
            // Left operands may be of the same level, except of comparisons, which do not chain.
            var open = level > row.Level;
            text.Append(open ? "(" : "");
            Print(text, e.Children[0], row.Level == 3 ? 4 : row.Level);
            text.Append(row.Sign);
            Print(text, e.Children[1], row.Level + 1);
            text.Append(open ? ")" : "");
        }
        else if (e.Operation == CoreOps.Not || (e.Operation == CoreOps.Neg && e.Children[0] is not LoopExpr.Const))
        {
            text.Append(level > Unary ? "(" : "").Append(e.Operation == CoreOps.Not ? '!' : '-');
            Print(text, e.Children[0], Primary);
            text.Append(level > Unary ? ")" : "");
        }
        else
        {
            Call(text, e.Operation.Name, e.Children);
        }
    }

    private static void Call(StringBuilder text, string name, IReadOnlyList<LoopExpr> arguments)
    {
        text.Append(name).Append('(');
        Separated(text, arguments);
        text.Append(')');
    }

    private static void Separated(StringBuilder text, IReadOnlyList<LoopExpr> items)
    {
        for (var i = 0; i < items.Count; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            Print(text, items[i], 0);
        }
    }

    private static void Place(StringBuilder text, LoopExpr offset, int lanes, int stride, LoopExpr? mask)
    {
        text.Append('[');
        Print(text, offset, 0);
        text.Append(lanes == 1 ? "" : FormattableString.Invariant($" ..{lanes}"));
        text.Append(stride == 1 ? "" : FormattableString.Invariant($" by {stride}"));
        if (mask is not null)
        {
            text.Append(" if ");
            Print(text, mask, 0);
        }

        text.Append(']');
    }

    private static string Number(LoopExpr.Const constant)
    {
        var (element, lanes) = (constant.Type.Element, constant.Type.Lanes);
        var digits = element == ElementType.Bool ? (constant.Value != 0 ? "true" : "false") : Digits(constant.Value, element.IsFloat());
        var implied = lanes == 1 && element is ElementType.I32 or ElementType.F32 or ElementType.Bool && lanes == 1;
        return implied ? digits : $"{digits}:{constant.Type}";
    }

    private static string Digits(double value, bool isFloat)
    {
        if (double.IsNaN(value))
        {
            return "nan";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "inf" : "-inf";
        }

        if (!isFloat)
        {
            return ((long)value).ToString(CultureInfo.InvariantCulture);
        }

        var digits = value.ToString("R", CultureInfo.InvariantCulture);
        return digits.Contains('.') || digits.Contains('E') ? digits : digits + ".0";
    }

    private sealed class ByReference : IEqualityComparer<Kernel>
    {
        public static ByReference Instance { get; } = new();

        public bool Equals(Kernel? x, Kernel? y) => ReferenceEquals(x, y);

        public int GetHashCode(Kernel obj) => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj);
    }
}
