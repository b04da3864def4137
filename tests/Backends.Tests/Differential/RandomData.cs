using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.Tests.Differential;

/// <summary>Elements for random programs: the same for the same name and shape.</summary>
internal static class RandomData
{
    /// <summary>An input.</summary>
    public static TensorData Of(RandomValue input, int n)
    {
        int[] shape = [.. input.Shape.Select(e => e == RandomValue.N ? n : e)];
        var data = TensorData.FromFloats(Floats(input.Name, shape, _ => true), shape);
        return input.Element == "f32" ? data : data.ConvertTo(ElementTypes.Parse(input.Element)!.Value);
    }

    /// <summary>A parameter that keeps what its annotation promises.</summary>
    public static TensorData Of(RandomParam param)
    {
        var columns = param.Shape[^1];
        var row = param.Shape[1..].Aggregate(1, (a, b) => a * b);
        Func<int, bool> isKept = param.Annotation switch
        {
            _ when param.Annotation.Contains("nm(", StringComparison.Ordinal) => i => i % columns % 4 is 1 or 2,
            _ when param.Annotation.Contains("block", StringComparison.Ordinal) => i => Hash((i / columns / 4 * 1009) + (i % columns)) % 4 == 0,
            _ when param.Annotation.Contains("channels", StringComparison.Ordinal) => i => param.Shape[0] > 1 && i / row % 3 != 0,
            _ when param.Annotation.Contains("unstructured", StringComparison.Ordinal) => i => i % 8 == 3,
            _ => _ => true,
        };
        return TensorData.FromFloats(Floats(param.Name, param.Shape, isKept), param.Shape);
    }

    private static float[] Floats(string name, int[] shape, Func<int, bool> isKept)
    {
        var random = new Random(name.Aggregate(11, (h, c) => (h * 31) + c));
        var values = new float[shape.Aggregate(1, (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
        {
            var value = random.Next(-64, 65) / 64f;
            values[i] = isKept(i) ? value : 0;
        }

        return values;
    }

    private static int Hash(int i) => (int)(((uint)i * 2654435761u) >> 16);
}
