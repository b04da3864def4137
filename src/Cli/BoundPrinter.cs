using System.Globalization;
using System.Text;
using SparseDsl.Dsl.Binding;

namespace SparseDsl.Cli;

/// <summary>A bound model as text: one line for each value, operands before users.</summary>
internal sealed class BoundPrinter
{
    private readonly Dictionary<BoundValue, string> names = new(ReferenceEqualityComparer.Instance);
    private readonly StringBuilder text = new();

    private BoundPrinter()
    {
    }

    /// <summary>The text; every line ends with LF.</summary>
    public static string Print(BoundModel model)
    {
        var printer = new BoundPrinter();
        var dims = string.Join(", ", model.Dims.Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Name}: {d.Low}..{d.High}{(d.Step == 1 ? "" : $" step {d.Step}")}")));
        printer.text.Append(CultureInfo.InvariantCulture, $"model {model.Name}({dims})\n");
        foreach (var input in model.Inputs)
        {
            printer.Declare(input, input.Name, $"input {input.Name}: {input.Type}");
        }

        foreach (var state in model.States)
        {
            printer.Declare(state, state.Name, $"state {state.Name}: {state.Type}");
        }

        foreach (var param in model.Params)
        {
            printer.Declare(param, param.Path, $"param {param.Path}: {param.Type}{(param.Sparsity is null ? "" : $" {param.Sparsity}")}{(param.Format is null ? "" : $" stored {param.Format.Name}")}");
        }

        foreach (var (name, value) in model.Outputs)
        {
            printer.Add(value);
            printer.text.Append(CultureInfo.InvariantCulture, $"  output {name} = {printer.names[value]}\n");
        }

        return printer.text.ToString();
    }

    private void Declare(BoundValue value, string name, string line)
    {
        names[value] = name;
        text.Append("  ").Append(line).Append('\n');
    }

    /// <summary>Without recursion: long networks are deep.</summary>
    private void Add(BoundValue root)
    {
        var stack = new Stack<BoundValue>([root]);
        while (stack.Count > 0)
        {
            var value = stack.Peek();
            var missing = value.Operands.Where(o => !names.ContainsKey(o)).ToList();
            if (names.ContainsKey(value) || missing.Count == 0)
            {
                stack.Pop();
                if (!names.ContainsKey(value))
                {
                    var name = string.Create(CultureInfo.InvariantCulture, $"%{names.Count}");
                    Declare(value, name, $"{name}: {value.Type} = {Describe(value)}");
                }
            }
            else
            {
                missing.ForEach(stack.Push);
            }
        }
    }

    private string Describe(BoundValue value)
    {
        var operands = string.Join(", ", value.Operands.Select(o => names[o]));
        return value switch
        {
            BoundApply apply => $"{apply.Name}({operands}){Attributes(apply.Attributes.Select(a => (a.Name, a.Value)))}{Scope(apply.Scope)}",
            BoundStructural structural => $"{structural.Name}({operands}){Attributes(structural.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => (a.Key, Convert.ToString(a.Value, CultureInfo.InvariantCulture) ?? "")))}{Scope(structural.Scope)}",
            BoundSelect select => $"select({operands}) {select.Selection}",
            BoundConstant constant => "constant [" + string.Join(", ", constant.Values.Take(16).Select(v => v.ToString("R", CultureInfo.InvariantCulture))) + (constant.Values.Length > 16 ? ", …]" : "]"),
            _ => value.GetType().Name,
        };
    }

    private static string Attributes(IEnumerable<(string Name, string Value)> attributes)
    {
        var list = string.Join(", ", attributes.Select(a => $"{a.Name}: {a.Value}"));
        return list.Length == 0 ? "" : $" {{{list}}}";
    }

    private static string Scope(string scope) => scope.Length == 0 ? "" : $" in {scope}";
}
