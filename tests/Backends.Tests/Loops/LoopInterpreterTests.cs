using SparseDsl.Backends.Reference;
using SparseDsl.Compiler.Loops;

namespace SparseDsl.Backends.Tests.Loops;

/// <summary>What loop IR means.</summary>
public class LoopInterpreterTests
{
    [Theory]
    [InlineData("y[0] = 1.0 + 2.0*3.0", 7)]
    [InlineData("y[0] = f32(-7 / 2)", -4)]
    [InlineData("y[0] = f32(-7 % 3)", 2)]
    [InlineData("y[0] = f32(i32(-2.9))", -2)]
    [InlineData("y[0] = f32(u8(300.0))", 255)]
    [InlineData("y[0] = f32(i8(-1000))", -128)]
    [InlineData("y[0] = f32(i32(nan))", 0)]
    [InlineData("y[0] = f32(2147483647 + 1)", -2147483648.0)]
    [InlineData("y[0] = f32(shr(-8, 1))", -4)]
    [InlineData("y[0] = f32(ctz(40))", 3)]
    [InlineData("y[0] = f32(ctz(0))", 32)]
    [InlineData("y[0] = as_f32(1073741824)", 2)]
    [InlineData("y[0] = f32(as_i32(1.0))", 1065353216)]
    [InlineData("y[0] = min(nan, 3.0)", 3)]
    [InlineData("y[0] = hsum(f32(ramp8(1, 2)))", 64)]
    [InlineData("y[0] = hmax(x[1 ..4 by 2])", 7)]
    [InlineData("y[0] = hsum(x[6 ..4 if first4(2)])", 13)]
    [InlineData("y[0] = hsum(gather(x, ramp4(0, 5), ramp4(0) < splat4(2)))", 5)]
    [InlineData("y[0] = select(1 < 2, 5.0, 6.0)", 5)]
    [InlineData("y[0] = x[9 if false]", 0)]
    [InlineData("y[0] = f32(i64(2000000000)*2:i64)", 4e9)]
    public void An_expression_has_this_value(string body, double expected) => Assert.Equal(expected, Run(body)[0]);

    [Fact]
    public void Loops_registers_and_tiles_do_what_they_say() => Assert.Equal([10, 3, 12, 1], Run("""
        local n: f32 = 0.0
          for i in 1..5
            n = n + f32(i)
          y[0] = n
          tile t: f32[2, 2] = 1.0
          unroll u in 0..2
            vector v in 0..2
              t[u, v] = t[u, v] + f32(u*2 + v)
          y[1] = t[1, 0]
          local w: i32 = 3
          while w < 10
            w = w + 3
          y[2] = f32(w)
          if w > 11
            y[3] = 1.0
          else
            y[3] = 2.0
        """).Take(4));

    [Fact]
    public void Compress_stores_the_chosen_lanes() => Assert.Equal([5, 7, 1, 3], Run("""
        local p: i32 = 2
          compress y[p] = x[0 ..4] if i32(x[0 ..4]) % splat4(2) == splat4(1)
          y[0] = 5.0
          y[1] = x[p + 3]
        """).Take(4));

    [Fact]
    public void Rounding_is_single_precision_with_fused_multiply_add()
    {
        const float A = 1.000244140625f;
        var body = "y[0] = x[0]*x[0] - 1.0\n  y[1] = fma(x[0], x[0], -1.0)\n  y[2] = 1.0 / 3.0";
        var rounded = Run(body, new LoopInterpreterOptions(RoundToElement: true), A);
        Assert.Equal((A * A) - 1.0f, rounded[0]);
        Assert.Equal(MathF.FusedMultiplyAdd(A, A, -1), rounded[1]);
        Assert.NotEqual(rounded[0], rounded[1]);
        Assert.Equal(1.0f / 3.0f, rounded[2]);
        Assert.Equal(1.0 / 3.0, Run(body)[2]);
    }

    [Theory]
    [InlineData("y[16] = 1.0", "store at offset 16 of 'y', which has 16 elements")]
    [InlineData("y[0] = x[0 - 1]", "load at offset -1 of 'x', which has 10 elements")]
    [InlineData("y[0] = hsum(x[8 ..4])", "load at offset 10 of 'x'")]
    [InlineData("y[0] = y[1]", "load of element 1 of 'y', which was not stored yet")]
    [InlineData("scratch s: f32[4]\n  s[0] = 1.0\n  y[0] = s[0] + s[1]", "load of element 1 of 's'")]
    [InlineData("tile t: f32[2] = 0.0\n  t[i32(x[2])] = 1.0", "outside its extent 2")]
    public void A_wrong_access_is_named(string body, string problem)
    {
        var error = Assert.Throws<LoopExecutionException>(() => Run(body));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scratch_is_undefined_in_every_iteration() => Assert.Throws<LoopExecutionException>(() => Run("""
        for i in 0..2
            scratch s: f32[1]
            if i == 0
              s[0] = 1.0
            y[i] = s[0]
        """));

    [Fact]
    public void A_program_binds_memory_and_dims()
    {
        var program = LoopParser.ParseProgram(Program("call scale(x, t)\n  call scale(t, y)"));
        var result = LoopInterpreter.Run(program, new Dictionary<string, Array> { ["x"] = new double[] { 1, 2, 3 } }, new Dictionary<string, long> { ["N"] = 3 });
        Assert.Equal(new double[] { 4, 8, 12 }, (double[])result["y"]);
    }

    [Fact]
    public void A_temporary_whose_slot_was_taken_cannot_be_read()
    {
        var program = LoopParser.ParseProgram(Program("call scale(x, t)\n  call scale(x, u)\n  call scale(t, y)"));
        var error = Assert.Throws<LoopExecutionException>(() => LoopInterpreter.Run(
            program, new Dictionary<string, Array> { ["x"] = new double[] { 1, 2, 3 } }, new Dictionary<string, long> { ["N"] = 3 }));
        Assert.Contains("reads 't' as 'a', but its slot holds 'u'", error.Message, StringComparison.Ordinal);
    }

    private static string Program(string calls) => $"""
        program P(N: 1..9)
          slot N*4
          input x: f32[N]
          output y: f32[N]
          temporary t: f32[N] slot 0
          temporary u: f32[N] slot 0
          {calls}
        kernel scale(a: in f32[N], b: out f32[N]; N: i32)
          for i in 0..N
            b[i] = a[i]*2.0

        """;

    private static double[] Run(string body, LoopInterpreterOptions? options = null, double first = 0)
    {
        var kernel = LoopParser.ParseKernel($"kernel k(x: in f32[10], y: out f32[16])\n  {body}\n");
        LoopValidator.Validate(kernel);
        var x = Enumerable.Range(0, 10).Select(i => i == 0 ? first : i).ToArray();
        var y = new double[16];
        LoopInterpreter.Run(kernel, new Dictionary<string, Array> { ["x"] = x, ["y"] = y }, new Dictionary<string, long>(), options);
        return y;
    }
}
