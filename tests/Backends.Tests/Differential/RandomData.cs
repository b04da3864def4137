using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.Tests.Differential;

/// <summary>Elements for random programs: the same for the same name and shape. Multiples of 1/64 up to 1, which every floating type holds.</summary>
internal static class RandomData
{
    /// <summary>An input.</summary>
    public static TensorData Of(RandomValue input, int n, int w)
    {
        int[] shape = [.. input.Shape.Select(e => e.At(n, w))];
        return Typed(input.Element, Floats(input.Name, shape, IsWhole(input.Element) ? 100 : 1 / 64f, _ => true), shape);
    }

    /// <summary>A parameter that keeps what its annotation promises.</summary>
    public static TensorData Of(RandomParam param)
    {
        if (param.Shape.Length == 0)
        {
            return TensorData.FromFloats([1 / 64f], []);
        }

        var columns = param.Shape[^1];
        var row = param.Shape[1..].Aggregate(1, (a, b) => a * b);
        Func<int, bool> isKept = param.Annotation switch
        {
            var a when a.Contains("nm(1, 4", StringComparison.Ordinal) => i => i % columns % 4 == 2,
            var a when a.Contains("nm(", StringComparison.Ordinal) => i => i % columns % 4 is 1 or 2,
            var a when a.Contains("block(1, 4", StringComparison.Ordinal) => i => OneOf(4, i / 4),
            var a when a.Contains("block(4, 4", StringComparison.Ordinal) => i => OneOf(4, (i / columns / 4 * columns / 4) + (i % columns / 4)),
            var a when a.Contains("block", StringComparison.Ordinal) => i => OneOf(4, (i / columns / 4 * columns) + (i % columns)),
            var a when a.Contains("channels", StringComparison.Ordinal) => i => param.Shape[0] > 1 && i / row % 3 != 0,
            var a when a.Contains("unstructured", StringComparison.Ordinal) => i => OneOf(8, i),
            _ => _ => true,
        };
        return Typed(param.Element, Floats(param.Name, param.Shape, IsWhole(param.Element) ? 1 : 1 / 64f, isKept), param.Shape);
    }

    private static bool IsWhole(string element) => element[0] is 'i' or 'u';

    private static TensorData Typed(string element, float[] values, int[] shape)
    {
        var data = TensorData.FromFloats(values, shape);
        return element == "f32" ? data : data.ConvertTo(ElementTypes.Parse(element)!.Value);
    }

    private static float[] Floats(string name, int[] shape, float unit, Func<int, bool> isKept)
    {
        var random = new Random(name.Aggregate(11, (h, c) => (h * 31) + c));
        var values = new float[shape.Aggregate(1, (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
        {
            var value = random.Next(-64, 65) * unit;
            values[i] = isKept(i) ? value : 0;
        }

        return values;
    }

    // One of every so many, not always the same one.
    private static bool OneOf(int count, int i) => (int)(((uint)(i / count) * 2654435761u) >> 16) % count == i % count;
}
