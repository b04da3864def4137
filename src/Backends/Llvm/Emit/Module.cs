using System.Text;

namespace SparseDsl.Backends.Llvm.Emit;

/// <summary>The text of a module: functions, and declarations of what they call. Functions may be for different processors.</summary>
internal sealed class Module(LlvmCpu cpu)
{
    private readonly List<LlvmCpu> processors = [cpu];
    private readonly SortedDictionary<string, string> declarations = new(StringComparer.Ordinal);
    private readonly StringBuilder functions = new();

    /// <summary>The processor of the functions that are added now.</summary>
    public LlvmCpu Cpu { get; private set; } = cpu;

    /// <summary>What names of the module's own functions begin with, so that those of several processors differ.</summary>
    public string Prefix { get; private set; } = "";

    /// <summary>Goes on with functions for a processor, all of one instruction set.</summary>
    public void Switch(LlvmCpu processor, string prefix)
    {
        (Cpu, Prefix) = (processor, prefix);
        if (!processors.Contains(processor))
        {
            processors.Add(processor);
        }
    }

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

        functions.Append("define ").Append(head).Append(" #").Append(processors.IndexOf(Cpu)).Append(" {\n").Append(function.Text).Append("}\n\n");
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

        return text.Append('\n').AppendJoin("", processors.Select(Attributes)).ToString();
    }

    private static string Attributes(LlvmCpu processor, int number)
    {
        var features = processor.Features.Length == 0 ? "" : $" \"target-features\"=\"{processor.Features}\"";
        var width = processor.Architecture == LlvmArchitecture.X64 ? " \"prefer-vector-width\"=\"512\" \"min-legal-vector-width\"=\"512\""
            : processor.VectorScale > 0 ? $" vscale_range({LlvmTypes.Digits(processor.VectorScale)},{LlvmTypes.Digits(processor.VectorScale)})" : "";
        return $"attributes #{LlvmTypes.Digits(number)} = {{ nounwind \"no-builtins\" \"target-cpu\"=\"{processor.LlvmName}\"{features}{width} }}\n";
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
