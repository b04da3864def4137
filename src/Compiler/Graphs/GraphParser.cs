using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Graphs;

/// <summary>Reads the text form of graphs that <see cref="GraphPrinter"/> writes.</summary>
public sealed class GraphParser
{
    private readonly IrReader reader;
    private readonly Func<string, TensorData?> constants;
    private readonly Dictionary<string, Node> nodes = new(StringComparer.Ordinal);

    private GraphParser(string text, Func<string, TensorData?>? constants)
    {
        reader = new IrReader(text);
        this.constants = constants ?? (_ => null);
    }

    /// <summary>The graph of a text.</summary>
    /// <param name="text">What <see cref="GraphPrinter.Print"/> gave.</param>
    /// <param name="constants">Elements of constants whose text has only a hash, by node name.</param>
    /// <exception cref="IrSyntaxException">The text is not a graph.</exception>
    public static Graph Parse(string text, Func<string, TensorData?>? constants = null) => new GraphParser(text, constants).Graph();

    private Graph Graph()
    {
        reader.Take("graph");
        var name = reader.Name();
        reader.Take("(");
        ImmutableArray<SymbolicDim> dims = [.. reader.List(")", SymbolicDim)];
        var inputs = ImmutableArray.CreateBuilder<InputNode>();
        var outputs = ImmutableArray.CreateBuilder<(string, Node)>();
        while (!reader.AtEnd)
        {
            if (reader.TryTake("output"))
            {
                var output = reader.Name();
                reader.Take("=");
                outputs.Add((output, Reference()));
                continue;
            }

            var node = Line();
            nodes.Add(node.Name, node);
            if (node is InputNode input)
            {
                inputs.Add(input);
            }
        }

        return new Graph(name, dims, inputs.ToImmutable(), outputs.ToImmutable());
    }

    private SymbolicDim SymbolicDim()
    {
        var name = reader.Name();
        reader.Take(":");
        var low = reader.Integer();
        reader.Take("..");
        var high = reader.Integer();
        return new SymbolicDim(name, low, high, reader.TryTake("step") ? reader.Integer() : 1);
    }

    private Node Line()
    {
        if (reader.TryTake("input"))
        {
            var name = reader.Name();
            return new InputNode(name, DeclaredType(), new NodeOrigin("input", "", null));
        }

        if (reader.TryTake("state"))
        {
            var name = reader.Name();
            return new StateNode(name, DeclaredType(), new NodeOrigin("state", "", null));
        }

        if (reader.TryTake("param"))
        {
            var name = reader.Name();
            var path = reader.String();
            var type = DeclaredType();
            var sparsity = reader.Sees("@") ? Annotation() : null;
            var requested = reader.TryTake("wants") ? FormatText.Parse(reader) : null;
            return new ParamNode(name, path, type, sparsity, requested, Storage(), new NodeOrigin("param", "", null));
        }

        return reader.TryTake("constant") ? Constant() : Computed();
    }

    private ConstantNode Constant()
    {
        var name = reader.Name();
        var type = DeclaredType();
        reader.Take("=");
        TensorData? data;
        string? recipe = null;
        if (reader.TryTake("deferred"))
        {
            (data, recipe) = (null, reader.String());
        }
        else if (reader.TryTake("["))
        {
            double[] values = [.. reader.List("]", reader.Number)];
            data = TensorData.FromDoubles(values, [.. type.Shape.Select(d => (int)d.Constant!.Value)]).ConvertTo(type.Element);
        }
        else
        {
            reader.Take("hash");
            reader.Word();
            data = constants(name) ?? throw reader.Error($"the elements of constant '{name}' are not in the text");
        }

        return new ConstantNode(name, type, data, new NodeOrigin("constant", "", null), Storage(), recipe: recipe);
    }

    private Node Computed()
    {
        var name = reader.Name();
        var label = reader.String();
        reader.Take("in");
        var origin = new NodeOrigin(label, reader.String(), null);
        var type = DeclaredType();
        reader.Take("=");
        if (reader.TryTake("["))
        {
            ImmutableArray<IndexRange> indices = [.. reader.List("]", IndexRange)];
            var expression = new ExpressionParser(reader, Lookup);
            var body = expression.Parse();
            return new ComputeNode(name, type, indices, body, expression.Operands, origin);
        }

        var operation = reader.Name();
        reader.Take("(");
        return operation switch
        {
            "reshape" => Reshape(name, type, origin),
            "concat" => Concat(name, type, origin),
            _ => Structural(name, type, operation, origin),
        };
    }

