using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.Llvm.Emit;

/// <content>Core and machine operations.</content>
internal partial class ValueWriter
{
    private string Operation(LoopExpr.Op op)
    {
        var name = op.Operation.Name;
        if (op.Type.Lanes == 1 && name is "select" or "and" or "or" && op.Children.Skip(1).Any(MayFault))
        {
            return Lazily(op);
        }

        if (name is "div" or "mod" && op.Type.Element.IsInteger())
        {
            return name == "div" ? Divide(op) : Modulo(op);
        }

        if (name is "dot4" or "dot2")
        {
            return Dot(op);
        }

        string[] a = [.. op.Children.Select(Write)];
        var (type, operand) = (Held(op.Type), Held(op.Children[^1].Type));
        return name switch
        {
            "select" => f.Set($"select {LlvmTypes.Of(Held(op.Children[0].Type))} {a[0]}, {LlvmTypes.Of(type)} {a[1]}, {LlvmTypes.Of(type)} {a[2]}"),
            "eq" or "ne" or "lt" or "le" or "gt" or "ge" => Compare(name, operand, a[0], a[1]),
            "fma" => Fma(type, a),
            "shl" or "shr" => Shift(name, type, a),
            _ when a.Length == 2 => Arithmetic(name, type, a[0], a[1]),
            _ => Unary(name, type, a[0]),
        };
    }

    // Scalars are chosen between, and conditions joined, without evaluating what is not asked for: it may lie outside its buffer.
    private string Lazily(LoopExpr.Op op)
    {
        var (then, otherwise, after) = (f.NewBlock("then"), f.NewBlock("else"), f.NewBlock("after"));
        f.Branch(Write(op.Children[0]), then, otherwise);
        f.Begin(then);
        Joined();
        var first = op.Operation.Name switch { "select" or "and" => Write(op.Children[1]), _ => "true" };
        var firstEnd = f.Block;
        f.Branch(after);
        f.Begin(otherwise);
        Joined();
        var second = op.Operation.Name switch { "select" => Write(op.Children[2]), "or" => Write(op.Children[1]), _ => "false" };
        var secondEnd = f.Block;
        f.Branch(after);
        f.Begin(after);
        Joined();
        return f.Set($"phi {LlvmTypes.Of(op.Type)} [ {first}, %{firstEnd} ], [ {second}, %{secondEnd} ]");
    }

    private static bool MayFault(LoopExpr value) => value.All().Any(v =>
        v is LoopExpr.Load or LoopExpr.Gather or LoopExpr.Expand || (v is LoopExpr.Op { Operation.Name: "div" or "mod", Children: [_, not LoopExpr.Const] } && v.Type.Element.IsInteger()));

    /// <summary>An operation of two operands of one type.</summary>
    protected string Arithmetic(string name, LoopType type, string a, string b)
    {
        var t = LlvmTypes.Of(type);
        if (type.Element == ElementType.Bool)
        {
            var bits = name switch
            {
                "and" or "bitand" or "mul" or "min" => "and",
                "or" or "bitor" or "add" or "max" => "or",
                _ => throw Unknown(name, type),
            };
            return f.Set($"{bits} {t} {a}, {b}");
        }

        var isFloat = LlvmTypes.IsFloat(type.Element);
        return name switch
        {
            "add" or "sub" or "mul" => f.Set($"{(isFloat ? "f" : "")}{name} {t} {a}, {b}"),
            "div" => f.Set($"fdiv {t} {a}, {b}"),
            "mod" => FloatModulo(type, a, b),
            "min" or "max" when isFloat => f.Set($"select {LlvmTypes.Vector("i1", type.Lanes)} {f.Set($"fcmp {(name == "min" ? "olt" : "ogt")} {t} {a}, {b}")}, {t} {a}, {t} {b}"),
            "min" or "max" => f.Call(t, $"llvm.{(type.Element == ElementType.U32 ? 'u' : 's')}{name}.{LlvmTypes.Suffix(type)}", $"{t} {a}", $"{t} {b}"),
            "bitand" => f.Set($"and {t} {a}, {b}"),
            "bitor" => f.Set($"or {t} {a}, {b}"),
            "pow" => Library(type, "pow", a, b),
            _ => throw Unknown(name, type),
        };
    }

