using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>
/// Spells vectors of bool. A mask is a vector of integers, all bits set where it is true, with lanes as large as those of the values it is used with; on
/// AVX-512 the JIT turns it into a mask register.
/// </summary>
internal sealed class MaskWriter(Scope scope, ScalarWriter scalars, VectorWriter vectors)
{
    /// <summary>The mask for values of an element type, in that type's vector.</summary>
    public Code Write(LoopExpr mask, ElementType element) =>
        IsComparison(mask, element) ? Compare((LoopExpr.Op)mask)
            : mask is LoopExpr.Var variable && scope.MaskElement(variable.Variable) == element ? new(scope.Name(variable.Variable))
            : VectorWriter.As(Write(mask, element.Size()), CSharpTypes.MaskElement(element.Size()), element);

    /// <summary>The mask with lanes of this many bytes, in a vector of signed integers.</summary>
    public Code Write(LoopExpr mask, int size)
    {
        var natural = NaturalSize(mask) ?? size;
        return Resize(Natural(mask, natural), natural, size, mask.Type.Lanes);
    }

    /// <summary>The type that a mask comes out of its operation in; null when any will do.</summary>
    public ElementType? NaturalElement(LoopExpr mask) =>
        mask is LoopExpr.Op { Children: [{ Type.Element: not ElementType.Bool and var element }, ..] } && IsComparison(mask, element) ? element
            : NaturalSize(mask) is { } size ? CSharpTypes.MaskElement(size) : null;

    /// <summary>Bytes of a lane of the mask as it comes out of its operation; null when any will do.</summary>
    public int? NaturalSize(LoopExpr mask) => mask switch
    {
        LoopExpr.Var variable => scope.MaskElement(variable.Variable).Size(),
        LoopExpr.Load or LoopExpr.Gather => 1,
        LoopExpr.BitLanes => 4,
        LoopExpr.Cast cast => cast.Children[0].Type.Element.Size(),
        LoopExpr.Op { Operation.Rule: ResultRule.Bool } op when op.Children[0].Type.Element != ElementType.Bool => op.Children[0].Type.Element.Size(),
        LoopExpr.Op op => op.Children.Select(NaturalSize).FirstOrDefault(s => s is not null),
        _ => null,
    };

    public Code Horizontal(ReduceKind kind, LoopExpr mask)
    {
        var type = new LoopType(CSharpTypes.MaskElement(NaturalSize(mask) ?? 4), mask.Type.Lanes);
        var bits = VectorWriter.Call(type, "ExtractMostSignificantBits", Write(mask, type.Element.Size()));
        var all = CSharpTypes.Digits((1L << type.Lanes) - 1) + (type.Lanes == 64 ? "" : type.Lanes == 32 ? "u" : "");
        var every = type.Lanes == 64 ? "ulong.MaxValue" : all;
        var part = CSharpTypes.Part(type) is not null ? Code.Binary("&", bits, new(every)) : bits;
        return kind is ReduceKind.Max or ReduceKind.Sum ? Code.Binary("!=", part, new("0")) : Code.Binary("==", part, new(every));
    }

    private static bool IsComparison(LoopExpr mask, ElementType element) =>
        mask is LoopExpr.Op { Operation.Name: "lt" or "le" or "gt" or "ge" or "eq" } op && op.Children[0].Type.Element == element;

    private Code Natural(LoopExpr mask, int size)
    {
        var type = new LoopType(CSharpTypes.MaskElement(size), mask.Type.Lanes);
        return mask switch
        {
            LoopExpr.Var variable => VectorWriter.As(new(scope.Name(variable.Variable)), scope.MaskElement(variable.Variable), type.Element),
            LoopExpr.Const constant => new(CSharpTypes.Vector(type) + (constant.Value != 0 ? ".AllBitsSet" : ".Zero")),
            LoopExpr.Splat splat => VectorWriter.Call(type, "Create", AllBits(scalars.Write(splat.Children[0]), type.Element)),
            LoopExpr.FirstLanes first => FirstLanes(first, type),
            LoopExpr.BitLanes bits => Code.Lanes(FormattableString.Invariant($"BitMask{CSharpTypes.Width(type)}"), scalars.Write(bits.Children[0])),
            LoopExpr.Load load => NotZero(vectors.Write(load), type with { Element = ElementType.U8 }),
            LoopExpr.Gather gather => NotZero(vectors.Write(gather), type with { Element = ElementType.U8 }),
            LoopExpr.Cast cast => NotZero(vectors.Write(cast.Children[0]), cast.Children[0].Type),
            LoopExpr.Op op => Operation(op, size),
            _ => throw new CompilerBugException($"the C# backend got a {mask.GetType().Name} of bool"),
        };
    }

