using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.Llvm.Emit;

/// <content>Products of packed bytes and bf16.</content>
internal partial class ValueWriter
{
    // By named intrinsics: LLVM never finds the pattern of shifts and products again.
    protected virtual string Dot(LoopExpr.Op op)
    {
        var (lanes, isBytes) = (op.Type.Lanes, op.Operation == MachineOps.Dot4);
        string[] a = [.. op.Children.Select(Write)];
        if (Cpu.Architecture == LlvmArchitecture.X64 && lanes is 4 or 8 or 16)
        {
            if (isBytes)
            {
                return Cpu.Dots.HasFlag(lanes == 16 ? LlvmDots.Vnni512 : LlvmDots.Vnni256) ? Vnni(lanes, a) : Widened(lanes, a);
            }

            if (Cpu.Dots.HasFlag(LlvmDots.Bf16))
            {
                return Bf16(lanes, a);
            }
        }

        // Operands are written several times: as registers they are computed once.
        LoopExpr[] values = [.. op.Children.Zip(a, Known)];
        return Write(PackedDots.Expand((LoopExpr.Op)op.WithChildren([.. values])));
    }

    private LoopExpr.Var Known(LoopExpr value, string name)
    {
        var variable = new Variable("dot", value.Type);
        scope.Declare(variable, new Place(name), scope.Depth);
        return new LoopExpr.Var(variable);
    }

    private string Vnni(int lanes, string[] a)
    {
        var t = LlvmTypes.Vector("i32", lanes);
        return f.Call(t, $"llvm.x86.avx512.vpdpbusd.{LlvmTypes.Digits(lanes * 32)}", $"{t} {a[2]}", $"{t} {a[0]}", $"{t} {a[1]}");
    }

    // As 16-bit numbers, products of neighbours are added exactly: 255 * 127 * 2 is far below 2^31.
    private string Widened(int lanes, string[] a)
    {
        if ((lanes == 16 && Cpu.Target.VectorBits < 512) || (lanes == 8 && Cpu.Target.VectorBits < 256))
        {
            return Halved(lanes, a);
        }

        var (t, half) = (LlvmTypes.Vector("i32", lanes), LlvmTypes.Vector("i16", 2 * lanes));
        var (left, right) = (f.Set($"bitcast {t} {a[0]} to {half}"), f.Set($"bitcast {t} {a[1]} to {half}"));
        var eight = LlvmTypes.Integer(8, "i16", 2 * lanes);
        var even = Products(f.Set($"and {half} {left}, {LlvmTypes.Integer(255, "i16", 2 * lanes)}"), f.Set($"ashr {half} {f.Set($"shl {half} {right}, {eight}")}, {eight}"));
        var odd = Products(f.Set($"lshr {half} {left}, {eight}"), f.Set($"ashr {half} {right}, {eight}"));
        return f.Set($"add {t} {a[2]}, {f.Set($"add {t} {even}, {odd}")}");

        string Products(string x, string y)
        {
            var name = lanes switch { 16 => "llvm.x86.avx512.pmaddw.d.512", 8 => "llvm.x86.avx2.pmadd.wd", _ => "llvm.x86.sse2.pmadd.wd" };
            return f.Call(t, name, $"{half} {x}", $"{half} {y}");
        }
    }

    private string Halved(int lanes, string[] a)
    {
        var type = new LoopType(Dsl.ElementType.I32, lanes);
        string Half(int begin) => Widened(lanes / 2, [.. a.Select(x => Part(x, type, begin, lanes / 2))]);
        var (t, low) = (LlvmTypes.Vector("i32", lanes / 2), Half(0));
        return f.Set($"shufflevector {t} {low}, {t} {Half(lanes / 2)}, {LlvmTypes.Lanes(Enumerable.Range(0, lanes))}");
    }

    private string Bf16(int lanes, string[] a)
    {
        var (t, pairs, single) = (LlvmTypes.Vector("i32", lanes), LlvmTypes.Vector("bfloat", 2 * lanes), LlvmTypes.Vector("float", lanes));
        return f.Call(
            single, $"llvm.x86.avx512bf16.dpbf16ps.{LlvmTypes.Digits(lanes * 32)}", $"{single} {a[2]}",
            $"{pairs} {f.Set($"bitcast {t} {a[0]} to {pairs}")}", $"{pairs} {f.Set($"bitcast {t} {a[1]} to {pairs}")}");
    }
}
