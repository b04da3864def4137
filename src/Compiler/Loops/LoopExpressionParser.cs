using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Loops;

/// <summary>Reads expressions of the loop IR; the grammar is at <see cref="LoopPrinter"/>.</summary>
internal sealed class LoopExpressionParser(IrReader line, LoopScope scope)
{
    // One row a level, loosest first. Longer signs stand before their beginnings.
    private static readonly (string Sign, CoreOp Op)[][] Levels =
    [
        [("||", CoreOps.Or)],
        [("&&", CoreOps.And)],
        [("==", CoreOps.Eq), ("!=", CoreOps.Ne), ("<=", CoreOps.Le), (">=", CoreOps.Ge), ("<", CoreOps.Lt), (">", CoreOps.Gt)],
        [("+", CoreOps.Add), ("-", CoreOps.Sub)],
        [("*", CoreOps.Mul), ("/", CoreOps.Div), ("%", CoreOps.Mod)],
    ];

    /// <summary>An expression.</summary>
    public LoopExpr Parse() => Binary(0);

    /// <summary>An element type's name.</summary>
    public static ElementType Element(IrReader line)
    {
        var name = line.Name();
        return ElementTypes.Parse(name) ?? throw line.Error($"'{name}' is not an element type");
    }

    /// <summary>An element type with lanes: <c>f32x16</c>.</summary>
    public static LoopType Type(IrReader line)
    {
        var name = line.Name();
        var (stem, lanes) = Numbered(name);
        return ElementTypes.Parse(name) is { } scalar ? new LoopType(scalar)
            : stem.EndsWith('x') && ElementTypes.Parse(stem.Substring(0, stem.Length - 1)) is { } element ? new LoopType(element, lanes)
            : throw line.Error($"'{name}' is not a type");
    }

    /// <summary>The rest of a place after '[': offset, lanes, stride and mask.</summary>
    public (LoopExpr Offset, int Lanes, int Stride, LoopExpr? Mask) Place()
    {
        var offset = Parse();
        var lanes = line.TryTake("..") ? (int)line.Integer() : 1;
        var stride = line.TryTake("by") ? (int)line.Integer() : 1;
        var mask = line.TryTake("if") ? Parse() : null;
        line.Take("]");
        return (offset, lanes, stride, mask);
    }

    private LoopExpr Binary(int level)
    {
        if (level == Levels.Length)
        {
            return Unary();
        }

        var left = Binary(level + 1);
        while (Sign(level) is { } op)
        {
            left = LoopOps.Of(op, left, Binary(level + 1));
        }

        return left;
    }

    private CoreOp? Sign(int level)
    {
        foreach (var (sign, op) in Levels[level])
        {
            if (line.TryTake(sign))
            {
                return op;
            }
        }

        return null;
    }

    private LoopExpr Unary()
    {
        if (line.TryTake("!"))
        {
            return LoopOps.Of(CoreOps.Not, Unary());
        }

        if (line.TryNumberText() is { } digits)
        {
            return Number(digits);
        }

        return line.TryTake("-") ? LoopOps.Of(CoreOps.Neg, Unary()) : Primary();
    }

    private LoopExpr Primary()
    {
        if (line.TryTake("("))
        {
            var inner = Parse();
            line.Take(")");
            return inner;
        }

        var name = line.Name();
        if (name is "true" or "false")
        {
            return new LoopExpr.Const(name == "true" ? 1 : 0, Suffix() ?? new LoopType(ElementType.Bool));
        }

        if (line.TryTake("("))
        {
            return Call(name);
        }

        return line.TryTake("[") ? Element(name) : new LoopExpr.Var(scope.Variable(line, name));
    }

    private LoopExpr.Const Number(string digits)
    {
        var isInteger = digits.All(c => char.IsDigit(c) || c == '-');
        var value = digits switch
        {
            "inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            "nan" => double.NaN,
            _ => double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
        return new LoopExpr.Const(value, Suffix() ?? (isInteger ? LoopType.Index : new LoopType(ElementType.F32)));
    }

    private LoopType? Suffix() => line.TryTake(":") ? Type(line) : null;

    private LoopExpr Element(string name)
    {
        if (scope.Tiles.TryGetValue(name, out var tile))
        {
            return new LoopExpr.TileGet(tile, [.. line.List("]", Parse)]);
        }

        var (offset, lanes, stride, mask) = Place();
        return new LoopExpr.Load(scope.Buffer(line, name), offset, lanes, stride, mask);
    }

    private LoopExpr Call(string name)
    {
        if (name == "gather")
        {
            var buffer = scope.Buffer(line, line.Name());
            line.Take(",");
            var rest = line.List(")", Parse);
            return new LoopExpr.Gather(buffer, rest[0], rest.Count > 1 ? rest[1] : null);
        }

        if (name == "expand")
        {
            var buffer = scope.Buffer(line, line.Name());
            line.Take(",");
            var rest = line.List(")", Parse);
            return rest.Count == 2 ? new LoopExpr.Expand(buffer, rest[0], rest[1]) : throw line.Error("'expand' takes a buffer, an offset and a mask");
        }

        LoopExpr[] arguments = [.. line.List(")", Parse)];
        if (arguments.Length == 0)
        {
            throw line.Error($"'{name}' without operands");
        }

        return Conversion(name, arguments[0]) ?? Lanes(name, arguments) ?? Operation(name, arguments);
    }

    private static LoopExpr? Conversion(string name, LoopExpr operand)
    {
        if (ElementTypes.Parse(name) is { } element)
        {
            return new LoopExpr.Cast(element, operand);
        }

        return name.StartsWith("as_", StringComparison.Ordinal) && ElementTypes.Parse(name.Substring(3)) is { } bits ? new LoopExpr.BitCast(bits, operand) : null;
    }

    private static LoopExpr? Lanes(string name, LoopExpr[] arguments)
    {
        var (stem, lanes) = Numbered(name);
        return stem switch
        {
            "splat" when lanes > 1 => new LoopExpr.Splat(arguments[0], lanes),
            "ramp" when lanes > 1 => new LoopExpr.Ramp(arguments[0], arguments.Length > 1 ? (int)(arguments[1].IntValue() ?? 1) : 1, lanes),
            "first" when lanes > 1 => new LoopExpr.FirstLanes(arguments[0], lanes),
            "bits" when lanes > 1 => new LoopExpr.BitLanes(arguments[0], lanes),
            "count" when lanes > 0 => new LoopExpr.CountBits(arguments[0], lanes),
            "hsum" => new LoopExpr.Horizontal(ReduceKind.Sum, arguments[0]),
            "hmax" => new LoopExpr.Horizontal(ReduceKind.Max, arguments[0]),
            "hmin" => new LoopExpr.Horizontal(ReduceKind.Min, arguments[0]),
            "hprod" => new LoopExpr.Horizontal(ReduceKind.Prod, arguments[0]),
            _ => null,
        };
    }

    private LoopExpr Operation(string name, LoopExpr[] arguments)
    {
        var op = MachineOps.Find(name) ?? throw line.Error($"no operation '{name}'");
        return arguments.Length == op.Arity ? LoopOps.Of(op, arguments) : throw line.Error(FormattableString.Invariant($"'{name}' takes {op.Arity} operands"));
    }

    // splat16 -> (splat, 16)
    private static (string Stem, int Number) Numbered(string name)
    {
        var stem = name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        return (stem, int.TryParse(name.Substring(stem.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0);
    }
}
