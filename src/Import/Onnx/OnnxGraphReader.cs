using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Import.Onnx.Proto;

namespace SparseDsl.Import.Onnx;

/// <summary>Turns graph messages into <see cref="OnnxGraph"/>: checks names, folds constants, orders nodes.</summary>
internal sealed class OnnxGraphReader(OnnxTensorReader tensors)
{
    /// <summary>Reads the main graph, around which there is nothing to take names from.</summary>
    public OnnxGraph ReadMain(GraphProto proto)
    {
        var graph = Read(proto);
        if (graph.Captures is [var missing, ..])
        {
            var user = graph.Nodes.FirstOrDefault(node => NodeOrder.Dependencies(node).Contains(missing));
            throw new OnnxFormatException(
                user is null ? $"graph output '{missing}' is defined nowhere" : $"input '{missing}' of {user} is defined nowhere");
        }

        return graph;
    }

    private OnnxGraph Read(GraphProto proto)
    {
        if (proto.SparseInitializer.Count > 0)
        {
            throw new OnnxFormatException($"initializer '{proto.SparseInitializer[0].Values?.Name}' is sparse, which is not supported");
        }

        var initializers = ReadInitializers(proto);
        var inputs = proto.Input.Where(input => !initializers.ContainsKey(input.Name)).Select(ReadValue).ToImmutableArray();
        var outputs = proto.Output.Select(ReadValue).ToImmutableArray();
        var nodes = new List<OnnxNode>();
        for (var i = 0; i < proto.Node.Count; i++)
        {
            var node = ReadNode(proto.Node[i], i);
            if (!FoldConstant(node, initializers))
            {
                nodes.Add(node);
            }
        }

        CheckDefinedOnce(inputs, initializers, nodes);
        return new OnnxGraph(
            proto.Name, inputs, outputs, initializers, NodeOrder.Sort(nodes), Captures(inputs, outputs, initializers, nodes));
    }

    private Dictionary<string, TensorData> ReadInitializers(GraphProto proto)
    {
        var result = new Dictionary<string, TensorData>(StringComparer.Ordinal);
        foreach (var tensor in proto.Initializer)
        {
            if (!result.TryAdd(tensor.Name, tensors.Read(tensor, $"initializer '{tensor.Name}'")))
            {
                throw new OnnxFormatException($"initializer '{tensor.Name}' is given twice");
            }
        }

        return result;
    }

    private static OnnxValue ReadValue(ValueInfoProto proto)
    {
        var tensor = proto.Type?.TensorType;
        var shape = tensor?.Shape?.Dim.Select(ReadDim).ToImmutableArray();
        return new OnnxValue(proto.Name, tensor is null ? null : OnnxTensorReader.ElementTypeOf(tensor.ElemType), shape);
    }

    // Exporters also write an unknown extent as -1, as 0 or as an empty name.
    private static OnnxDim ReadDim(TensorShapeProto.Types.Dimension dim) => new(
        dim.HasDimValue && dim.DimValue > 0 ? dim.DimValue : null,
        dim.HasDimParam && dim.DimParam.Length > 0 ? dim.DimParam : null);

    private OnnxNode ReadNode(NodeProto proto, int position)
    {
        var name = proto.Name.Length > 0 ? proto.Name : FormattableString.Invariant($"{proto.OpType}_{position}");
        if (proto.OpType.Length == 0)
        {
            throw new OnnxFormatException($"node '{name}' has no operator");
        }

        var attributes = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var attribute in proto.Attribute)
        {
            if (!attributes.TryAdd(attribute.Name, ReadAttribute(attribute, $"attribute '{attribute.Name}' of {proto.OpType} '{name}'")))
            {
                throw new OnnxFormatException($"attribute '{attribute.Name}' of {proto.OpType} '{name}' is given twice");
            }
        }

