using SparseDsl.Compiler.Loops;

namespace SparseDsl.Compiler.Tests.Loops;

/// <summary>The text form of the loop IR: print, parse, print again.</summary>
public class LoopTextTests
{
    private const string Everything = """
        kernel all(x: in f32[N*64], i: in i32[N], b: in u8[(N / 2) + 3], y: out f32[N*64], z: inout i64[min(7, N)], k: out i32[N + 16]; N: i32, M: i32) "all \"of\" it"
          parallel t in 0..N*4
            local acc: f32x16 = splat16(0.0)
            let m = first16(N*64 - t*16)
            tile r: f32[4, 2] = 0.0
            scratch s: f32[128]
            for p in i[t]..i[t + 1] step 2
              acc = fma(splat16(x[p]), x[t*16 ..16 by 4 if m], acc)
              if p % 2 == 0 && !(p < 3 || p >= 7)
                s[p] = -(acc_of(p))
              else
                s[p] = 1.5
            unroll u in 0..4
              r[u, 0] = r[u, 1] + 1E-05
            vector v in 0..32
              y[t*32 + v] = select(v < 7, x[v], f32(b[v if v < 3])) - (2.0 - 1.0) / -3.0
            local pos: i32 = 0
            compress k[pos] = ramp16(t*16) if x[t*16 ..16] > splat16(0.0)
            while pos < 3
              pos = pos + (1 - 2)
            z[0] = 5:i64 - i64(pos)
            y[t*64 ..16 by 2 if m] = max(acc, 0.0:f32x16)
            let q = hsum(acc)*hmax(gather(x, ramp16(t, 3))) + hmin(gather(x, ramp16(0), m))
            let n = as_i32(q)
            let e = exp(q) + inf - nan*-inf + as_f32(bitand(n, shl(1, 2)))
            let l = true || n != 0 || false
        """;

    private static string Text => Everything.Replace("-(acc_of(p))", "-hsum(acc)") + "\n";

    [Fact]
    public void Every_construct_survives_printing_and_parsing()
    {
        var kernel = LoopParser.ParseKernel(Text);
        LoopValidator.Validate(kernel);
        Assert.Equal(Text, LoopPrinter.Print(kernel));
    }

    [Fact]
    public void Text_does_not_depend_on_culture()
    {
        using var culture = new SparseDsl.Tests.RussianCulture();
        Assert.Equal(Text, LoopPrinter.Print(LoopParser.ParseKernel(Text)));
    }

    [Fact]
    public void Every_constant_survives()
    {
        double[] values = [0, -0.0, 1, 1e300, 0.1, -1e-45, 3.4028234663852886E+38, double.Epsilon];
        foreach (var value in values)
        {
            var text = LoopPrinter.Print(LoopOps.Const(value, new LoopType(Dsl.ElementType.F64)));
            var kernel = LoopParser.ParseKernel($"kernel c()\n  let v = {text}\n");
            var constant = Assert.IsType<LoopExpr.Const>(Assert.IsType<Stmt.Let>(kernel.Body.Flat().Single()).Value);
            Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(constant.Value));
            Assert.Equal("f64", constant.Type.ToString());
        }
    }

    [Fact]
    public void A_program_survives_printing_and_parsing()
    {
        const string Program = """
            program Net(N: 1..64 step 2)
              slot N*256 + 64
              input x: f32[N, 64]
              output y: f32[N, 64]
              state h: f32[64]
              weight w_val: f32[700] array "val" of "fc.w" "csr" [i, j] -> dense(i), compressed(j)
              weight w_crd: i32[nnz] array "crd1" of "fc.w" "bsr(4, 4)" [i, j] -> dense((i / 4)), pick(2)((j % 4))
              weight c: f32[2] array "val" of "c1" "dense" [i0] -> dense(i0) folded f32[2]
              temporary t: f32[N*64] slot 0
              call copy(x, t)
              call copy(t, "y.0")
            kernel copy(a: in f32[N*64], b: out f32[N*64]; N: i32)
              for i in 0..N*64
                b[i] = a[i]

            """;
        var text = Program.Replace("output y:", "output \"y.0\":");
        Assert.Equal(text, LoopPrinter.Print(LoopParser.ParseProgram(text)));
    }

    [Theory]
    [InlineData("kernel k()\n  let v = 1 +\n", "2:14")]
    [InlineData("kernel k()\n  x = 1\n", "2:7")]
    [InlineData("kernel k()\n\n  let v = foo(1)\n", "3:17")]
    [InlineData("kernel k()\n      let v = 1\n", "2:1")]
    public void An_error_has_its_place(string text, string place)
    {
        var error = Assert.Throws<IrSyntaxException>(() => LoopParser.ParseKernel(text));
        Assert.StartsWith(place + ":", error.Message, StringComparison.Ordinal);
    }
}