    private Code Operation(LoopExpr.Op op, int size)
    {
        var name = op.Operation.Name;
        if (name == "select")
        {
            var type = new LoopType(CSharpTypes.MaskElement(size), op.Type.Lanes);
            return VectorWriter.Call(type, "ConditionalSelect", Write(op.Children[0], size), Write(op.Children[1], size), Write(op.Children[2], size));
        }

        var element = op.Children[0].Type.Element;
        if (element != ElementType.Bool)
        {
            var compared = VectorWriter.As(Compare(op), element, CSharpTypes.MaskElement(size));
            return name == "ne" ? Code.Unary("~", compared) : compared;
        }

        Code[] a = [.. op.Children.Select(c => Write(c, size))];
        return name switch
        {
            "and" or "bitand" or "mul" or "min" => Code.Binary("&", a[0], a[1]),
            "or" or "bitor" or "add" or "max" => Code.Binary("|", a[0], a[1]),
            "not" => Code.Unary("~", a[0]),
            "eq" => Code.Unary("~", Code.Binary("^", a[0], a[1])),
            "ne" => Code.Binary("^", a[0], a[1]),
            _ => throw new CompilerBugException($"the C# backend cannot spell '{name}' of {op.Children[0].Type}"),
        };
    }

    // Of ne, the equality.
    private Code Compare(LoopExpr.Op op)
    {
        var function = op.Operation.Name switch
        {
            "lt" => "LessThan",
            "le" => "LessThanOrEqual",
            "gt" => "GreaterThan",
            "ge" => "GreaterThanOrEqual",
            "eq" or "ne" => "Equals",
            _ => throw new CompilerBugException($"the C# backend cannot spell '{op.Operation.Name}' as a comparison"),
        };
        return VectorWriter.Call(op.Children[0].Type, function, vectors.Write(op.Children[0]), vectors.Write(op.Children[1]));
    }

    private static Code NotZero(Code value, LoopType type) =>
        Code.Unary("~", VectorWriter.As(
            VectorWriter.Call(type, "Equals", value, new(CSharpTypes.Vector(type) + ".Zero")),
            type.Element,
            CSharpTypes.MaskElement(type.Element.Size())));

    private Code FirstLanes(LoopExpr.FirstLanes first, LoopType type)
    {
        var count = scalars.Write(first.Children[0]);
        var argument = type.Element switch
        {
            ElementType.I64 => Code.Cast("long", count),
            ElementType.I32 => count,
            _ => Code.Lanes("To" + CSharpTypes.Library(type.Element), count),
        };
        return VectorWriter.Call(type, "LessThan", new(CSharpTypes.Vector(type) + ".Indices"), VectorWriter.Call(type, "Create", argument));
    }

    private static Code AllBits(Code condition, ElementType element)
    {
        var bits = Code.Choice(condition, CSharpTypes.Literal(-1, element), CSharpTypes.Literal(0, element));
        return element.Size() < 4 ? Code.Cast(CSharpTypes.Memory(element), bits) : bits;
    }

    private static Code Resize(Code mask, int from, int to, int lanes)
    {
        while (from > to)
        {
            mask = Code.Lanes("NarrowMask", mask);
            from /= 2;
        }

        for (; from < to; from *= 2)
        {
            // A part of a 128-bit register is widened within one.
            mask = Code.Call(from * lanes < 16 ? External.VectorClass(128) + ".WidenLower" : External.Lanes + ".WidenMask", mask);
        }

        return mask;
    }
}
