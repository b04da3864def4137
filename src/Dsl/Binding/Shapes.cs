using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Dsl.Binding;

/// <summary>Shapes that meet.</summary>
internal static class Shapes
{
    /// <summary>NumPy's rule: extents from the last index on are equal, or one of them is 1. Null when they do not go together.</summary>
    public static ImmutableArray<Dim>? Broadcast(ImmutableArray<Dim> a, ImmutableArray<Dim> b)
    {
        var rank = Math.Max(a.Length, b.Length);
        var result = new Dim[rank];
        for (var i = 1; i <= rank; i++)
        {
            var x = i <= a.Length ? a[a.Length - i] : Dim.One;
            var y = i <= b.Length ? b[b.Length - i] : Dim.One;
            if (!x.Equals(y) && x.Constant != 1 && y.Constant != 1)
            {
                return null;
            }

            result[rank - i] = x.Constant == 1 ? y : x;
        }

        return [.. result];
    }

    /// <summary><c>[4, N]</c></summary>
    public static string Text(ImmutableArray<Dim> shape) => $"[{string.Join(", ", shape)}]";
}
