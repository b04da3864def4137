using System.Text;

namespace SparseDsl.Backends.Llvm.Emit;

/// <summary>The text of a module: functions, and declarations of what they call.</summary>
internal sealed class Module(LlvmCpu cpu)
{
    private readonly SortedDictionary<string, string> declarations = new(StringComparer.Ordinal);
    private readonly StringBuilder functions = new();

    /// <summary>The processor.</summary>
    public LlvmCpu Cpu { get; } = cpu;

    /// <summary>Notes a function of LLVM or of a library.</summary>
    public void Declare(string result, string name, ReadOnlySpan<string> arguments)
    {
        if (!declarations.ContainsKey(name))
        {
            declarations.Add(name, $"declare {result} @{name}({string.Join(", ", arguments.ToArray().Select(TypeOf))})");
        }
    }

    /// <summary>Appends a function.</summary>
    /// <param name="comment">What it is, or null.</param>
    /// <param name="head">From linkage to the closing parenthesis.</param>
    /// <param name="function">Its blocks.</param>
    public void Add(string? comment, string head, Function function)
    {
        if (comment is not null)
        {
            functions.Append("; ").Append(comment.ReplaceLineEndings(" ")).Append('\n');
        }

        functions.Append("define ").Append(head).Append(" #0 {\n").Append(function.Text).Append("}\n\n");
    }

    /// <summary>Appends text as it is: constants, functions written by hand.</summary>
    public void AddText(string text) => functions.Append(text);

    /// <summary>The whole module.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append("target triple = \"").Append(Cpu.Triple).Append("\"\n\n");
        text.Append(functions);
        foreach (var declaration in declarations.Values)
        {
            text.Append(declaration).Append('\n');
        }

        return text.Append('\n').Append(Attributes()).ToString();
    }

    private string Attributes()
    {
        var features = Cpu.Features.Length == 0 ? "" : $" \"target-features\"=\"{Cpu.Features}\"";
        var width = Cpu.Architecture == LlvmArchitecture.X64 ? " \"prefer-vector-width\"=\"512\" \"min-legal-vector-width\"=\"512\""
            : Cpu.VectorScale > 0 ? $" vscale_range({LlvmTypes.Digits(Cpu.VectorScale)},{LlvmTypes.Digits(Cpu.VectorScale)})" : "";
        return $"attributes #0 = {{ nounwind \"no-builtins\" \"target-cpu\"=\"{Cpu.LlvmName}\"{features}{width} }}\n";
    }

    // "ptr noundef %x" has the type "ptr"; "<4 x float> %x" the type "<4 x float>".
    private static string TypeOf(string argument) => argument[0] is '<' or '{' ? argument[..(Close(argument) + 1)] : argument[..argument.IndexOf(' ', StringComparison.Ordinal)];

    private static int Close(string text)
    {
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] is '<' or '{' ? 1 : text[i] is '>' or '}' ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        return text.Length - 1;
    }
}
