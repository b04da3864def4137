using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Import.Onnx.Programs;

/// <summary>Writes a module: its layers, then its model, in canonical text.</summary>
internal static class ProgramPrinter
{
    /// <summary>What stands at the top of a module.</summary>
    /// <param name="Comment">First line, without slashes.</param>
    /// <param name="Module">Name of the module.</param>
    /// <param name="Model">Name of the model.</param>
    /// <param name="Dims">Dims of the model as they are declared.</param>
    public sealed record Head(string Comment, string Module, string Model, IReadOnlyList<string> Dims);

    /// <summary>The text.</summary>
    /// <param name="head">What stands at the top.</param>
    /// <param name="layers">Layers, each before those that use it.</param>
    /// <param name="body">The model in terms of them.</param>
    /// <param name="inputs">Names of the inputs by value.</param>
    /// <param name="outputs">Names of the outputs and their values.</param>
    /// <param name="extents">Extents of every value.</param>
    public static string Print(
        Head head, IReadOnlyList<Layer> layers, Body body, IReadOnlyDictionary<int, string> inputs, IReadOnlyList<(string Name, int Value)> outputs,
        IReadOnlyDictionary<int, ImmutableArray<Dim>> extents)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"// {head.Comment}\nmodule {head.Module}\n\nimport std.nn\n");
        text.Append(body.Steps.Concat(layers.SelectMany(l => l.Body.Steps)).Any(s => Library.IsLayer(s.Callee)) ? "import std.layers\n\n" : "\n");
        foreach (var layer in layers)
        {
            Append(text, Signature(layer), Statements(layer));
            text.Append('\n');
        }

        Append(text, $"model {head.Model}{(head.Dims.Count > 0 ? $"({string.Join(", ", head.Dims)})" : "")}", Statements(body, inputs, outputs, extents));
        return Canonical(text.ToString());
    }

    private static void Append(StringBuilder text, string head, IEnumerable<string> statements) =>
        text.Append(CultureInfo.InvariantCulture, $"{head} {{\n{string.Join('\n', statements)}\n}}\n");

    private static string Canonical(string text)
    {
        var source = new SourceText("imported.dsl", text);
        var diagnostics = new DiagnosticBag();
        var module = Parser.Parse(source, diagnostics);
        return diagnostics.HasErrors
            ? throw new InvalidOperationException("the importer wrote a program that does not parse: " + DiagnosticRenderer.Render(diagnostics.Items[0]))
            : Formatter.Format(source, module);
    }

    private static string Signature(Layer layer)
    {
        var generics = layer.Generics.Select(g => $"{g.Name}: {g.Kind}" + (g.Default is { } value ? $" = {value}" : ""));
        var axes = string.Join(", ", Layer.Axes(layer.Rank));
        return $"layer {layer.Name}(x: f32[{axes}]{(layer.Generics.Length > 0 ? "; " : "")}{string.Join(", ", generics)})";
    }

    private static IEnumerable<string> Statements(Layer layer)
    {
        var reserved = Layer.Axes(layer.Rank).Concat(layer.Generics.Select(g => g.Name));
        var printer = new BodyPrinter(layer.Body, new Dictionary<int, string> { [layer.Input] = "x" }, ImmutableDictionary<int, string>.Empty, reserved, null);
        return Parameters(layer.Body).Concat(printer.Write());
    }

    private static IEnumerable<string> Statements(
        Body body, IReadOnlyDictionary<int, string> inputs, IReadOnlyList<(string Name, int Value)> outputs, IReadOnlyDictionary<int, ImmutableArray<Dim>> extents)
    {
        foreach (var (value, name) in inputs)
        {
            yield return $"input {name}: f32[{Shape(extents[value])}]";
        }

        foreach (var statement in Parameters(body))
        {
            yield return statement;
        }

        yield return "";
        var heads = outputs.GroupBy(o => o.Value).ToDictionary(g => g.Key, g => $"output {g.First().Name}{Type(extents[g.Key])}");
        var dims = extents.Values.SelectMany(e => e).SelectMany(d => d.Symbols()).Distinct();
        var printer = new BodyPrinter(body, inputs, heads, dims.Concat(outputs.Select(o => o.Name)), extents);
        foreach (var statement in printer.Write())
        {
            yield return statement;
        }

        foreach (var (name, value) in outputs.Where(o => outputs.First(p => p.Value == o.Value).Name != o.Name || inputs.ContainsKey(o.Value)))
        {
            yield return $"output {name} = {(inputs.TryGetValue(value, out var input) ? input : outputs.First(p => p.Value == value).Name)}";
        }
    }

    private static IEnumerable<string> Parameters(Body body) => Paths.Of(body.Steps).Where(p => !p.Step.IsLayer)
        .Select(p => $"param {p.Path}: {p.Weight.Tensor.Type.Name()}[{string.Join(", ", p.Weight.Tensor.Shape.Select(e => e.ToString(CultureInfo.InvariantCulture)))}]");

    private static string Shape(IEnumerable<Dim> extents) => string.Join(", ", extents.Select(e => e.Text));

    // Extents that say more about how windows divide than about the result are left to the compiler.
    private static string Type(ImmutableArray<Dim> extents) =>
        extents.All(e => e.IsConstant || e.Terms().Count() == 1 && e.Terms().Single().Factors.All(f => f.Kind == Dim.AtomKind.Symbol)) ? $": f32[{Shape(extents)}]" : "";
}
