using System.Globalization;

namespace SparseDsl.Backends.Tests.Differential;

/// <summary>An extent of a tensor of a random program: a number, or an expression over the dims N and W of its model.</summary>
/// <param name="Text">The expression in the language; extents of the same text are equal.</param>
/// <param name="At">Its value for N and W; it never falls where one of them rises.</param>
internal sealed record Extent(string Text, Func<int, int, int> At)
{
    public const int LargestN = 9;
    public const int SmallestW = 5;
    public const int LargestW = 13;

    public static readonly Extent N = new("N", (n, _) => n);
    public static readonly Extent W = new("W", (_, w) => w);

    /// <summary>The number, when it is one.</summary>
    public int? Constant => int.TryParse(Text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    public int Smallest => At(1, SmallestW);

    public int Largest => At(LargestN, LargestW);

    public static implicit operator Extent(int value) => new(value.ToString(CultureInfo.InvariantCulture), (_, _) => value);

    public static Extent operator +(Extent a, int b) => a.With(b, b < 0 ? $"({a.Text} - {-b})" : $"({a.Text} + {b})", (x, y) => x + y);

    public static Extent operator *(Extent a, int b) => a.With(b, $"({a.Text} * {b})", (x, y) => x * y);

    public static Extent operator /(Extent a, int b) => a.With(b, $"({a.Text} / {b})", (x, y) => x / y);

    public bool Equals(Extent? other) => Text == other?.Text;

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Text);

    public override string ToString() => Text;

    private Extent With(int b, string text, Func<int, int, int> apply)
    {
        var at = At;
        return Constant is { } a ? apply(a, b) : apply(0, b) == 0 && apply(1, b) == 1 ? this : new Extent(text, (n, w) => apply(at(n, w), b));
    }
}
