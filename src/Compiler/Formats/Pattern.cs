using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;

namespace SparseDsl.Compiler.Formats;

/// <summary>Which elements of a tensor are not zero, where that is known when code is made: the coordinates of <c>coded</c> levels are written into it.</summary>
public sealed class Pattern : IEquatable<Pattern>
{
    // One bit an element in row-major order, the lowest first.
    private readonly byte[] bits;

    private Pattern(byte[] bits) => this.bits = bits;

    /// <summary>That of a tensor.</summary>
    public static Pattern Of(TensorData tensor)
    {
        var bits = new byte[(tensor.Count + 7) / 8];
        for (var i = 0; i < tensor.Count; i++)
        {
            if (tensor.GetDouble(i) != 0)
            {
                bits[i / 8] |= (byte)(1 << (i % 8));
            }
        }

        return new Pattern(bits);
    }

    /// <summary>Reads <see cref="ToString"/>; null when it is no such text.</summary>
    public static Pattern? TryParse(string text)
    {
        try
        {
            return new Pattern(Convert.FromBase64String(text));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>A tensor of f32 with 1 where there is an element.</summary>
    /// <param name="shape">The shape of the tensor this is the pattern of.</param>
    /// <exception cref="FormatMismatchException">The pattern is that of a tensor with another number of elements.</exception>
    public TensorData Ones(ImmutableArray<int> shape)
    {
        var count = shape.Aggregate(1, (n, d) => n * d);
        if (bits.Length != (count + 7) / 8)
        {
            throw new FormatMismatchException(FormattableString.Invariant($"its pattern has {bits.Length} bytes, {count} elements need {(count + 7) / 8}"));
        }

        return TensorData.FromFloats([.. Enumerable.Range(0, count).Select(i => (float)((bits[i / 8] >> (i % 8)) & 1))], [.. shape]);
    }

    /// <inheritdoc/>
    public bool Equals(Pattern? other) => other is not null && bits.AsSpan().SequenceEqual(other.bits);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Pattern);

    /// <inheritdoc/>
    public override int GetHashCode() => bits.Aggregate(17, (hash, b) => unchecked((hash * 31) + b));

    /// <summary>The bits as base64.</summary>
    public override string ToString() => Convert.ToBase64String(bits);
}