    private string Unary(string name, LoopType type, string a)
    {
        var t = LlvmTypes.Of(type);
        var isFloat = LlvmTypes.IsFloat(type.Element);
        return name switch
        {
            "not" => f.Set($"xor {t} {a}, {LlvmTypes.Constant(1, type)}"),
            "neg" => isFloat ? f.Set($"fneg {t} {a}") : f.Set($"sub {t} {LlvmTypes.Constant(0, type)}, {a}"),
            "abs" when isFloat => f.Call(t, "llvm.fabs." + LlvmTypes.Suffix(type), $"{t} {a}"),
            "abs" => type.Element == ElementType.U32 ? a : f.Call(t, "llvm.abs." + LlvmTypes.Suffix(type), $"{t} {a}", "i1 false"),
            "recip" => f.Set($"fdiv {t} {LlvmTypes.Constant(1, type)}, {a}"),
            "sqrt" => f.Call(t, "llvm.sqrt." + LlvmTypes.Suffix(type), $"{t} {a}"),
            "rsqrt" => ReciprocalRoot(type, a),
            "floor" => isFloat ? f.Call(t, "llvm.floor." + LlvmTypes.Suffix(type), $"{t} {a}") : a,
            "round" => isFloat ? f.Call(t, "llvm.rint." + LlvmTypes.Suffix(type), $"{t} {a}") : a,
            "ctz" => f.Call(t, "llvm.cttz." + LlvmTypes.Suffix(type), $"{t} {a}", "i1 false"),
            "exp" or "log" or "tanh" or "erf" or "sin" or "cos" => Library(type, name, a),
            _ => throw Unknown(name, type),
        };
    }

    private string Compare(string name, LoopType type, string a, string b)
    {
        var t = LlvmTypes.Of(type);
        if (LlvmTypes.IsFloat(type.Element))
        {
            return f.Set($"fcmp {(name == "ne" ? "une" : "o" + name)} {t} {a}, {b}");
        }

        var unsigned = type.Element is ElementType.U32 or ElementType.Bool;
        return f.Set($"icmp {(name is "eq" or "ne" ? name : (unsigned ? "u" : "s") + name)} {t} {a}, {b}");
    }

    // A count counts modulo the width, as machines and C# have it; LLVM leaves more undefined.
    private string Shift(string name, LoopType type, string[] a)
    {
        var t = LlvmTypes.Of(type);
        var bits = (8 * type.Element.Size()) - 1;
        var count = f.Set($"and {t} {a[1]}, {LlvmTypes.Integer(bits, LlvmTypes.Register(type.Element), type.Lanes)}");
        var instruction = name == "shl" ? "shl" : type.Element == ElementType.U32 ? "lshr" : "ashr";
        return f.Set($"{instruction} {t} {a[0]}, {count}");
    }

    // ------------------------------------------------------------------------------------------------------- fma, roots

    private string Fma(LoopType type, string[] a)
    {
        var t = LlvmTypes.Of(type);
        if (!LlvmTypes.IsFloat(type.Element))
        {
            return f.Set($"add {t} {f.Set($"mul {t} {a[0]}, {a[1]}")}, {a[2]}");
        }

        return !Cpu.HasFma && type.Element == ElementType.F32 ? FmaInDouble(type.Lanes, a)
            : f.Call(t, "llvm.fma." + LlvmTypes.Suffix(type), $"{t} {a[0]}", $"{t} {a[1]}", $"{t} {a[2]}");
    }

