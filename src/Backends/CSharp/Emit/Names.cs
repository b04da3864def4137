using System.Text;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>Gives C# identifiers that do not collide within one scope.</summary>
/// <param name="taken">Names that the scope uses itself.</param>
internal sealed class Names(params string[] taken)
{
    private static readonly HashSet<string> Keywords = new(
        ("abstract as base bool break byte case catch char checked class const continue decimal default delegate do double else enum event explicit extern "
        + "false finally fixed float for foreach goto if implicit in int interface internal is lock long namespace new null object operator out override "
        + "params private protected public readonly ref return sbyte sealed short sizeof stackalloc static string struct switch this throw true try typeof "
        + "uint ulong unchecked unsafe ushort using virtual void volatile while").Split(' '),
        StringComparer.Ordinal);

    private readonly HashSet<string> used = new(taken, StringComparer.Ordinal);

    // Words that mean something only in some places.
    private static readonly HashSet<string> ContextualKeywords = new(
        ("add alias allows and ascending args async await by descending dynamic equals extension field file from get global group init into join let managed nameof "
        + "nint not notnull nuint on or orderby partial record remove required scoped select set unmanaged value var when where with yield").Split(' '),
        StringComparer.Ordinal);

    /// <summary>Whether an identifier is a word of the language, everywhere or in places.</summary>
    public static bool IsKeyword(string name) => Keywords.Contains(name) || ContextualKeywords.Contains(name);

    /// <summary>The wanted name when it is free and legal, else one close to it.</summary>
    public string Take(string wanted)
    {
        var legal = Legal(wanted);
        var name = legal;
        for (var n = 2; !used.Add(name); n++)
        {
            name = legal + "_" + CSharpTypes.Digits(n);
        }

        return Escape(name);
    }

    /// <summary><c>conv_3x3</c> as <c>Conv3x3</c>.</summary>
    public static string Pascal(string name)
    {
        var text = new StringBuilder();
        var upper = true;
        foreach (var c in name)
        {
            if (!IsLetterOrDigit(c))
            {
                upper = true;
                continue;
            }

            text.Append(upper ? char.ToUpperInvariant(c) : c);
            upper = false;
        }

        return text.Length == 0 || char.IsDigit(text[0]) ? "M" + text : text.ToString();
    }

    /// <summary><c>conv_3x3</c> as <c>conv3x3</c>.</summary>
    public static string Camel(string name)
    {
        var pascal = Pascal(name);
        return char.ToLowerInvariant(pascal[0]) + pascal.Substring(1);
    }

    /// <summary>
    /// A name for a parameter or a variable: those never begin with a capital, as types and methods do, nor with two underscores, as aliases do.
    /// </summary>
    public static string Local(string name)
    {
        var bare = name.TrimStart('_');
        var local = bare.Length == 0 ? bare : char.ToLowerInvariant(bare[0]) + bare.Substring(1);
        return bare.Length == name.Length ? local : "_" + local;
    }

    /// <summary>An identifier as C# writes it: a keyword with <c>@</c> before it.</summary>
    public static string Escape(string name) => IsKeyword(name) ? "@" + name : name;

    private static string Legal(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name)
        {
            text.Append(IsLetterOrDigit(c) || c == '_' ? c : '_');
        }

        return text.Length == 0 || char.IsDigit(text[0]) ? "_" + text : text.ToString();
    }

    private static bool IsLetterOrDigit(char c) => c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9');
}
