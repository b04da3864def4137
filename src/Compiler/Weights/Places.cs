using System.Collections.Immutable;
using System.Globalization;

namespace SparseDsl.Compiler.Weights;

/// <summary>Places in tensors as people write them.</summary>
public static class Places
{
    /// <summary>The subscripts of a row-major place: <c>[3, 17]</c>.</summary>
    /// <param name="shape">The tensor's shape.</param>
    /// <param name="place">The place.</param>
    /// <param name="run">Elements along the last index that are meant: 4 gives <c>[3, 16..19]</c>.</param>
    public static string Text(ImmutableArray<int> shape, int place, int run = 1)
    {
        var subscripts = new string[shape.Length];
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            var subscript = place % shape[i];
            place /= shape[i];
            subscripts[i] = i == shape.Length - 1 && run > 1
                ? FormattableString.Invariant($"{subscript}..{Math.Min(subscript + run, shape[i]) - 1}")
                : subscript.ToString(CultureInfo.InvariantCulture);
        }

        return $"[{string.Join(", ", subscripts)}]";
    }
}
