using System.Text;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>Text with indentation, LF line ends and no trailing blanks.</summary>
internal sealed class SourceWriter
{
    private readonly StringBuilder text = new();
    private int depth;
    private bool separate;

    public override string ToString() => text.ToString();

    /// <summary>Writes a line; an empty one separates it from the next, never after an opening or before a closing brace.</summary>
    public void Line(string line = "")
    {
        if (line.Length == 0)
        {
            separate = true;
            return;
        }

        if (separate && !EndsWith("{\n") && line != "}" && !line.StartsWith("else", StringComparison.Ordinal))
        {
            text.Append('\n');
        }

        separate = false;
        text.Append(' ', 4 * depth).Append(line).Append('\n');
    }

    /// <summary>Opens a brace after an optional head line.</summary>
    public void Open(string head)
    {
        Line(head);
        OpenBrace();
    }

    public void OpenBrace()
    {
        Line("{");
        depth++;
    }

    public void Close(string tail = "}")
    {
        depth--;
        Line(tail);
    }

    /// <summary>A documentation summary on one line or, when long, on three.</summary>
    public void Summary(string content) => Documentation("summary", content);

    public void Documentation(string element, string content, string attributes = "")
    {
        var name = element.Split(' ')[0];
        Line($"/// <{element}{attributes}>{Escape(content)}</{name}>");
    }

    public static string Escape(string content) =>
        content.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\r", " ").Replace("\n", " ");

    private bool EndsWith(string tail)
    {
        if (text.Length < tail.Length)
        {
            return true;
        }

        for (var i = 0; i < tail.Length; i++)
        {
            if (text[text.Length - tail.Length + i] != tail[i])
            {
                return false;
            }
        }

        return true;
    }
}
