using System.Globalization;
using System.Text;

namespace SparseDsl.Compiler.Cost;

/// <summary>Reads JSON into dictionaries, lists, strings, doubles and bools. The compiler core runs where System.Text.Json is not at hand.</summary>
/// <remarks>As RFC 8259, except that numbers are read more generously.</remarks>
internal sealed class JsonText
{
    private const int MostDepth = 64;

    private readonly string text;
    private int at;

    private JsonText(string text) => this.text = text;

    /// <summary>The value; null for JSON's null.</summary>
    /// <exception cref="FormatException">The text is not JSON; the message says where.</exception>
    public static object? Parse(string text)
    {
        var reader = new JsonText(text);
        var value = reader.Value(0);
        reader.Space();
        return reader.at == text.Length ? value : throw reader.Wrong("the end");
    }

    private object? Value(int depth)
    {
        Space();
        if (depth > MostDepth)
        {
            throw Wrong("fewer brackets");
        }

        return Next() switch
        {
            '{' => Object(depth),
            '[' => Array(depth),
            '"' => String(),
            't' => Word("true", true),
            'f' => Word("false", false),
            'n' => Word("null", null),
            _ => Number(),
        };
    }

    private Dictionary<string, object?> Object(int depth)
    {
        var members = new Dictionary<string, object?>(StringComparer.Ordinal);
        at++;
        Space();
        if (TryTake('}'))
        {
            return members;
        }

        do
        {
            Space();
            var name = String();
            Space();
            Take(':');
            members[name] = Value(depth + 1);
            Space();
        }
        while (TryTake(','));
        Take('}');
        return members;
    }

    private List<object?> Array(int depth)
    {
        var items = new List<object?>();
        at++;
        Space();
        if (TryTake(']'))
        {
            return items;
        }

        do
        {
            items.Add(Value(depth + 1));
            Space();
        }
        while (TryTake(','));
        Take(']');
        return items;
    }

    private string String()
    {
        Take('"');
        var result = new StringBuilder();
        while (Next() is var c and not '"')
        {
            if (c < ' ')
            {
                throw Wrong("the end of a string");
            }

            at++;
            result.Append(c == '\\' ? Escaped() : c);
        }

        at++;
        return result.ToString();
    }

    private char Escaped()
    {
        var c = Next();
        at++;
        switch (c)
        {
            case '"' or '\\' or '/':
                return c;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u' when at + 4 <= text.Length && int.TryParse(text.Substring(at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                at += 4;
                return (char)code;
            default:
                throw Wrong("an escape");
        }
    }

    private double Number()
    {
        var start = at;
        while (at < text.Length && (char.IsDigit(text[at]) || text[at] is '-' or '+' or '.' or 'e' or 'E'))
        {
            at++;
        }

        if (double.TryParse(text.Substring(start, at - start), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && !double.IsInfinity(value))
        {
            return value;
        }

        at = start;
        throw Wrong("a value");
    }

    private object? Word(string word, object? value)
    {
        if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0)
        {
            throw Wrong("a value");
        }

        at += word.Length;
        return value;
    }

    private void Space()
    {
        while (at < text.Length && (text[at] is ' ' or '\t' or '\n' or '\r'))
        {
            at++;
        }
    }

    // A character that starts nothing stands for the end of the text.
    private char Next() => at < text.Length ? text[at] : '\0';

    private bool TryTake(char c)
    {
        if (Next() != c)
        {
            return false;
        }

        at++;
        return true;
    }

    private void Take(char c)
    {
        if (!TryTake(c))
        {
            throw Wrong($"'{c}'");
        }
    }

    private FormatException Wrong(string expected)
    {
        var line = 1;
        var column = 1;
        for (var i = 0; i < Math.Min(at, text.Length); i++)
        {
            (line, column) = text[i] == '\n' ? (line + 1, 1) : (line, column + 1);
        }

        return new FormatException(FormattableString.Invariant($"{expected} is missing in line {line}, column {column}"));
    }
}
