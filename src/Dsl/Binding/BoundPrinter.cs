using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace SparseDsl.Dsl.Binding;

/// <summary>
/// A bound model as stable text, for tests and dumps: declarations, then every value that an output needs, operands first, with the stages of its operator.
/// </summary>
public sealed class BoundPrinter
{
    private readonly Dictionary<BoundValue, string> names = [];
    private readonly StringBuilder text = new();
    private int count;

    private BoundPrinter()
    {
    }

    /// <summary>The text; every line ends with LF.</summary>
    public static string Print(BoundModel model)
    {
        var printer = new BoundPrinter();
        printer.text.Append(Invariant($"model {model.Name}({string.Join(", ", model.Dims)})\n"));
        foreach (var input in model.Inputs)
        {
            printer.Declare(input, input.Name, $"input {input.Name}: {input.Type}{(input.Image is null ? "" : $" from image({Settings(input.Image)})")}");
        }

        foreach (var state in model.States)
        {
            printer.Declare(state, state.Name, $"state {state.Name}: {state.Type}");
        }

        foreach (var param in model.Params)
        {
            var format = param.Format is null ? "" : $" @format({param.Format.Name})";
            printer.Declare(param, param.Path, $"param {param.Path}: {param.Type}{(param.Sparsity is null ? "" : " " + Text(param.Sparsity))}{format}");
        }

        foreach (var (name, value) in model.Outputs)
        {
            printer.Add(value);
            printer.text.Append(Invariant($"  output {name} = {printer.names[value]}\n"));
        }

        return printer.text.ToString();
    }

    /// <summary>Sparsity as an annotation: <c>@unstructured(zeros &gt;= 90%)</c>.</summary>
    public static string Text(Sparsity sparsity) => sparsity switch
    {
        Sparsity.Dense => "@dense",
        Sparsity.Unstructured s => $"@unstructured({Zeros(s.MinZeros)})",
        Sparsity.Block s => Invariant($"@block({s.Rows}, {s.Columns}, {Zeros(s.MinZeros)})"),
        Sparsity.NOfM s => Invariant($"@nm({s.N}, {s.M})"),
        Sparsity.MaskFile s => $"@mask(\"{s.Path}\")",
        Sparsity.Channels s => $"@channels({Zeros(s.MinZeros)})",
        Sparsity.TopK s => $"@topk({s.K}{(s.Statistical ? ", statistical" : "")}{Expect(s.Expect)})",
        Sparsity.Threshold s => $"@threshold({s.Parameter ?? ScalarText.Number(s.Value)}{(s.PerChannel ? ", per: channel" : "")}{Expect(s.Expect)})",
        _ => sparsity.ToString()!,
    };

    private static string Zeros(double fraction) => $"zeros >= {Percent(fraction)}";

    private static string Expect(double? fraction) => fraction is { } f ? $", expect: {Percent(f)}" : "";

    private static string Percent(double fraction) => Math.Round(fraction * 100, 9).ToString("R", CultureInfo.InvariantCulture) + "%";

    private static string Settings(ImagePreprocessing image) =>
        string.Join(", ", image.Settings.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}: {Setting(a.Value.Value)}"));

    private static string Setting(object value) => value switch
    {
        ImmutableArray<double> list => $"[{string.Join(", ", list.Select(ScalarText.Number))}]",
        bool truth => truth ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private void Declare(BoundValue value, string name, string line)
    {
        names[value] = name;
        text.Append("  ").Append(line).Append('\n');
    }

    /// <summary>Without recursion: long networks are deep.</summary>
    private void Add(BoundValue root)
    {
        var stack = new Stack<BoundValue>();
        stack.Push(root);
        while (stack.Count > 0)
        {
            var value = stack.Peek();
            var missing = value.Operands.Where(o => !names.ContainsKey(o)).Reverse().ToArray();
            if (names.ContainsKey(value) || missing.Length == 0)
            {
                stack.Pop();
                Define(value);
                continue;
            }

            foreach (var operand in missing)
            {
                stack.Push(operand);
            }
        }
    }

    private void Define(BoundValue value)
    {
        if (!names.ContainsKey(value))
        {
            var name = Invariant($"%{count++}");
            Declare(value, name, $"{name}: {value.Type} = {Describe(value)}");
            Stages(value);
        }
    }

    private string Describe(BoundValue value)
    {
        var operands = string.Join(", ", value.Operands.Select(o => names[o]));
        return value switch
        {
            BoundApply apply => $"{apply.Name}({operands}){Attributes(apply.Attributes)}{Scope(apply.Scope)}",
            BoundStructural structural => $"{structural.Name}({operands}){Attributes(structural.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => (a.Key, Setting(a.Value))))}{Scope(structural.Scope)}",
            BoundSelect select => $"{operands} {Text(select.Selection)}",
            BoundConstant constant => $"[{string.Join(", ", constant.Values.Take(16).Select(ScalarText.Number))}{(constant.Values.Length > 16 ? ", …" : "")}]",
            _ => value.GetType().Name,
        };
    }

    private void Stages(BoundValue value)
    {
        if (value is BoundApply apply)
        {
            string[] reads = [.. apply.Operands.Select(o => names[o]), .. apply.Stages.Select(s => s.Name)];
            foreach (var stage in apply.Stages)
            {
                text.Append(Invariant($"      {stage.Name}[{string.Join(", ", stage.Indices)}] = {ScalarText.Print(stage.Body, reads)}\n"));
            }
        }
    }

    private static string Attributes(IEnumerable<(string Name, string Value)> attributes)
    {
        var list = string.Join(", ", attributes.Select(a => $"{a.Name}: {a.Value}"));
        return list.Length == 0 ? "" : $" {{{list}}}";
    }

    private static string Scope(string scope) => scope.Length == 0 ? "" : $" in {scope}";
}
