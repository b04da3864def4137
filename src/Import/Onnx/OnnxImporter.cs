using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Onnx.Programs;

namespace SparseDsl.Import.Onnx;

/// <summary>Writes an ONNX network as a program of this language.</summary>
public static class OnnxImporter
{
    private const int LongestName = 32;
    private static readonly int[] Units = [1, 2, 4, 8, 16, 32, 64];

    /// <summary>
    /// Imports a network. Shapes are worked out symbolically, so that what computes them disappears; groups of nodes that are one operator here become
    /// one, and groups that repeat a layer; what no output needs is left out. When anything cannot be said, all of it is in the diagnostics and the program is empty.
    /// </summary>
    /// <param name="model">The network.</param>
    /// <param name="name">Name of the module; the model has the same in Pascal case.</param>
    /// <param name="options">How extents that the file leaves open are named and bounded; defaults by position.</param>
    public static ImportResult Import(OnnxModel model, string name, OnnxImportOptions? options = null)
    {
        // A network that halves a picture and doubles it again fits together only where the halves come out even; others take any size.
        var last = Units.Select(unit => Import(model, name, options ?? new OnnxImportOptions(), unit)).First(r => r.Result.Dsl.Length > 0 || r.Unit == Units[^1]);
        return last.Result;
    }

    private static (ImportResult Result, int Unit) Import(OnnxModel model, string name, OnnxImportOptions options, int unit)
    {
        var diagnostics = new DiagnosticBag();
        var program = new ProgramBuilder();
        var names = new ProgramNames();
        var dims = new InputDims(options, model.Graph, unit);
        var inputs = Inputs(model.Graph, program, names, dims, diagnostics);
        var nodes = new NodeImporter(model, program, diagnostics);
        foreach (var (input, value) in inputs)
        {
            nodes.Bind(input, value);
        }

        nodes.Run();
        if (diagnostics.HasErrors)
        {
            return (new ImportResult("", ImmutableDictionary<string, TensorData>.Empty, [.. diagnostics.Items]), unit);
        }

        var outputs = model.Graph.Outputs.Select(o => (Name: names.Unique(Short(o.Name)), Value: nodes.Result(o.Name))).ToList();
        var module = ProgramNames.Identifier(name);
        var head = new ProgramPrinter.Head(Comment(model, options.Source), module, Pascal(module), dims.Declarations);
        return (Written(head, program, names, inputs, outputs, [.. diagnostics.Items]), unit);
    }

    private static ImportResult Written(
        ProgramPrinter.Head head, ProgramBuilder program, ProgramNames names, List<(string Name, ImportValue.Tensor Value)> inputs,
        List<(string Name, int Value)> outputs, ImmutableArray<Diagnostic> diagnostics)
    {
        var body = Idioms.Run(program.Body([.. outputs.Select(o => o.Value).Distinct()]));
        var extents = body.Steps.ToDictionary(s => s.Value, s => s.Extents);
        foreach (var (_, value) in inputs)
        {
            extents.Add(value.Step, value.Extents);
        }

        var roller = new Roller(names, extents);
        body = roller.Run(body);
        var text = ProgramPrinter.Print(head, roller.Layers, body, program.Inputs, outputs, extents);
        return new ImportResult(text, Paths.Of(body.Steps).ToImmutableDictionary(p => p.Path, p => p.Weight.Tensor), diagnostics);
    }

    private static List<(string Name, ImportValue.Tensor Value)> Inputs(
        OnnxGraph graph, ProgramBuilder program, ProgramNames names, InputDims dims, DiagnosticBag diagnostics)
    {
        var result = new List<(string, ImportValue.Tensor)>();
        foreach (var input in graph.Inputs)
        {
            if (input.Shape is null || input.Type != ElementType.F32)
            {
                diagnostics.Report(ImportDiagnostics.NoInputShape, null, input.Name);
                continue;
            }

            var name = names.Unique(input.Name);
            result.Add((input.Name, new ImportValue.Tensor(program.Input(name), dims.Extents(input, names))));
        }

        return result;
    }

    private static string Comment(OnnxModel model, string source) =>
        string.Create(CultureInfo.InvariantCulture, $"Imported from {(source.Length > 0 ? source : "an ONNX model")}, opset {model.Opset}.");

    // Some exporters write every label into the name of an output.
    private static string Short(string name) => name.Length <= LongestName ? name : ProgramNames.Identifier(name[..LongestName]);

    private static string Pascal(string name) =>
        string.Concat(name.Split('_', StringSplitOptions.RemoveEmptyEntries).Select(w => char.ToUpperInvariant(w[0]) + w[1..]));
}
