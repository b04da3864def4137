using System.Collections.Immutable;

namespace SparseDsl.Dsl.Binding;

/// <summary>A kind of storage level as programs say it: <c>compressed(j)</c>, <c>pick(2)(j % 4)</c>.</summary>
/// <param name="Name">Its name in the language.</param>
/// <param name="HasCount">Whether it is called with a count before its index.</param>
/// <param name="NeedsOuter">Whether it stores one coordinate for each of the level around it, and so cannot be outermost.</param>
public sealed record LevelKind(string Name, bool HasCount = false, bool NeedsOuter = false);

/// <summary>The kinds of levels a format can be composed of. How each is stored says the compiler, by the same names.</summary>
public static class LevelKinds
{
    /// <summary>Every kind.</summary>
    public static ImmutableArray<LevelKind> All { get; } =
    [
        new("dense"),
        new("compressed"),
        new("coded"),
        new("singleton", NeedsOuter: true),
        new("bitmask"),
        new("pick", HasCount: true),
    ];

    /// <summary>The kind of a name; null when there is none.</summary>
    public static LevelKind? Find(string name) => All.FirstOrDefault(k => k.Name == name);
}
