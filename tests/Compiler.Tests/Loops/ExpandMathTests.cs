using SparseDsl.Backends.Reference;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Tests.Loops;

/// <summary>Library functions in f32 arithmetic against float64, over all magnitudes.</summary>
public class ExpandMathTests
{
    private static readonly double[] Specials =
    [
        0, -0.0, 1, -1, 0.5, 2, 3, -2, 10, -10, 88.7, 88.73, 89, -87.3, -87.4, -104, 1e-30, -1e-30, 1e30, -1e30, 1e-45, 3e-39, float.MaxValue, float.MinValue,
        double.PositiveInfinity, double.NegativeInfinity, double.NaN,
    ];

    [Theory]
    [InlineData("exp", 1.1, 1.5)]
    [InlineData("log", 1.1, 1.5)]
    [InlineData("tanh", 2, 2.5)]
    [InlineData("erf", 1.5, 2)]
    [InlineData("rsqrt", 1.5, 1.5)]
    [InlineData("recip", 0.5, 0.5)]
    public void A_function_of_one_operand_is_accurate_everywhere(string function, double allowedUlp, double withoutFma)
    {
        float[] x = [.. Specials.Select(s => (float)s), .. AllMagnitudes(20_000), .. Uniform(-100, 100, 20_000), .. Uniform(-2, 2, 20_000), .. Uniform(0.5, 2, 20_000)];
        var op = CoreOps.Find(function)!;
        Check(function, x, null, (a, _) => op.Fold([a]), allowedUlp);
        Check(function, x, null, (a, _) => op.Fold([a]), withoutFma, target: Target.Sse42);
    }

    [Theory]
    [InlineData("sin")]
    [InlineData("cos")]
    public void Sine_and_cosine_are_accurate_for_moderate_angles(string function)
    {
        float[] x = [0, 1, -1, 1e-30f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, .. Uniform(-10, 10, 20_000), .. Uniform(-50_000, 50_000, 20_000)];
        var op = CoreOps.Find(function)!;
        Check(function, x, null, (a, _) => op.Fold([a]), 2, absolute: 6e-8);
        Check(function, x, null, (a, _) => op.Fold([a]), 2, absolute: 6e-8, Target.Sse42);
    }

    [Fact]
    public void Sine_of_a_huge_angle_stays_a_sine()
    {
        foreach (var (x, y) in AllMagnitudes(20_000).Where(float.IsFinite).ToArray() is var all ? all.Zip(Run("sin", all, null)) : [])
        {
            Assert.True(Math.Abs(y) <= 1, $"sin({x}) = {y}");
        }
    }

    [Fact]
    public void Powers_are_accurate()
    {
        var (x, y) = (new List<float>(), new List<float>());
        foreach (var a in Specials)
        {
            foreach (var b in Specials.Where(s => s is not -0.0 || !double.IsNegative(s)))
            {
                // The sign of zero decides between the infinities; the IR does not promise that.
                if (!(a == 0 && double.IsNegative(a)))
                {
                    x.Add((float)a);
                    y.Add((float)b);
                }
            }
        }

        var random = new Random(7);
        for (var i = 0; i < 40_000; i++)
        {
            var a = (float)Math.Exp((random.NextDouble() - 0.5) * (i % 2 == 0 ? 4 : 80));
            x.Add(a);
            y.Add(i % 3 == 0 ? random.Next(-8, 9) : (float)((random.NextDouble() - 0.5) * 80 / Math.Max(0.5, Math.Abs(Math.Log(a)))));
        }

        Check("pow", [.. x], [.. y], Math.Pow, 3);
        Check("pow", [.. x], [.. y], Math.Pow, 3, target: Target.Sse42);
    }

    [Fact]
    public void Vectors_give_the_bits_of_scalars()
    {
        float[] x = [.. Uniform(-20, 20, 160)];
        foreach (var op in ExpandMath.Expanded.Where(o => o.Arity == 1))
        {
            Assert.Equal(Run(op.Name, x, null), RunKernel($"kernel f(x: in f32[160], y: out f32[160])\n  for i in 0..160 step 16\n    y[i ..16] = {op.Name}(x[i ..16])\n", x, null));
        }
    }

