using Google.Protobuf;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Import.Onnx;
using SparseDsl.Import.Onnx.Proto;
using AttributeType = SparseDsl.Import.Onnx.Proto.AttributeProto.Types.AttributeType;
using DataType = SparseDsl.Import.Onnx.Proto.TensorProto.Types.DataType;

namespace SparseDsl.Import.Tests.Onnx;

/// <summary>Names, order, attributes, folded constants and subgraphs of ONNX graphs.</summary>
public class OnnxGraphTests
{
    [Fact]
    public void InputsOutputsAndUnknownExtentsAreRead()
    {
        var graph = Protos.Graph(Protos.Node("Relu", "x", "y"));
        graph.Input[0].Type.TensorType.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "W" });
        graph.Input[0].Type.TensorType.Shape.Dim.Add(new TensorShapeProto.Types.Dimension());
        graph.Output[0] = new ValueInfoProto { Name = "y" };
        var read = Protos.Parse(graph).Graph;
        Assert.Equal("x: f32[1, ?, W, ?]", Assert.Single(read.Inputs).ToString());
        Assert.Equal("y: ?[*]", Assert.Single(read.Outputs).ToString());
        Assert.Empty(read.Captures);
    }

    [Fact]
    public void OpsetsAreReadByDomain()
    {
        var proto = Protos.Model(Protos.Graph(Protos.Node("Relu", "x", "y")));
        proto.OpsetImport[0].Domain = "ai.onnx";
        proto.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        (proto.ProducerName, proto.ProducerVersion) = ("tool", "1.2");
        proto.Graph.Node[0].Domain = "ai.onnx";
        var model = OnnxModel.Parse(proto.ToByteArray());
        Assert.Equal((13, 1, "tool 1.2", 8), (model.Opset, model.Opsets["com.microsoft"], model.Producer, model.IrVersion));
        Assert.Equal("", model.Graph.Nodes[0].Domain);
    }

    [Fact]
    public void OnlyOldFilesMayLeaveTheOpsetOut()
    {
        var proto = Protos.Model(Protos.Graph(Protos.Node("Relu", "x", "y")));
        proto.OpsetImport.Clear();
        var message = Assert.Throws<OnnxFormatException>(() => OnnxModel.Parse(proto.ToByteArray())).Message;
        Assert.Equal("the file does not say which version of the ONNX operators it uses", message);
        proto.IrVersion = 2;
        Assert.Equal(1, OnnxModel.Parse(proto.ToByteArray()).Opset);
    }

    [Fact]
    public void InputsThatRestateAnInitializerAreLeftOut()
    {
        var graph = Protos.Graph(Protos.Node("Add", "x w", "y"));
        graph.Input.Insert(0, Protos.Value("w", 1));
        graph.Initializer.Add(Protos.Floats("w", [2], 1));
        var read = Protos.Parse(graph).Graph;
        Assert.Equal(["x"], read.Inputs.Select(i => i.Name));
        Assert.Equal([2f], read.Initializers["w"].ToFloats());
    }

    [Fact]
    public void NodesAreOrderedByDependenceAndOtherwiseStay()
    {
        var read = Protos.Parse(Protos.Graph(
            Protos.Node("C", "a b", "y"), Protos.Node("B", "a", "b"), Protos.Node("A", "x", "a"), Protos.Node("D", "x", "d"))).Graph;
        Assert.Equal("ABCD", string.Concat(read.Nodes.Select(n => n.OpType)));
        Assert.Equal(["A_2", "B_1", "C_0", "D_3"], read.Nodes.Select(n => n.Name));
    }

    [Fact]
    public void ALongChainInReverseOrderIsSorted()
    {
        var nodes = Enumerable.Range(0, 20_000).Select(i => Protos.Node("Relu", i == 0 ? "x" : $"t{i}", i == 19_999 ? "y" : $"t{i + 1}"));
        var read = Protos.Parse(Protos.Graph([.. nodes.Reverse()])).Graph;
        Assert.Equal("x", read.Nodes[0].Inputs[0]);
        Assert.Equal("y", read.Nodes[^1].Outputs[0]);
    }

    [Fact]
    public void AbsentOperandsAreEmptyNames()
    {
        var node = Protos.Parse(Protos.Graph(Protos.Node("Clip", "x - x", "y"))).Graph.Nodes[0];
        Assert.Equal(["x", "", "x"], node.Inputs);
        Assert.Equal([true, false, true, false], Enumerable.Range(0, 4).Select(node.HasInput));
    }

    [Fact]
    public void EveryKindOfAttributeIsTyped()
    {
        AttributeProto[] attributes =
        [
            Protos.Int("i", -7),
            new() { Name = "f", Type = AttributeType.Float, F = 0.5f },
            new() { Name = "s", Type = AttributeType.String, S = ByteString.CopyFromUtf8("é") },
            new() { Name = "is", Type = AttributeType.Ints, Ints = { 1, 2 } },
            new() { Name = "fs", Type = AttributeType.Floats, Floats = { 1.5f } },
            new() { Name = "ss", Type = AttributeType.Strings, Strings = { ByteString.CopyFromUtf8("a") } },
            new() { Name = "none", Type = AttributeType.Ints },
            Protos.Tensor("t", Protos.Floats("", [3], 1)),
            new() { Name = "odd", Type = AttributeType.SparseTensor },
        ];
        var node = Protos.Parse(Protos.Graph(Protos.Node("Op", "x", "y", attributes))).Graph.Nodes[0];

        Assert.Equal(-7, node.GetInt("i", 1));
        Assert.Equal(1, node.GetInt("missing", 1));
        Assert.Equal(0.5f, node.GetFloat("f", 1));
        Assert.Equal(1f, node.GetFloat("missing", 1));
        Assert.Equal("é", node.GetString("s", ""));
        Assert.Equal("d", node.GetString("missing", "d"));
        Assert.Equal([1L, 2], node.GetInts("is")!.Value);
        Assert.Equal([1.5f], node.GetFloats("fs")!.Value);
        Assert.Equal(["a"], node.GetStrings("ss")!.Value);
        Assert.Equal([], node.GetInts("none")!.Value);
        Assert.Null(node.GetInts("missing"));
        Assert.Equal([3f], node.GetTensor("t")!.ToFloats());
        Assert.Null(node.GetTensor("missing"));
        Assert.Null(node.GetGraph("missing"));
        Assert.True(node.Has("odd"));
        Assert.Equal(["f", "fs", "i", "is", "none", "odd", "s", "ss", "t"], node.AttributeNames);
        Assert.Equal(
            "attribute 'f' of Op 'Op_0' is not an integer", Assert.Throws<OnnxFormatException>(() => node.GetInt("f", 0)).Message);
        Assert.Equal(
            "attribute 'odd' of Op 'Op_0' is not a tensor but SparseTensor",
            Assert.Throws<OnnxFormatException>(() => node.GetTensor("odd")).Message);
    }

    [Fact]
    public void AttributesWithoutATypeAreWhatTheyHold()
    {
        AttributeProto[] attributes =
        [
            new() { Name = "i", I = 4 }, new() { Name = "f", F = 2 }, new() { Name = "is", Ints = { 3 } }, new() { Name = "zero" },
        ];
        var node = Protos.Parse(Protos.Graph(Protos.Node("Op", "x", "y", attributes))).Graph.Nodes[0];
        Assert.Equal((4, 2f, 0), (node.GetInt("i", 1), node.GetFloat("f", 1), node.GetInt("zero", 1)));
        Assert.Equal([3L], node.GetInts("is")!.Value);
    }

    public static TheoryData<IMessage, string, double[]> Constants => new()
    {
        { Protos.Tensor("value", Protos.Floats("", [1, 2], 2)), "f32[2]", [1, 2] },
        { new AttributeProto { Name = "value_float", Type = AttributeType.Float, F = 1.5f }, "f32[]", [1.5] },
        { new AttributeProto { Name = "value_floats", Type = AttributeType.Floats, Floats = { 1, 2 } }, "f32[2]", [1, 2] },
        { Protos.Int("value_int", 3), "i64[]", [3] },
        { new AttributeProto { Name = "value_ints", Type = AttributeType.Ints, Ints = { 4, 5, 6 } }, "i64[3]", [4, 5, 6] },
    };

    [Theory]
    [MemberData(nameof(Constants), DisableDiscoveryEnumeration = true)]
    public void ConstantNodesBecomeInitializers(IMessage attribute, string expected, double[] values)
    {
        var graph = Protos.Parse(Protos.Graph(Protos.Node("Constant", "", "c", (AttributeProto)attribute), Protos.Node("Add", "x c", "y"))).Graph;
        Assert.Equal(["Add"], graph.Nodes.Select(n => n.OpType));
        Assert.Equal(expected, graph.Initializers["c"].ToString());
        Assert.Equal(values, graph.Initializers["c"].ToDoubles());
    }

    [Fact]
    public void ConstantsOfOtherKindsStayNodes()
    {
        var text = Protos.Tensor("value", new TensorProto { DataType = DataType.String, Dims = { 1 } });
        var word = new AttributeProto { Name = "value_string", Type = AttributeType.String, S = ByteString.CopyFromUtf8("a") };
        var graph = Protos.Parse(Protos.Graph(
            Protos.Node("Constant", "", "c", text), Protos.Node("Constant", "", "d", word), Protos.Node("Op", "x c d", "y"))).Graph;
        Assert.Equal(["Constant", "Constant", "Op"], graph.Nodes.Select(n => n.OpType));
    }

    [Fact]
    public void ASubgraphCapturesNamesAndItsNodeWaitsForThem()
    {
        var inner = new GraphProto { Node = { Protos.Node("Neg", "late", "r") }, Output = { Protos.Value("r") } };
        var outer = new GraphProto
        {
            Node = { Protos.Node("If", "x", "q", Protos.Subgraph("then_branch", inner), Protos.Subgraph("else_branch", inner)) },
            Output = { Protos.Value("q") },
        };
        var graph = Protos.Parse(Protos.Graph(
            Protos.Node("If", "x", "y", Protos.Subgraph("then_branch", outer), Protos.Subgraph("else_branch", inner)),
            Protos.Node("Abs", "x", "late"))).Graph;
        Assert.Equal(["Abs", "If"], graph.Nodes.Select(n => n.OpType));
        Assert.Equal(["late", "x"], graph.Nodes[1].GetGraph("then_branch")!.Captures);
        Assert.Equal(["late"], graph.Nodes[1].GetGraph("else_branch")!.Captures);
        Assert.Equal(2, graph.Nodes[1].Subgraphs.Count());
    }

    public static TheoryData<IMessage, string> Broken => new()
    {
        { Protos.Graph(Protos.Node("A", "b", "y"), Protos.Node("B", "y", "b")), "A 'A_0' depends on its own result" },
        { Protos.Graph(Protos.Node("A", "x z", "y")), "input 'z' of A 'A_0' is defined nowhere" },
        { Protos.Graph(Protos.Node("A", "x", "z")), "graph output 'y' is defined nowhere" },
        { Protos.Graph(Protos.Node("A", "x", "y"), Protos.Node("B", "x", "y")), "'y' is defined twice" },
        { Protos.Graph(Protos.Node("A", "x", "x y")), "'x' is defined twice" },
        { Protos.Graph(Protos.Node("", "x", "y")), "node '_0' has no operator" },
        { Protos.Graph(Protos.Node("A", "x", "y", Protos.Int("k", 1), Protos.Int("k", 1))), "attribute 'k' of A 'A_0' is given twice" },
        { Protos.Graph(Protos.Node("A", "x", "y", new AttributeProto { Name = "t", Type = AttributeType.Tensor })), "attribute 't' of A 'A_0' is a tensor without content" },
        { Protos.Graph(Protos.Node("A", "x", "y", new AttributeProto { Name = "g", Type = AttributeType.Graph })), "attribute 'g' of A 'A_0' is a graph without content" },
        { Protos.Graph(Protos.Node("Constant", "", "y", Protos.Int("value_int", 1)), Protos.Node("Constant", "", "y", Protos.Int("value_int", 1))), "'y' is defined twice" },
        { Protos.Graph(Protos.Node("Constant", "", "y", Protos.Int("value", 1))), "attribute 'value' of Constant 'Constant_0' is not a tensor" },
    };

    [Theory]
    [MemberData(nameof(Broken), DisableDiscoveryEnumeration = true)]
    public void GraphsThatContradictThemselvesAreRefused(IMessage graph, string message) =>
        Assert.Equal(message, Protos.Refusal((GraphProto)graph));

    [Fact]
    public void DoubleAndSparseInitializersAreRefused()
    {
        var graph = Protos.Graph(Protos.Node("A", "x", "y"));
        graph.Initializer.Add(Protos.Floats("w", [1], 1));
        graph.Initializer.Add(Protos.Floats("w", [1], 1));
        Assert.Equal("initializer 'w' is given twice", Protos.Refusal(graph));
        graph.Initializer.Clear();
        graph.SparseInitializer.Add(new SparseTensorProto { Values = Protos.Floats("s", [1], 1) });
        Assert.Equal("initializer 's' is sparse, which is not supported", Protos.Refusal(graph));
    }

    [Fact]
    public void WhatIsNoModelIsRefused()
    {
        Assert.Equal("the file holds no graph, so it is not an ONNX model", Assert.Throws<OnnxFormatException>(() => OnnxModel.Parse([])).Message);
        var exception = Assert.Throws<OnnxFormatException>(() => OnnxModel.Parse("not a model"u8.ToArray()));
        Assert.StartsWith("the file is damaged, or no ONNX model", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CutsAndFlippedBitsNeverEscape()
    {
        var graph = Protos.Graph(
            Protos.Node("Constant", "", "c", Protos.Tensor("value", Protos.Floats("", [1, 2], 2))),
            Protos.Node("If", "x", "t", Protos.Subgraph("then_branch", new GraphProto { Output = { Protos.Value("c") } })),
            Protos.Node("Add", "t w", "y", Protos.Int("k", 300)));
        graph.Initializer.Add(new TensorProto { Name = "w", DataType = DataType.Int16, Dims = { 2 }, RawData = ByteString.CopyFrom(1, 0, 2, 0) });
        var file = Protos.Model(graph).ToByteArray();
        var random = new Random(5);
        var refused = 0;
        for (var round = 0; round < 5000; round++)
        {
            var copy = (byte[])file.Clone();
            copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
            copy = round < file.Length ? file[..round] : copy;
            var exception = Record.Exception(() => OnnxModel.Parse(copy));
            Assert.True(exception is null or OnnxFormatException, $"round {round}: {exception}");
            refused += exception is null ? 0 : 1;
        }

        Assert.InRange(refused, file.Length, 5000);
    }
}