    // Where there is no such instruction: the product is exact in double precision; the sum is rounded to odd, so that rounding it again to single gives what
    // rounding once would (Boldo and Melquiond, 2008).
    private string FmaInDouble(int lanes, string[] a)
    {
        var (d, i, single) = (LlvmTypes.Vector("double", lanes), LlvmTypes.Vector("i64", lanes), LlvmTypes.Vector("float", lanes));
        var wide = a.Select(x => f.Set($"fpext {single} {x} to {d}")).ToArray();
        var product = f.Set($"fmul {d} {wide[0]}, {wide[1]}");
        var sum = f.Set($"fadd {d} {product}, {wide[2]}");
        var part = f.Set($"fsub {d} {sum}, {product}");
        var rest = f.Set($"fsub {d} {product}, {f.Set($"fsub {d} {sum}, {part}")}");
        var error = f.Set($"fadd {d} {rest}, {f.Set($"fsub {d} {wide[2]}, {part}")}");
        var bits = f.Set($"bitcast {d} {sum} to {i}");
        var opposite = f.Set($"icmp slt {i} {f.Set($"xor {i} {bits}, {f.Set($"bitcast {d} {error} to {i}")}")}, {LlvmTypes.Integer(0, "i64", lanes)}");
        var isEven = f.Set($"icmp eq {i} {f.Set($"and {i} {bits}, {LlvmTypes.Integer(1, "i64", lanes)}")}, {LlvmTypes.Integer(0, "i64", lanes)}");
        var isInexact = f.Set($"fcmp one {d} {error}, {LlvmTypes.Constant(0, new LoopType(ElementType.F64, lanes))}");
        var bools = LlvmTypes.Vector("i1", lanes);
        var step = f.Set($"select {bools} {opposite}, {i} {LlvmTypes.Integer(-1, "i64", lanes)}, {i} {LlvmTypes.Integer(1, "i64", lanes)}");
        var taken = f.Set($"select {bools} {f.Set($"and {bools} {isEven}, {isInexact}")}, {i} {step}, {i} {LlvmTypes.Integer(0, "i64", lanes)}");
        var odd = f.Set($"bitcast {i} {f.Set($"add {i} {bits}, {taken}")} to {d}");
        return f.Set($"fptrunc {d} {odd} to {single}");
    }

    private string ReciprocalRoot(LoopType type, string a)
    {
        var wide = type with { Element = ElementType.F64 };
        var root = Unary("sqrt", wide, Convert(a, type, ElementType.F64));
        return Convert(Unary("recip", wide, root), wide, type.Element);
    }

    // Functions that no instruction computes, in double precision, lane by lane. Kernels have them for f64 only: what they compute in f32 is arithmetic by now.
    protected virtual string Library(LoopType type, string name, params ReadOnlySpan<string> a)
    {
        var arguments = a.ToArray().Select(x => Convert(x, type, ElementType.F64)).ToArray();
        var (wide, vector) = (type with { Element = ElementType.F64 }, LlvmTypes.Vector("double", type.Lanes));
        if (type.Lanes == 1)
        {
            return Convert(f.Call("double", name, [.. arguments.Select(x => "double " + x)]), wide, type.Element);
        }

        var result = "poison";
        for (var lane = 0; lane < type.Lanes; lane++)
        {
            var y = f.Call("double", name, [.. arguments.Select(x => "double " + Part(x, wide, lane, 1))]);
            result = f.Set($"insertelement {vector} {result}, double {y}, i64 {LlvmTypes.Digits(lane)}");
        }

        return Convert(result, wide, type.Element);
    }

    private string FloatModulo(LoopType type, string a, string b)
    {
        var wide = type with { Element = ElementType.F64 };
        var (x, y) = (Convert(a, type, ElementType.F64), Convert(b, type, ElementType.F64));
        var quotient = Unary("floor", wide, Arithmetic("div", wide, x, y));
        return Convert(Arithmetic("sub", wide, x, Arithmetic("mul", wide, y, quotient)), wide, type.Element);
    }

    private static CompilerBugException Unknown(string name, LoopType type) => new($"the LLVM backend cannot spell the operation '{name}' of {type}");
}