    private ReshapeNode Reshape(string name, TensorType type, NodeOrigin origin)
    {
        var operand = Reference();
        reader.Take(")");
        return new ReshapeNode(name, type, operand, origin);
    }

    private ConcatNode Concat(string name, TensorType type, NodeOrigin origin)
    {
        var axis = (int)reader.Integer();
        reader.Take(",");
        return new ConcatNode(name, type, axis, [.. reader.List(")", Reference)], origin);
    }

    private StructuralNode Structural(string name, TensorType type, string operation, NodeOrigin origin)
    {
        var operands = ImmutableArray.CreateBuilder<Node>();
        var attributes = ImmutableDictionary.CreateBuilder<string, object>();
        reader.List(")", () =>
        {
            if (reader.Sees("%"))
            {
                operands.Add(Reference());
                return 0;
            }

            var attribute = reader.Name();
            reader.Take(":");
            attributes.Add(attribute, AttributeValue());
            return 0;
        });
        return new StructuralNode(name, type, operation, attributes.ToImmutable(), operands.ToImmutable(), origin);
    }

    private object AttributeValue()
    {
        if (reader.Sees("@"))
        {
            return Annotation();
        }

        if (reader.Sees("\""))
        {
            return reader.String();
        }

        if (reader.TryTake("True"))
        {
            return true;
        }

        if (reader.TryTake("False"))
        {
            return false;
        }

        var number = reader.Number();
        return number == Math.Floor(number) ? (long)number : number;
    }

    private TensorType DeclaredType()
    {
        reader.Take(":");
        return Type();
    }

    private TensorType Type()
    {
        var element = Element();
        reader.Take("[");
        return new TensorType(element, [.. reader.List("]", reader.Dim)]);
    }

    private ElementType Element()
    {
        var name = reader.Name();
        return ElementTypes.Parse(name) ?? throw reader.Error($"'{name}' is not an element type");
    }

    private IndexRange IndexRange()
    {
        var name = reader.Name();
        reader.Take("<");
        return new IndexRange(name, reader.Dim());
    }

    private Node Reference()
    {
        reader.Take("%");
        return Lookup(reader.Name());
    }

    private Node Lookup(string name) => nodes.TryGetValue(name, out var node) ? node : throw reader.Error($"no node '%{name}' before this line");

    private Format? Storage() => reader.TryTake("format") ? FormatText.ParseWithPattern(reader) : null;

    private Sparsity Annotation()
    {
        reader.Take("@");
        var kind = reader.Name();
        if (kind == "dense")
        {
            return new Sparsity.Dense();
        }

        reader.Take("(");
        Sparsity result;
        switch (kind)
        {
            case "unstructured":
                result = new Sparsity.Unstructured(reader.Number());
                break;
            case "channels":
                result = new Sparsity.Channels(reader.Number());
                break;
            case "mask":
                result = new Sparsity.MaskFile(reader.String());
                break;
            case "nm":
                result = new Sparsity.NOfM(NextInteger(), (int)reader.Integer());
                break;
            case "block":
                result = new Sparsity.Block(NextInteger(), NextInteger(), reader.Number());
                break;
            case "topk":
                var k = reader.Dim();
                reader.Take(",");
                var statistical = Boolean();
                reader.Take(",");
                result = new Sparsity.TopK(k, statistical, OptionalNumber());
                break;
            case "threshold":
                var value = reader.Number();
                reader.Take(",");
                var parameter = reader.TryTake("none") ? null : reader.String();
                reader.Take(",");
                var perChannel = Boolean();
                reader.Take(",");
                result = new Sparsity.Threshold(value, parameter, perChannel, OptionalNumber());
                break;
            default:
                throw reader.Error($"no annotation '@{kind}'");
        }

        reader.Take(")");
        return result;
    }

    private int NextInteger()
    {
        var value = (int)reader.Integer();
        reader.Take(",");
        return value;
    }

    private bool Boolean()
    {
        if (reader.TryTake("true"))
        {
            return true;
        }

        reader.Take("false");
        return false;
    }

    private double? OptionalNumber() => reader.TryTake("none") ? null : reader.Number();
}
