using System.Globalization;

namespace SparseDsl.Pruning;

/// <summary>Where the zeros of a pruned weight may be; over its matrix, outputs × inputs.</summary>
public abstract record PruningPattern
{
    /// <summary>Largest extent of a block, and largest group.</summary>
    internal const int Largest = 64;

    private PruningPattern()
    {
    }

    /// <summary>Fraction of zeros, more than 0 and less than 1.</summary>
    public abstract double Zeros { get; }

    /// <summary>The same kind of pattern with another fraction of zeros; null for a kind that has only one.</summary>
    public abstract PruningPattern? WithZeros(double zeros);

    /// <summary>A way there in steps of about equal size; the last is this pattern.</summary>
    public abstract IReadOnlyList<PruningPattern> Steps(int count);

    /// <summary>Reads <c>u:0.5</c>, <c>nm:4:8</c> or <c>block:4x1:0.3</c>; fractions may be written <c>50%</c>.</summary>
    /// <param name="text">The pattern.</param>
    /// <param name="problem">Why there is none, when the result is null.</param>
    public static PruningPattern? Parse(string text, out string problem)
    {
        problem = "";
        string[] parts = text.Split(':');
        switch (parts)
        {
            case ["u", var zeros]:
                return Fraction(zeros, ref problem) is { } share ? new Unstructured(share) : null;
            case ["nm", var kept, var group]:
                return Count(kept, ref problem) is { } n && Count(group, ref problem) is { } m ? Groups(n, m, ref problem) : null;
            case ["block", var size, var zeros] when size.Split('x') is [var rows, var columns]:
                return Count(rows, ref problem) is { } r && Count(columns, ref problem) is { } c && Fraction(zeros, ref problem) is { } part ? new Block(r, c, part) : null;
            default:
                problem = "patterns are u:ZEROS, nm:N:M and block:ROWSxCOLUMNS:ZEROS";
                return null;
        }
    }

    private static NOfM? Groups(int n, int m, ref string problem)
    {
        if (n < m)
        {
            return new NOfM(n, m);
        }

        problem = string.Create(CultureInfo.InvariantCulture, $"{n} of {m} leaves nothing out");
        return null;
    }

    private static int? Count(string text, ref string problem)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is >= 1 and <= Largest)
        {
            return value;
        }

        problem = string.Create(CultureInfo.InvariantCulture, $"'{text}' is not a whole number from 1 to {Largest}");
        return null;
    }

    private static double? Fraction(string text, ref string problem)
    {
        var percent = text.EndsWith('%');
        if (double.TryParse(percent ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && (percent ? value / 100 : value) is var fraction && fraction is > 0 and < 1)
        {
            return fraction;
        }

        problem = $"'{text}' is not a fraction of zeros between 0 and 1";
        return null;
    }

    private static string Text(double fraction) => fraction.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>Zeros anywhere.</summary>
    public sealed record Unstructured(double Share) : PruningPattern
    {
        /// <inheritdoc/>
        public override double Zeros => Share;

        /// <inheritdoc/>
        public override PruningPattern WithZeros(double zeros) => new Unstructured(zeros);

        /// <inheritdoc/>
        public override IReadOnlyList<PruningPattern> Steps(int count) =>
            [.. Enumerable.Range(1, count).Select(i => i == count ? this : WithZeros(Share * i / count))];

        /// <inheritdoc/>
        public override string ToString() => $"u:{Text(Share)}";
    }

    /// <summary>At most <paramref name="N"/> of every <paramref name="M"/> neighbouring inputs of an output are not zero.</summary>
    public sealed record NOfM(int N, int M) : PruningPattern
    {
        /// <inheritdoc/>
        public override double Zeros => 1 - ((double)N / M);

        /// <inheritdoc/>
        public override PruningPattern? WithZeros(double zeros) => null;

        /// <inheritdoc/>
        public override IReadOnlyList<PruningPattern> Steps(int count) =>
            [.. Enumerable.Range(1, count).Select(i => M - (int)Math.Round((M - N) * (double)i / count)).Where(n => n < M).Distinct().Select(n => new NOfM(n, M))];

        /// <inheritdoc/>
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"nm:{N}:{M}");
    }

    /// <summary>Zeros are whole blocks of <paramref name="Rows"/> outputs and <paramref name="Columns"/> inputs.</summary>
    public sealed record Block(int Rows, int Columns, double Share) : PruningPattern
    {
        /// <inheritdoc/>
        public override double Zeros => Share;

        /// <inheritdoc/>
        public override PruningPattern WithZeros(double zeros) => this with { Share = zeros };

        /// <inheritdoc/>
        public override IReadOnlyList<PruningPattern> Steps(int count) =>
            [.. Enumerable.Range(1, count).Select(i => i == count ? this : WithZeros(Share * i / count))];

        /// <inheritdoc/>
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"block:{Rows}x{Columns}:{Text(Share)}");
    }
}
