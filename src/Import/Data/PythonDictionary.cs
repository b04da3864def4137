using System.Globalization;

namespace SparseDsl.Import.Data;

/// <summary>
/// The dictionary literal in an npy header. Only its three keys with a string, a boolean and a tuple of integers
/// can occur; record types, whose <c>descr</c> is a list, are refused by name.
/// </summary>
internal sealed class PythonDictionary
{
    private readonly string _text;
    private readonly string? _tensor;
    private readonly int _start;
    private int _at;

    private PythonDictionary(string text, string? tensor, int start)
    {
        _text = text;
        _tensor = tensor;
        _start = start;
    }

    /// <summary>Element type, as in <c>&lt;f4</c>; null when absent.</summary>
    public string? Descr { get; private set; }

    /// <summary>Whether the first dimension varies fastest; null when absent.</summary>
    public bool? FortranOrder { get; private set; }

    /// <summary>Extents; null when absent.</summary>
    public IReadOnlyList<long>? Shape { get; private set; }

    /// <summary>Parses a whole header text.</summary>
    /// <param name="text">The literal and the blanks after it.</param>
    /// <param name="tensor">Named in errors.</param>
    /// <param name="start">Byte offset of the text, for errors.</param>
    public static PythonDictionary Parse(string text, string? tensor, int start)
    {
        var result = new PythonDictionary(text, tensor, start);
        result.ParseAll();
        return result;
    }

    private void ParseAll()
    {
        Expect('{');
        while (!Take('}'))
        {
            var key = ParseString();
            Expect(':');
            ParseValue(key);
            if (!Take(','))
            {
                Expect('}');
                break;
            }
        }

        SkipBlanks();
        if (_at < _text.Length)
        {
            throw Fault("the header goes on after its dictionary");
        }
    }

    private void ParseValue(string key)
    {
        switch (key)
        {
            case "descr" when Descr is null:
                if (Take('['))
                {
                    throw Fault("record arrays are not supported");
                }

                Descr = ParseString();
                break;
            case "fortran_order" when FortranOrder is null:
                FortranOrder = ParseBool();
                break;
            case "shape" when Shape is null:
                Shape = ParseTuple();
                break;
            default:
                throw Fault($"header key '{key}' is unknown or given twice");
        }
    }

    private string ParseString()
    {
        var quote = Take('"') ? '"' : '\'';
        if (quote == '\'')
        {
            Expect('\'');
        }

        var end = _text.IndexOf(quote, _at);
        if (end < 0)
        {
            throw Fault("a string in the header has no end");
        }

        var value = _text[_at..end];
        _at = end + 1;
        return value;
    }

    private bool ParseBool()
    {
        SkipBlanks();
        foreach (var (word, value) in new[] { ("True", true), ("False", false) })
        {
            if (string.CompareOrdinal(_text, _at, word, 0, word.Length) == 0)
            {
                _at += word.Length;
                return value;
            }
        }

        throw Fault("'fortran_order' must be True or False");
    }

    private List<long> ParseTuple()
    {
        var extents = new List<long>();
        Expect('(');
        while (!Take(')'))
        {
            extents.Add(ParseInteger());
            if (!Take(','))
            {
                Expect(')');
                break;
            }
        }

        return extents;
    }

    private long ParseInteger()
    {
        SkipBlanks();
        var begin = _at;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
        {
            _at++;
        }

        var digits = _text.AsSpan(begin, _at - begin);
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            throw Fault("a dimension must be a non-negative integer");
        }

        // Files written by Python 2 spell long integers with a suffix.
        _ = Take('L');
        return value;
    }

    private void Expect(char expected)
    {
        if (!Take(expected))
        {
            throw Fault($"'{expected}' expected in the header");
        }
    }

    private bool Take(char expected)
    {
        SkipBlanks();
        if (_at >= _text.Length || _text[_at] != expected)
        {
            return false;
        }

        _at++;
        return true;
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length && _text[_at] is (' ' or '\n' or '\r' or '\t'))
        {
            _at++;
        }
    }

    private DataFormatException Fault(string problem) => new(problem, _tensor, _start + _at);
}