        return new OnnxNode(
            name, proto.OpType, OnnxModel.NormalizeDomain(proto.Domain), [.. proto.Input], [.. proto.Output], attributes);
    }

    private object ReadAttribute(AttributeProto proto, string what) => TypeOf(proto) switch
    {
        AttributeProto.Types.AttributeType.Float => proto.F,
        AttributeProto.Types.AttributeType.Int => proto.I,
        AttributeProto.Types.AttributeType.String => proto.S.ToStringUtf8(),
        AttributeProto.Types.AttributeType.Floats => proto.Floats.ToImmutableArray(),
        AttributeProto.Types.AttributeType.Ints => proto.Ints.ToImmutableArray(),
        AttributeProto.Types.AttributeType.Strings => proto.Strings.Select(s => s.ToStringUtf8()).ToImmutableArray(),
        AttributeProto.Types.AttributeType.Tensor => ReadTensor(proto.T, what),
        AttributeProto.Types.AttributeType.Graph => Read(proto.G ?? throw new OnnxFormatException($"{what} is a graph without content")),
        var other => new UnsupportedAttribute(other.ToString()),
    };

    /// <summary>A tensor of a type this library has no room for (a Constant of strings) is an error only where it is used.</summary>
    private object ReadTensor(TensorProto? proto, string what)
    {
        if (proto is null)
        {
            throw new OnnxFormatException($"{what} is a tensor without content");
        }

        return OnnxTensorReader.ElementTypeOf(proto.DataType) is null
            ? new UnsupportedAttribute(proto.DataType.ToString())
            : tensors.Read(proto, what);
    }

    /// <summary>Files of format version 1 do not name the type: it is the one whose field is filled.</summary>
    private static AttributeProto.Types.AttributeType TypeOf(AttributeProto proto) => proto switch
    {
        { Type: not AttributeProto.Types.AttributeType.Undefined } => proto.Type,
        { T: not null } => AttributeProto.Types.AttributeType.Tensor,
        { G: not null } => AttributeProto.Types.AttributeType.Graph,
        { Ints.Count: > 0 } => AttributeProto.Types.AttributeType.Ints,
        { Floats.Count: > 0 } => AttributeProto.Types.AttributeType.Floats,
        { Strings.Count: > 0 } => AttributeProto.Types.AttributeType.Strings,
        { S.Length: > 0 } => AttributeProto.Types.AttributeType.String,
        { F: not 0 } => AttributeProto.Types.AttributeType.Float,
        _ => AttributeProto.Types.AttributeType.Int,
    };

    private static bool FoldConstant(OnnxNode node, Dictionary<string, TensorData> initializers)
    {
        if (node is not { OpType: "Constant", Domain: "", Outputs: [var name] } || ConstantValue(node) is not { } value)
        {
            return false;
        }

        return initializers.TryAdd(name, value) ? true : throw new OnnxFormatException($"'{name}' is defined twice");
    }

    private static TensorData? ConstantValue(OnnxNode node) => node.AttributeNames.FirstOrDefault() switch
    {
        "value" when node.IsSupported("value") => node.GetTensor("value"),
        "value_float" => TensorData.FromFloats([node.GetFloat("value_float", 0)]),
        "value_floats" => FromList(node.GetFloats("value_floats")!.Value, TensorData.FromFloats),
        "value_int" => TensorData.FromInt64s([node.GetInt("value_int", 0)]),
        "value_ints" => FromList(node.GetInts("value_ints")!.Value, TensorData.FromInt64s),
        _ => null,
    };

    private static TensorData FromList<T>(ImmutableArray<T> values, Func<T[], int[], TensorData> make) =>
        make([.. values], [values.Length]);

    private static void CheckDefinedOnce(
        IEnumerable<OnnxValue> inputs, Dictionary<string, TensorData> initializers, IEnumerable<OnnxNode> nodes)
    {
        var defined = new HashSet<string>(initializers.Keys, StringComparer.Ordinal);
        foreach (var name in inputs.Select(i => i.Name).Concat(nodes.SelectMany(n => n.Outputs).Where(o => o.Length > 0)))
        {
            if (!defined.Add(name))
            {
                throw new OnnxFormatException($"'{name}' is defined twice");
            }
        }
    }

    private static ImmutableArray<string> Captures(
        IEnumerable<OnnxValue> inputs, IEnumerable<OnnxValue> outputs, Dictionary<string, TensorData> initializers, List<OnnxNode> nodes)
    {
        var used = outputs.Select(o => o.Name).Concat(nodes.SelectMany(NodeOrder.Dependencies)).ToHashSet(StringComparer.Ordinal);
        used.ExceptWith(inputs.Select(i => i.Name));
        used.ExceptWith(initializers.Keys);
        used.ExceptWith(nodes.SelectMany(n => n.Outputs));
        return [.. used.Order(StringComparer.Ordinal)];
    }
}
