using System.Collections.Immutable;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>Linear algebra on <see cref="Dim"/>s whose coefficients may be dims.</summary>
internal static class Linear
{
    /// <summary>The expression as coefficient * symbol + offset with both free of the symbol; null when it is not linear in it.</summary>
    public static (Dim Coefficient, Dim Offset)? In(Dim dim, string symbol)
    {
        var offset = Dim.Zero;
        var coefficient = Dim.Zero;
        foreach (var (number, factors) in dim.Terms())
        {
            var rest = Dim.Const(number);
            var times = 0;
            foreach (var factor in factors)
            {
                if (factor.Kind == Dim.AtomKind.Symbol && factor.Name == symbol)
                {
                    times++;
                }
                else if (factor.Kind != Dim.AtomKind.Symbol && (factor.Left!.Mentions(symbol) || factor.Right!.Mentions(symbol)))
                {
                    return null;
                }
                else
                {
                    rest *= factor.ToDim();
                }
            }

            switch (times)
            {
                case 0:
                    offset += rest;
                    break;
                case 1:
                    coefficient += rest;
                    break;
                default:
                    return null;
            }
        }

        return (coefficient, offset);
    }

    /// <summary>Row-major distance between neighbours along each index.</summary>
    public static ImmutableArray<Dim> Strides(ImmutableArray<Dim> shape)
    {
        var strides = new Dim[shape.Length];
        var stride = Dim.One;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= shape[i];
        }

        return [.. strides];
    }

    /// <summary>The row-major position of subscripts in a shape.</summary>
    public static Dim Offset(ImmutableArray<Dim> subscripts, ImmutableArray<Dim> shape) =>
        subscripts.Zip(Strides(shape), (s, d) => s * d).Aggregate(Dim.Zero, (a, b) => a + b);
}
