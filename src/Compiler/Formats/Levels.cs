using System.Collections.Immutable;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Formats;

/// <summary>How each kind of storage level is made: one row for each of <see cref="LevelKinds"/>. A new kind is one class and one row here.</summary>
public static class Levels
{
    /// <summary>Makes a level of a kind.</summary>
    /// <param name="source">As written.</param>
    /// <param name="number">Its number in the format.</param>
    /// <param name="extent">Number of coordinates.</param>
    /// <param name="repeats">Whether a parent's children may repeat a coordinate, because a singleton level tells them apart.</param>
    public delegate Level Maker(BoundLevel source, int number, Dim extent, bool repeats);

    /// <summary>Every kind, by the name it has in the language.</summary>
    public static ImmutableArray<(string Kind, Maker Make)> All { get; } =
    [
        ("dense", (source, number, extent, _) => new DenseLevel(source, number, extent)),
        ("compressed", (source, number, extent, repeats) => new CompressedLevel(source, number, extent, repeats)),
        ("coded", (source, number, extent, repeats) => new CodedLevel(source, number, extent, repeats)),
        ("singleton", (source, number, extent, _) => new SingletonLevel(source, number, extent)),
        ("bitmask", (source, number, extent, _) => new BitmaskLevel(source, number, extent)),
        ("pick", (source, number, extent, _) => new PickLevel(source, number, extent)),
    ];

    /// <summary>The levels of a format over a tensor of a shape.</summary>
    public static ImmutableArray<Level> Of(Format format, ImmutableArray<Dim> shape)
    {
        var source = format.Source;
        return [.. source.Levels.Select((level, number) => Make(
            level, number, Extent(level.Index, source.Indices, shape), number + 1 < source.Levels.Length && source.Levels[number + 1].Kind == "singleton"))];
    }

    private static Level Make(BoundLevel source, int number, Dim extent, bool repeats)
    {
        foreach (var (kind, make) in All)
        {
            if (kind == source.Kind)
            {
                return make(source, number, extent, repeats);
            }
        }

        throw new CompilerBugException($"no level kind '{source.Kind}'");
    }

    /// <summary>One more than the largest coordinate: every part of a coordinate is largest at the last element, except a remainder.</summary>
    private static Dim Extent(Dim coordinate, ImmutableArray<string> indices, ImmutableArray<Dim> shape)
    {
        var last = Dim.Zero;
        foreach (var (coefficient, factors) in coordinate.Terms())
        {
            var product = Dim.Const(coefficient);
            foreach (var factor in factors)
            {
                product *= factor.Kind == Dim.AtomKind.Mod ? factor.Right! - Dim.One : factor.ToDim().Substitute(n => shape[indices.IndexOf(n)] - Dim.One);
            }

            last += product;
        }

        return last + Dim.One;
    }
}
