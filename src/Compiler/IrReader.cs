using System.Globalization;
using System.Text;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler;

/// <summary>Reads IR text token by token: names, numbers, strings, signs. Both IR parsers are recursive descent over it.</summary>
public sealed class IrReader(string text)
{
    private int position;

    /// <summary>Whether only white space is left.</summary>
    public bool AtEnd
    {
        get
        {
            SkipSpace();
            return position >= text.Length;
        }
    }

    /// <summary>Takes a sign or word if it comes next.</summary>
    public bool TryTake(string expected)
    {
        SkipSpace();
        if (string.CompareOrdinal(text, position, expected, 0, expected.Length) != 0)
        {
            return false;
        }

        var end = position + expected.Length;
        if (IsNameChar(expected[expected.Length - 1]) && end < text.Length && IsNameChar(text[end]))
        {
            return false;
        }

        position = end;
        return true;
    }

    /// <summary>Whether a sign or word comes next; nothing is taken.</summary>
    public bool Sees(string expected)
    {
        SkipSpace();
        var start = position;
        var found = TryTake(expected);
        position = start;
        return found;
    }

    /// <summary>Takes a sign or word, or fails.</summary>
    public void Take(string expected)
    {
        if (!TryTake(expected))
        {
            throw Error($"expected '{expected}'");
        }
    }

    /// <summary>Takes a name: letters, digits, '_'; not beginning with a digit.</summary>
    public string Name()
    {
        return TryName() ?? throw Error("expected a name");
    }

    /// <summary>Takes a name if one comes next.</summary>
    public string? TryName()
    {
        SkipSpace();
        var end = position;
        while (end < text.Length && IsNameChar(text[end]))
        {
            end++;
        }

        if (end == position || char.IsDigit(text[position]))
        {
            return null;
        }

        var name = text.Substring(position, end - position);
        position = end;
        return name;
    }

    /// <summary>Whether a name and '&lt;' come next, as in <c>k &lt; 3</c>; nothing is taken.</summary>
    public bool SeesBinder()
    {
        SkipSpace();
        var start = position;
        var found = TryName() is not null && TryTake("<") && !Sees("=");
        position = start;
        return found;
    }

    /// <summary>Takes letters and digits in any order: a hash.</summary>
    public string Word()
    {
        SkipSpace();
        var start = position;
        while (position < text.Length && IsNameChar(text[position]))
        {
            position++;
        }

        return text.Substring(start, position - start);
    }

    /// <summary>Takes an integer, with sign.</summary>
    public long Integer()
    {
        SkipSpace();
        var end = position < text.Length && text[position] == '-' ? position + 1 : position;
        while (end < text.Length && char.IsDigit(text[end]))
        {
            end++;
        }

        if (!long.TryParse(text.Substring(position, end - position), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            throw Error("expected an integer");
        }

        position = end;
        return value;
    }

    /// <summary>Takes a number: decimal with exponent, <c>inf</c>, <c>-inf</c>, <c>nan</c>.</summary>
    public double Number()
    {
        return TryNumber() ?? throw Error("expected a number");
    }

    /// <summary>Takes a number if one comes next.</summary>
    public double? TryNumber() => TryNumberText() switch
    {
        null => null,
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        "nan" => double.NaN,
        var digits => double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    /// <summary>Takes a number as it is spelled, if one comes next.</summary>
    public string? TryNumberText()
    {
        SkipSpace();
        foreach (var word in new[] { "inf", "-inf", "nan" })
        {
            if (TryTake(word))
            {
                return word;
            }
        }

        var end = position < text.Length && text[position] == '-' ? position + 1 : position;
        var digits = end;
        while (end < text.Length && (char.IsDigit(text[end]) || (text[end] == '.' && end + 1 < text.Length && char.IsDigit(text[end + 1]))))
        {
            end++;
        }

        if (end == digits)
        {
            return null;
        }

        if (end < text.Length && (text[end] is 'e' or 'E'))
        {
            var exponent = end + 1;
            if (exponent < text.Length && (text[exponent] is '+' or '-'))
            {
                exponent++;
            }

            while (exponent < text.Length && char.IsDigit(text[exponent]))
            {
                end = ++exponent;
            }
        }

        var number = text.Substring(position, end - position);
        position = end;
        return number;
    }

    /// <summary>Takes a quoted string with <c>\"</c> and <c>\\</c> escapes.</summary>
    public string String()
    {
        Take("\"");
        var result = new StringBuilder();
        while (position < text.Length && text[position] != '"')
        {
            if (text[position] == '\\')
            {
                position++;
            }

            if (position < text.Length)
            {
                result.Append(text[position++]);
            }
        }

        if (position >= text.Length)
        {
            throw Error("a string does not end");
        }

        position++;
        return result.ToString();
    }

    /// <summary>Takes an integer expression in the text form of <see cref="Dsl.Scalars.Dim"/>.</summary>
    public Dim Dim()
    {
        try
        {
            return DimParser.ParsePrefix(text, ref position);
        }
        catch (FormatException)
        {
            throw Error("expected an integer expression");
        }
    }

    /// <summary>A list in which each entry is read by a function: entries separated by commas, up to a closing sign, which is taken.</summary>
    public IReadOnlyList<T> List<T>(string close, Func<T> entry)
    {
        var result = new List<T>();
        if (TryTake(close))
        {
            return result;
        }

        do
        {
            result.Add(entry());
        }
        while (TryTake(","));
        Take(close);
        return result;
    }

    /// <summary>An error at the present place.</summary>
    public IrSyntaxException Error(string message)
    {
        SkipSpace();
        var before = text.Substring(0, Math.Min(position, text.Length));
        var line = before.Count(c => c == '\n') + 1;
        var rest = position < text.Length ? text.Substring(position, Math.Min(20, text.Length - position)).Split('\n')[0] : "the end";
        return new IrSyntaxException($"{message}, found '{rest}'", line, position - before.LastIndexOf('\n'));
    }

    private void SkipSpace()
    {
        while (position < text.Length && char.IsWhiteSpace(text[position]))
        {
            position++;
        }
    }

    private static bool IsNameChar(char c) => c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '_';
}