    [Fact]
    public void A_condition_of_a_while_loop_is_evaluated_every_round()
    {
        var y = RunKernel("kernel f(x: in f32[1], y: out f32[1])\n  local a: f32 = x[0]\n  while exp(a) < 100.0\n    a = a + 1.0\n  y[0] = a\n", [0], null);
        Assert.Equal(5, y[0]);
    }

    [Fact]
    public void Double_precision_keeps_its_operations()
    {
        var kernel = LoopParser.ParseKernel("kernel f(x: in f64[1], y: out f64[1])\n  y[0] = exp(x[0])\n");
        Assert.Equal(LoopPrinter.Print(kernel), LoopPrinter.Print(ExpandMath.Run(kernel, Target.Avx512)));
    }

    private static void Check(string function, float[] x, float[]? z, Func<double, double, double> exact, double allowedUlp, double absolute = 0, Target? target = null)
    {
        var y = Run(function, x, z, target);
        var worst = (Error: 0.0, At: 0);
        for (var i = 0; i < x.Length; i++)
        {
            var expected = exact(x[i], z is null ? 0 : z[i]);
            var error = Math.Abs(y[i] - expected) <= absolute ? 0 : Ulps((float)y[i], expected);
            if (error > worst.Error)
            {
                worst = (error, i);
            }
        }

        Assert.True(worst.Error <= allowedUlp,
            FormattableString.Invariant($"{function}({x[worst.At]:R}{(z is null ? "" : FormattableString.Invariant($", {z[worst.At]:R}"))}) = {y[worst.At]:R}, {worst.Error:F2} ulp off {exact(x[worst.At], z?[worst.At] ?? 0):R}"));
    }

    // Distance in units of the last place of the exact result; below the smallest normal number zero is as good.
    private static double Ulps(float actual, double expected)
    {
        if (double.IsNaN(expected) || float.IsNaN(actual))
        {
            return double.IsNaN(expected) && float.IsNaN(actual) ? 0 : double.PositiveInfinity;
        }

        const double Normal = 1.1754943508222875e-38;
        if (Math.Abs(expected) < Normal)
        {
            return Math.Abs(actual) <= Normal ? 0 : double.PositiveInfinity;
        }

        if (float.IsInfinity(actual))
        {
            return Math.Abs(expected) > 3.4028234e38 && Math.Sign(expected) == Math.Sign(actual) ? 0 : double.PositiveInfinity;
        }

        return double.IsInfinity(expected) ? double.PositiveInfinity : Math.Abs(actual - expected) / Math.Pow(2, Math.ILogB(expected) - 23);
    }

    private static double[] Run(string function, float[] x, float[]? z, Target? target = null)
    {
        var call = z is null ? $"{function}(x[i])" : $"{function}(x[i], z[i])";
        return RunKernel($"kernel f(x: in f32[N], {(z is null ? "" : "z: in f32[N], ")}y: out f32[N]; N: i32)\n  for i in 0..N\n    y[i] = {call}\n", x, z, target);
    }

    private static double[] RunKernel(string text, float[] x, float[]? z, Target? target = null)
    {
        var kernel = ExpandMath.Run(LoopParser.ParseKernel(text), target ?? Target.Avx512);
        LoopValidator.Validate(kernel);
        Assert.DoesNotContain(kernel.Body.AllExpressions(), e => e is LoopExpr.Op op && ExpandMath.Expanded.Contains(op.Operation));
        var y = new double[x.Length];
        var memory = new Dictionary<string, Array> { ["x"] = x.Select(v => (double)v).ToArray(), ["y"] = y };
        if (z is not null)
        {
            memory["z"] = z.Select(v => (double)v).ToArray();
        }

        LoopInterpreter.Run(kernel, memory, new Dictionary<string, long> { ["N"] = x.Length }, new LoopInterpreterOptions(RoundToElement: true));
        return y;
    }

    private static IEnumerable<float> AllMagnitudes(int count)
    {
        var random = new Random(1);
        return Enumerable.Range(0, count).Select(_ => BitConverter.Int32BitsToSingle((int)random.NextInt64(int.MinValue, int.MaxValue)));
    }

    private static IEnumerable<float> Uniform(double low, double high, int count)
    {
        var random = new Random(2);
        return Enumerable.Range(0, count).Select(_ => (float)(low + (random.NextDouble() * (high - low))));
    }
}
