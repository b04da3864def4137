using System.Text;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.Tests.Numbers;

/// <summary>
/// Arithmetic, reductions and conversions of every element type, over rows of 1, 7 and 33: compiled code of every target against the reference.
/// Integers must agree in every bit, also where they overflow, are divided by zero or leave the type they are converted to.
/// </summary>
public sealed class ArithmeticMatrixTests
{
    private static readonly int[] Widths = [1, 7, 33];

    private static readonly ElementType[] Types = [.. ElementTypes.All.Where(t => t != ElementType.Bool)];

    public static TheoryData<string, string> Cases => [.. Types.SelectMany(t => NumberModels.Targets.Select(target => new TheoryDataRow<string, string>(t.Name(), target)))];

    public static TheoryData<string> RefusedOnBool => ["x + x", "x - x", "x * x", "x / x", "x % x", "max(x, x)", "min(x, x)", "-x", "rows(x)", "columns(x)", "largest(x)", "smallest(x)", "mean(x)"];

    private const string Operators = """
        op rows(x[i, j]) -> y[i] = sum(j) x[i, j]
        op columns(x[i, j]) -> y[j] = sum(i) x[i, j]
        op products(x[i, j]) -> y[j] = prod(i) x[i, j]
        op largest(x[i, j]) -> y[i] = max(j) x[i, j]
        op smallest(x[i, j]) -> y[i] = min(j) x[i, j]
        op mean(x[i, j]) -> y[i] = (sum(j) x[i, j]) / extent(j)
        op windows(x[i, j]) -> y[i, j] = max(s < 3) x[i, j + s - 1]
        op remainders(x, z) = x % z

        """;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compiled_code_agrees_with_the_reference(string typeName, string target)
    {
        var type = ElementTypes.Parse(typeName)!.Value;
        var text = Model(type);
        var inputs = Inputs(type);
        var expected = NumberModels.Reference(text, inputs);
        var actual = NumberModels.CSharp(text, target, inputs);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        var wrong = expected.Keys.Order(StringComparer.Ordinal).Select(name => Difference(name, expected[name], actual[name])).OfType<string>().ToArray();
        Assert.True(wrong.Length == 0, string.Join("\n", wrong));
    }

    [Theory]
    [MemberData(nameof(RefusedOnBool))]
    public void Arithmetic_on_booleans_is_refused(string expression)
    {
        var (_, diagnostics) = NumberModels.Check($"{Operators}model M() {{\n    input x: bool[3, 7]\n    output y = {expression}\n}}\n");
        Assert.Contains(diagnostics.Items, d => d.Id == "SD2030");
    }

    private static string Model(ElementType type)
    {
        var text = new StringBuilder(Operators);
        foreach (var to in ElementTypes.All)
        {
            text.Append($"op to_{to.Name()}(x) = cast(x, {to.Name()})\n");
        }

        text.Append("model M() {\n");
        foreach (var n in Widths)
        {
            text.Append($"    input a{n}: {type.Name()}[3, {n}]\n    input b{n}: {type.Name()}[3, {n}]\n    input c{n}: {type.Name()}[3, {n}]\n");
            (string Name, string Value)[] outputs =
            [
                ("add", $"a{n} + b{n}"), ("sub", $"a{n} - b{n}"), ("mul", $"a{n} * b{n}"), ("div", $"a{n} / b{n}"), ("mod", $"a{n} % b{n}"), ("modOp", $"remainders(a{n}, b{n})"),
                ("max", $"max(a{n}, b{n})"), ("min", $"min(a{n}, b{n})"), ("scaled", $"a{n} * 3"), ("third", $"a{n} / 3"), ("neg", $"-a{n}"), ("less", $"a{n} < b{n}"),
                ("rows", $"rows(a{n})"), ("columns", $"columns(a{n})"), ("products", $"products(a{n})"), ("largest", $"largest(a{n})"), ("smallest", $"smallest(a{n})"),
                ("mean", $"mean(a{n})"), ("windows", $"windows(a{n})"), ("argmax", $"argmax(a{n})"),
                .. ElementTypes.All.Select(to => ("to_" + to.Name(), $"to_{to.Name()}(c{n})")),
            ];
            foreach (var (name, value) in outputs)
            {
                text.Append($"    output {name}_{n} = {value}\n");
            }
        }

        return text.Append("}\n").ToString();
    }

