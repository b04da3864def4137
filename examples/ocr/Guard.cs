namespace SparseDsl.Examples.Ocr;

/// <summary>Checks that a network is the one expected in its place.</summary>
internal static class Guard
{
    /// <summary>Refuses a network's output of another shape; -1 stands for any length.</summary>
    /// <exception cref="InvalidDataException">The shape is another one.</exception>
    public static void Shape(Tensor output, string network, params ReadOnlySpan<int> expected)
    {
        var fits = output.Shape.Length == expected.Length;
        for (var i = 0; fits && i < expected.Length; i++)
        {
            fits = expected[i] < 0 || expected[i] == output.Shape[i];
        }

        if (!fits)
        {
            var wanted = string.Join(" x ", expected.ToArray().Select(length => length < 0 ? "any" : $"{length}"));
            throw new InvalidDataException($"{network} gave {string.Join(" x ", output.Shape)}, not {wanted}");
        }
    }
}
