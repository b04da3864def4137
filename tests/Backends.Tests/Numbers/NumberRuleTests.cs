using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.Tests.Numbers;

/// <summary>The rules of arithmetic in the description of the language, by numbers worked out by hand.</summary>
public sealed class NumberRuleTests
{
    [Fact]
    public void Integers_wrap_in_their_type()
    {
        Expect(ElementType.U8, "x + x", [200, 255, 128], [144, 254, 0]);
        Expect(ElementType.I8, "x * 3", [100, -128, 43], [44, -128, -127]);
        Expect(ElementType.I32, "x + x", [int.MaxValue, int.MinValue], [-2, 0]);
        Expect(ElementType.U32, "x - 1", [0, uint.MaxValue], [uint.MaxValue, uint.MaxValue - 1L]);
        Expect(ElementType.I64, "x + x", [long.MaxValue, long.MinValue, (1L << 53) + 1], [-2, 0, (1L << 54) + 2]);
    }

    [Fact]
    public void Sums_of_narrow_integers_are_i32()
    {
        Expect(ElementType.U8, "total(x)", [.. Enumerable.Repeat(200L, 40)], [8000], ElementType.I32);
        Expect(ElementType.I8, "total(x)", [.. Enumerable.Repeat(-100L, 40)], [-4000], ElementType.I32);
        Expect(ElementType.U16, "total(x)", [.. Enumerable.Repeat(60000L, 3)], [180000], ElementType.I32);
        Expect(ElementType.I16, "product(x)", [300, 300, -2], [-180000], ElementType.I32);
        Expect(ElementType.U8, "peak(x)", [3, 200, 7], [200], ElementType.U8);
        Expect(ElementType.U8, "mean(x)", [.. Enumerable.Repeat(100L, 49)], [100], ElementType.I32);
    }

    [Fact]
    public void Average_pooling_of_bytes_does_not_overflow()
    {
        var x = TensorData.FromInt64s([.. Enumerable.Repeat(100L, 2 * 64)], 1, 2, 8, 8).ConvertTo(ElementType.U8);
        foreach (var (backend, outputs) in NumberModels.Everywhere("import std.nn\nmodel M() {\n    input x: u8[1, 2, 8, 8]\n    output y = global_avg_pool(x)\n}\n", new Dictionary<string, TensorData> { ["x"] = x }))
        {
            Assert.True(outputs["y"].ToInt64s() is [100, 100], backend);
        }
    }

    [Theory]
    [InlineData(ElementType.U8)]
    [InlineData(ElementType.I8)]
    [InlineData(ElementType.I32)]
    [InlineData(ElementType.F32)]
    public void Softmax_of_integers_is_that_of_the_numbers(ElementType type)
    {
        var x = TensorData.FromInt64s([1, 2, 4, 3], 1, 4).ConvertTo(type);
        double[] expected = [0.0320586, 0.0871443, 0.6439143, 0.2368828];
        foreach (var (backend, outputs) in NumberModels.Everywhere($"import std.nn\nmodel M() {{\n    input x: {type.Name()}[1, 4]\n    output y = softmax(x)\n}}\n", new Dictionary<string, TensorData> { ["x"] = x }))
        {
            Assert.All(outputs["y"].ToDoubles().Zip(expected), p => Assert.True(Math.Abs(p.First - p.Second) < 1e-5, $"{backend}: {p.First}, not {p.Second}"));
        }
    }

    [Fact]
    public void Division_by_zero_gives_zero_and_the_smallest_number_over_minus_one_itself()
    {
        Expect(ElementType.I32, "x / 0", [5, -5], [0, 0]);
        Expect(ElementType.I32, "quotient(x)", [int.MinValue, 7, -7, -1], [int.MinValue, -7, 7, 1]);
        Expect(ElementType.I64, "quotient(x)", [long.MinValue, 7], [long.MinValue, -7]);
        Expect(ElementType.U8, "7 / x", [0, 2, 200], [0, 3, 0]);
        Expect(ElementType.I32, "7 % x", [0, 2, -4], [0, 1, -1]);
    }

    [Fact]
    public void A_number_that_the_type_has_no_place_for_is_not_cut_to_it()
    {
        Expect(ElementType.U8, "x + 300", [5, 250], [305, 550], ElementType.I32);
        Expect(ElementType.U8, "x - 300", [5, 250], [-295, -50], ElementType.I32);
        Expect(ElementType.U8, "wide(x)", [5, 250], [0, 0], ElementType.Bool);
    }

    [Fact]
    public void A_row_that_is_not_there_is_gathered_as_zeros()
    {
        const string text = "model M() {\n    input x: i32[3, 2]\n    input at: i32[5]\n    output y = gather(x, at)\n}\n";
        var inputs = new Dictionary<string, TensorData>
        {
            ["x"] = TensorData.FromInt32s([1, 2, 3, 4, 5, 6], 3, 2),
            ["at"] = TensorData.FromInt32s([2, -1, 0, 3, int.MinValue], 5),
        };
        foreach (var (backend, outputs) in NumberModels.Everywhere(text, inputs))
        {
            Assert.True(outputs["y"].ToInt64s().SequenceEqual([5L, 6, 0, 0, 1, 2, 0, 0, 0, 0]), backend);
        }
    }

    [Theory]
    [InlineData(ElementType.F16, 0.25)]
    [InlineData(ElementType.F32, 1e-6)]
    [InlineData(ElementType.F64, 1e-12)]
    public void Remainders_of_floats_have_the_sign_of_the_divisor(ElementType type, double tolerance)
    {
        var x = TensorData.FromDoubles([5.5, -5.5, 0.75, -0.25], 4).ConvertTo(type);
        foreach (var (backend, outputs) in NumberModels.Everywhere($"model M() {{\n    input x: {type.Name()}[4]\n    output y = x % 2\n    output z = x % -2\n}}\n", new Dictionary<string, TensorData> { ["x"] = x }))
        {
            Assert.All(outputs["y"].ToDoubles().Zip([1.5, 0.5, 0.75, 1.75]), p => Assert.True(Math.Abs(p.First - p.Second) < tolerance, backend));
            Assert.All(outputs["z"].ToDoubles().Zip([-0.5, -1.5, -1.25, -0.25]), p => Assert.True(Math.Abs(p.First - p.Second) < tolerance, backend));
        }
    }

    private static void Expect(ElementType type, string expression, long[] x, long[] expected, ElementType? result = null)
    {
        var text = $$"""
            op total(x[i]) -> y[p < 1] = sum(i) x[i]
            op product(x[i]) -> y[p < 1] = prod(i) x[i]
            op peak(x[i]) -> y[p < 1] = max(i) x[i]
            op mean(x[i]) -> y[p < 1] = (sum(i) x[i]) / extent(i)
            op quotient(x) = x / (-1)
            op wide(x) = x > 300
            model M() {
                input x: {{type.Name()}}[{{x.Length}}]
                output y = {{expression}}
            }

            """;
        var input = new Dictionary<string, TensorData> { ["x"] = TensorData.FromInt64s(x, x.Length).ConvertTo(type) };
        foreach (var (backend, outputs) in NumberModels.Everywhere(text, input))
        {
            Assert.Equal(result ?? type, outputs["y"].Type);
            Assert.True(outputs["y"].ToInt64s().SequenceEqual(expected), $"{expression} of {type.Name()} on {backend}: {string.Join(", ", outputs["y"].ToInt64s())}, not {string.Join(", ", expected)}");
        }
    }
}
