using System.Text;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>
/// Writes the types that generated text uses by their short names, <c>Math</c> for <see cref="External.Math"/>, where nothing else has that name: neither something in the
/// text nor anything that is <em>taken</em>. The others stay as <see cref="External"/> has them, which nothing can hide.
/// </summary>
internal sealed class TypeNames
{
    private readonly string source;
    private readonly ISet<string> taken;
    private readonly HashSet<string> ownNames = new(StringComparer.Ordinal);
    private readonly HashSet<string> spaces = new(StringComparer.Ordinal);
    private readonly HashSet<string> aliases = new(StringComparer.Ordinal);

    public TypeNames(string source, ISet<string> taken)
    {
        this.source = source;
        this.taken = taken;
        Scan((at, end, isComment) =>
        {
            if (!isComment && (at == 0 || source[at - 1] is not ('.' or ':')))
            {
                ownNames.Add(source.Substring(at, end - at));
            }

            return null;
        });
        Text = Scan(Written);
    }

    /// <summary>The text with short names.</summary>
    public string Text { get; }

    /// <summary>The lines that it needs in its namespace.</summary>
    public IEnumerable<string> Usings
    {
        get
        {
            // x.AsInt32() extends vectors of every width, and which one x is, is not said where it is written.
            var all = source.Contains(".As") ? spaces.Append("System.Runtime.Intrinsics") : spaces;
            return all.Distinct().OrderBy(s => s.StartsWith("System", StringComparison.Ordinal) ? 0 : 1).ThenBy(s => s, StringComparer.Ordinal).Select(s => $"using global::{s};")
                .Concat(External.Aliases.Where(a => aliases.Contains(a.Alias)).Select(a => $"using {a.Alias} = {a.Type};"));
        }
    }

    // How a name is written: null as it is.
    private string? Written(int at, int end, bool isComment)
    {
        var name = source.Substring(at, end - at);
        if (!External.Types.TryGetValue(name, out var type) || (isComment && !name.StartsWith(External.Global, StringComparison.Ordinal)))
        {
            return null;
        }

        if (IsFree(type.Name) && IsFree(type.Name + "Attribute"))
        {
            spaces.Add(type.Space);
            return type.Short;
        }

        if (External.IsAlias(name))
        {
            aliases.Add(name);
        }

        return null;
    }

    private bool IsFree(string name) => !taken.Contains(name) && !ownNames.Contains(name);

    // Hands over every name outside of texts in quotes, those from global:: on as far as they are types, and gives the text with what comes back in their places.
    private string Scan(Func<int, int, bool, string?> write)
    {
        var text = new StringBuilder(source.Length);
        var (isComment, isQuoted, copied) = (false, false, 0);
        for (var i = 0; i < source.Length;)
        {
            var c = source[i];
            if (c == '\n')
            {
                (isComment, isQuoted) = (false, false);
            }
            else if (!isComment && c == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (isQuoted)
            {
                i += c == '\\' ? 1 : 0;
            }
            else if (c == '/' && i + 1 < source.Length && source[i + 1] == '/')
            {
                isComment = true;
            }
            else if (IsPart(c))
            {
                var end = End(i);
                if (write(i, end, isComment) is { } written)
                {
                    text.Append(source, copied, i - copied).Append(written);
                    copied = end;
                }

                i = end;
                continue;
            }

            i++;
        }

        return text.Append(source, copied, source.Length - copied).ToString();
    }

    private int End(int begin)
    {
        var end = Word(begin);
        if (string.CompareOrdinal(source, begin, External.Global, 0, External.Global.Length) != 0)
        {
            return end;
        }

        // A member of a type is behind it: global::System.IO.Path.Combine.
        for (var at = Word(begin + External.Global.Length); ; at = Word(at + 1))
        {
            if (External.Types.ContainsKey(source.Substring(begin, at - begin)))
            {
                return at;
            }

            if (at >= source.Length || source[at] != '.')
            {
                return end;
            }
        }
    }

    private int Word(int at)
    {
        while (at < source.Length && IsPart(source[at]))
        {
            at++;
        }

        return at;
    }

    private static bool IsPart(char c) => char.IsLetterOrDigit(c) || c == '_';
}
