using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Import.Onnx;

/// <summary>Writes an ONNX network as a program of this language.</summary>
public static class OnnxImporter
{
    /// <summary>
    /// Imports a network. Shapes are worked out symbolically, so that what computes them disappears; groups of nodes that are one operator here become
    /// one; what no output needs is left out. When anything cannot be said, all of it is in the diagnostics and the program is empty.
    /// </summary>
    /// <param name="model">The network.</param>
    /// <param name="name">Name of the module; the model has the same in Pascal case.</param>
    /// <param name="options">How extents that the file leaves open are named and bounded; defaults by position.</param>
    public static ImportResult Import(OnnxModel model, string name, OnnxImportOptions? options = null)
    {
        var diagnostics = new DiagnosticBag();
        var text = new ProgramText();
        var dims = new InputDims(options ?? new OnnxImportOptions(), model.Graph);
        var inputs = Inputs(model.Graph, text, dims, diagnostics);
        var nodes = new NodeImporter(model, text, diagnostics);
        foreach (var (input, step, extents) in inputs)
        {
            nodes.Bind(input, new ImportValue.Tensor(step, extents));
        }

        nodes.Run();
        var outputs = model.Graph.Outputs.Select(o => (Name: text.Unique(o.Name), Step: nodes.Result(o.Name))).ToList();
        if (diagnostics.HasErrors)
        {
            return new ImportResult("", text.Weights, [.. diagnostics.Items]);
        }

        var program = Program(model, name, options?.Source ?? "", dims, inputs, text, outputs);
        return new ImportResult(program, text.Weights, [.. diagnostics.Items]);
    }

    private static List<(string Name, int Step, ImmutableArray<Dim> Extents)> Inputs(
        OnnxGraph graph, ProgramText text, InputDims dims, DiagnosticBag diagnostics)
    {
        var result = new List<(string, int, ImmutableArray<Dim>)>();
        foreach (var input in graph.Inputs)
        {
            if (input.Shape is null || input.Type != ElementType.F32)
            {
                diagnostics.Report(ImportDiagnostics.NoInputShape, null, input.Name);
                continue;
            }

            result.Add((input.Name, text.Input(text.Unique(input.Name)), dims.Extents(input, text)));
        }

        return result;
    }

    private static string Program(
        OnnxModel model, string name, string source, InputDims dims, List<(string Name, int Step, ImmutableArray<Dim> Extents)> inputs,
        ProgramText text, List<(string Name, int Step)> outputs)
    {
        var program = new StringBuilder();
        program.Append(CultureInfo.InvariantCulture, $"// Imported from {(source.Length > 0 ? source : "an ONNX model")}, opset {model.Opset}.\n");
        var module = ProgramText.Identifier(name);
        program.Append(CultureInfo.InvariantCulture, $"module {module}\n\nimport std.nn\n\n");
        var parameters = dims.Declarations.Count > 0 ? $"({string.Join(", ", dims.Declarations)})" : "";
        program.Append(CultureInfo.InvariantCulture, $"model {Pascal(module)}{parameters} {{\n");
        foreach (var (_, step, extents) in inputs)
        {
            program.Append(CultureInfo.InvariantCulture, $"    input {text.NameOf(step)}: f32[{ProgramText.Extents(extents)}]\n");
        }

        program.Append('\n').Append(text.Body(outputs)).Append("}\n");
        return program.ToString();
    }

    private static string Pascal(string name) =>
        string.Concat(name.Split('_', StringSplitOptions.RemoveEmptyEntries).Select(w => char.ToUpperInvariant(w[0]) + w[1..]));
}
