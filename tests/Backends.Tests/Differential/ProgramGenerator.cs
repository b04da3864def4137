using System.Globalization;

namespace SparseDsl.Backends.Tests.Differential;

/// <summary>Makes random programs: a few inputs, then operations on what there is, drawn from a list of recipes that say what they need.</summary>
internal sealed partial class ProgramGenerator(int seed)
{
    // What a program may cost: elements of a value, and terms of its sum, for the smallest dims.
    private const long MostElements = 2048;
    private const long MostTerms = 40_000;
    private const int MostTries = 200;

    private delegate RandomValue? Recipe(ProgramGenerator g);

    private readonly Random random = new(seed);
    private readonly List<RandomValue> inputs = [];
    private readonly List<RandomValue> values = [];
    private int names;

    /// <summary>The program of the seed.</summary>
    public RandomProgram Make()
    {
        AddInput("f32", Extent.N, Pick<Extent>(4, 12, 33, 64));
        AddInput("f32", Extent.N, Pick<Extent>(1, 3, 8, 16), Pick<Extent>(4, 7, 12), random.Next(4) == 0 ? Extent.W : Pick<Extent>(5, 8, 17));
        AddInput("f32", inputs[random.Next(2)].Shape);
        AddInput("f32", Extent.N, Pick<Extent>(1, 4, 8), random.Next(3) == 0 ? Extent.W : Pick<Extent>(6, 16));
        AddInput(Pick("f16", "bf16", "u8", "i8", "f64", "i32", "f32"), inputs[random.Next(4)].Shape);
        // Most programs are small: a second of compiling shows more in three of them than in one.
        var length = random.Next(8) == 0 ? random.Next(6, 11) : random.Next(1, 5);
        for (var attempt = 0; values.Count < length && attempt < MostTries; attempt++)
        {
            // Operations that need what is rare are drawn as often as others; most programs hold several kinds.
            if (Pick(Recipes)(this) is { } value && value.Shape.All(e => e.Smallest > 0) && value.Count(1, Extent.LargestW) <= MostElements)
            {
                values.Add(value);
            }
        }

        var used = values.SelectMany(v => v.Operands).ToHashSet(StringComparer.Ordinal);
        var name = string.Create(CultureInfo.InvariantCulture, $"Random{seed}");
        return new RandomProgram(name, inputs, values, [.. values.Where(v => !used.Contains(v.Name)).Select(v => v.Name)]).Trimmed();
    }

    private void AddInput(string element, params Extent[] shape) => inputs.Add(new RandomValue(string.Create(CultureInfo.InvariantCulture, $"x{inputs.Count}"), "", [], [], element, shape, true, true));

    private T Pick<T>(params T[] choices) => choices[random.Next(choices.Length)];

    // A value with this property; later ones more often, so that programs grow deep.
    private RandomValue? Any(Func<RandomValue, bool> fits)
    {
        var found = inputs.Concat(values).Where(fits).ToList();
        return found.Count == 0 ? null : found[Math.Max(random.Next(found.Count), random.Next(found.Count))];
    }

    private RandomValue? AnyFloat(int rank = 0) => Any(v => v.Element == "f32" && (rank == 0 || v.Shape.Length == rank));

    private RandomValue? Like(RandomValue value) => Any(v => v.Element == value.Element && v.Shape.SequenceEqual(value.Shape));

    private string Name(string prefix) => prefix + (names++).ToString(CultureInfo.InvariantCulture);

    private RandomParam Param(string annotation, params int[] shape) => new(Name("p"), "f32", shape, annotation);

    private static bool IsWhole(string element) => element[0] is 'i' or 'u';

    private enum Rounding
    {
        // The same number in every arithmetic, from operands that are.
        None,

        // Small errors stay small.
        Smooth,

        // A small error may make a large one: the same numbers only from operands that are exact.
        Rough,
    }

    // Parameters are written where operands are, after them.
    private RandomValue Value(string text, RandomValue[] operands, Extent[] shape, RandomParam[]? parameters = null, string element = "f32", Rounding rounding = Rounding.Smooth)
    {
        var spelled = text;
        for (var i = 0; i < (parameters?.Length ?? 0); i++)
        {
            spelled = spelled.Replace($"{{{operands.Length + i}}}", parameters![i].Name, StringComparison.Ordinal);
        }

        var areExact = operands.All(o => o.IsExact);
        return new RandomValue(
            Name("v"), spelled, [.. operands.Select(o => o.Name)], parameters ?? [], element, shape,
            IsExact: areExact && rounding != Rounding.Smooth, IsSmooth: areExact || (rounding != Rounding.Rough && operands.All(o => o.IsSmooth)));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static bool IsCheap(RandomValue x, long terms, params Extent[] shape) => shape.Aggregate(terms, (product, e) => product * e.At(1, Extent.LargestW)) <= MostTerms && x.Shape.Length > 0;
}