    private static Dictionary<string, TensorData> Inputs(ElementType type)
    {
        var random = new Random(5);
        var inputs = new Dictionary<string, TensorData>();
        foreach (var n in Widths)
        {
            inputs[$"a{n}"] = Tensor(n, type, _ => Element(type, random));
            inputs[$"b{n}"] = Tensor(n, type, i => Divisor(type, random, i));
            inputs[$"c{n}"] = Tensor(n, type, i => type.IsFloat() ? FloatExtreme(i) : Element(type, random));
        }

        return inputs;
    }

    private static TensorData Tensor(int width, ElementType type, Func<int, object> element)
    {
        object[] values = [.. Enumerable.Range(0, 3 * width).Select(element)];
        return type.IsFloat()
            ? TensorData.FromDoubles([.. values.Cast<double>()], 3, width).ConvertTo(type)
            : TensorData.FromInt64s([.. values.Cast<long>()], 3, width).ConvertTo(type);
    }

    // Quarters up to 32 are exact in every floating type, and a quotient of two is never within a rounding of a whole number that it is not.
    private static object Element(ElementType type, Random random) => type.IsFloat() ? (object)(random.Next(-127, 128) / 4.0) : random.Next(4) switch
    {
        0 => Limit(type, random.Next(2) == 0),
        1 => (long)random.Next(-3, 4),
        _ => random.NextInt64(long.MinValue, long.MaxValue) >> (64 - (8 * type.Size())),
    };

    private static object Divisor(ElementType type, Random random, int i) => type.IsFloat() ? (object)((random.Next(2) == 0 ? 1 : -1) * random.Next(1, 128) / 4.0)
        : (i % 4) switch { 0 => 0L, 1 => -1L, _ => (long)Element(type, random) };

    private static object FloatExtreme(int i) => (i % 12) switch
    {
        0 => 2.75,
        1 => -2.75,
        2 => double.NaN,
        3 => double.PositiveInfinity,
        4 => double.NegativeInfinity,
        5 => 60000.0,
        6 => -60000.0,
        7 => 0.0,
        8 => -0.5,
        9 => 255.0,
        10 => 3e9,
        _ => -1e19,
    };

    private static long Limit(ElementType type, bool low)
    {
        var bits = 8 * type.Size();
        var isUnsigned = type is ElementType.U8 or ElementType.U16 or ElementType.U32;
        return isUnsigned ? (low ? 0 : (1L << bits) - 1) : low ? long.MinValue >> (64 - bits) : long.MaxValue >> (64 - bits);
    }

    private static string? Difference(string name, TensorData expected, TensorData actual)
    {
        if (expected.Type != actual.Type || !expected.Shape.SequenceEqual(actual.Shape))
        {
            return $"{name}: {expected} and {actual}";
        }

        for (var i = 0; i < expected.Count; i++)
        {
            if (!expected.Type.IsFloat() && expected.GetInt64(i) != actual.GetInt64(i))
            {
                return $"{name}[{i}] is {actual.GetInt64(i)}, the reference gives {expected.GetInt64(i)}";
            }

            if (expected.Type.IsFloat() && !IsClose(expected.GetDouble(i), actual.GetDouble(i), expected.Type))
            {
                return $"{name}[{i}] is {actual.GetDouble(i)}, the reference gives {expected.GetDouble(i)}";
            }
        }

        return null;
    }

    // Sums of 33 numbers of 16 bits are rounded 33 times.
    private static bool IsClose(double expected, double actual, ElementType type)
    {
        var digits = type switch { ElementType.F64 => 52, ElementType.F32 => 23, ElementType.F16 => 10, _ => 7 };
        return expected.Equals(actual) || Math.Abs(expected - actual) <= 16 * Math.Pow(2, -digits) * (8 + Math.Abs(expected));
    }
}
