using System.Globalization;

namespace SparseDsl.Dsl.Scalars;

/// <summary>
/// Reads the text form of a <see cref="Dim"/>: sums, products, <c>/</c> and <c>%</c> (left to right, as tight as <c>*</c>), <c>min(a, b)</c>,
/// <c>max(a, b)</c>, parentheses, integers and symbols. What <see cref="Dim.Text"/> gives comes back as an equal Dim.
/// </summary>
public sealed class DimParser
{
    private readonly string text;
    private int position;

    private DimParser(string text) => this.text = text;

    /// <summary>The expression a text spells.</summary>
    /// <exception cref="FormatException">The text is not an integer expression.</exception>
    public static Dim Parse(string text)
    {
        var parser = new DimParser(text);
        var result = parser.Sum();
        return parser.Next() == '\0' ? result : throw parser.Error("the end");
    }

    /// <summary>The longest expression that begins at a position of a larger text, which is moved behind it. Stops before <c>-&gt;</c>.</summary>
    /// <exception cref="FormatException">There is none; the position is where it fails.</exception>
    public static Dim ParsePrefix(string text, ref int position)
    {
        var parser = new DimParser(text) { position = position };
        try
        {
            return parser.Sum();
        }
        finally
        {
            position = parser.position;
        }
    }

    private Dim Sum()
    {
        var sum = Take('-') ? -Term() : Term();
        while (true)
        {
            if (Take('+'))
            {
                sum += Term();
            }
            else if (!SeesArrow() && Take('-'))
            {
                sum -= Term();
            }
            else
            {
                return sum;
            }
        }
    }

    private Dim Term()
    {
        var product = Factor();
        while (true)
        {
            if (Take('*'))
            {
                product *= Factor();
            }
            else if (Take('/'))
            {
                product = Dim.FloorDiv(product, Factor());
            }
            else if (Take('%'))
            {
                product = Dim.Mod(product, Factor());
            }
            else
            {
                return product;
            }
        }
    }

    private Dim Factor()
    {
        if (Take('-'))
        {
            return -Factor();
        }

        if (Take('('))
        {
            var inner = Sum();
            Expect(')');
            return inner;
        }

        var word = Word();
        if (word.Length == 0)
        {
            throw Error("a number, a name or '('");
        }

        if (char.IsDigit(word[0]))
        {
            return long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? Dim.Const(value) : throw Error("an integer");
        }

        return word is "min" or "max" && Take('(') ? Extreme(word) : Dim.Symbol(word);
    }

    private Dim Extreme(string word)
    {
        var left = Sum();
        Expect(',');
        var right = Sum();
        Expect(')');
        return word == "min" ? Dim.Min(left, right) : Dim.Max(left, right);
    }

    private string Word()
    {
        Next();
        var start = position;
        while (position < text.Length && (char.IsLetterOrDigit(text[position]) || text[position] is '_' or '.'))
        {
            position++;
        }

        return text.Substring(start, position - start);
    }

    private bool Take(char c)
    {
        var found = Next() == c;
        position += found ? 1 : 0;
        return found;
    }

    private void Expect(char c)
    {
        if (!Take(c))
        {
            throw Error($"'{c}'");
        }
    }

    private bool SeesArrow() => Next() == '-' && position + 1 < text.Length && text[position + 1] == '>';

    private char Next()
    {
        while (position < text.Length && text[position] == ' ')
        {
            position++;
        }

        return position < text.Length ? text[position] : '\0';
    }

    private FormatException Error(string expected) =>
        new(FormattableString.Invariant($"expected {expected} at {position} in the integer expression '{text}'"));
}
