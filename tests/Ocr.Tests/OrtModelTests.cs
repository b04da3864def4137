using System.Text;
using SparseDsl.TestSupport;

namespace SparseDsl.Ocr.Tests;

/// <summary>The harness around ONNX Runtime, on models of a node or two written here byte by byte.</summary>
public class OrtModelTests
{
    public static TheoryData<int, Array> ElementTypes => new()
    {
        { 1, new[] { 1.5f, -2f } },
        { 2, new byte[] { 1, 255 } },
        { 3, new sbyte[] { 1, -128 } },
        { 6, new[] { 1, int.MinValue } },
        { 7, new[] { 1, long.MinValue } },
        { 9, new[] { true, false } },
        { 10, new[] { (Half)1.5f, (Half)(-2f) } },
        { 11, new[] { 1.5, -2.0 } },
    };

    [Theory]
    [MemberData(nameof(ElementTypes))]
    public void Every_element_type_goes_in_and_out(int elementType, Array values)
    {
        using var model = new OrtModel(Model([Node("Identity", ["x"], "y")], [Value("x", elementType)], [Value("y", elementType)]));
        var output = model.Run(new Dictionary<string, OrtTensor> { ["x"] = new([2], values) })["y"];
        Assert.Equal([2], output.Shape);
        Assert.Equal(values.GetType(), output.Values.GetType());
        Assert.Equal(values, output.Values);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Inputs_and_outputs_go_by_name_and_not_by_order(bool optimize)
    {
        byte[][] nodes = [Node("Sub", ["a", "b"], "difference"), Node("Add", ["a", "b"], "sum")];
        var bytes = Model(nodes, [Value("a", 7), Value("b", 7)], [Value("sum", 7), Value("difference", 7)]);
        using var model = new OrtModel(bytes, optimize: optimize);
        Assert.Equal(["a", "b"], model.InputNames);
        Assert.Equal(["sum", "difference"], model.OutputNames);
        Assert.Equal([2], model.InputShape("a"));
        var outputs = model.Run(new Dictionary<string, OrtTensor>
        {
            ["b"] = new([2], new long[] { 3, 4 }),
            ["a"] = new([2], new long[] { 10, 20 }),
        });
        Assert.Equal([7, 16], outputs["difference"].Longs);
        Assert.Equal([13, 24], outputs["sum"].Longs);
        Assert.Throws<InvalidOperationException>(() => outputs["sum"].Floats);
    }

    // The messages of onnx.proto, as far as they are needed: field numbers are in the order of the calls.
    private static byte[] Model(byte[][] nodes, byte[][] inputs, byte[][] outputs)
    {
        byte[] graph =
        [
            .. nodes.SelectMany(node => Field(1, node)), .. Field(2, "graph"),
            .. inputs.SelectMany(input => Field(11, input)), .. outputs.SelectMany(output => Field(12, output)),
        ];
        const int irVersion = 8;
        const int opset = 13;
        return [.. Field(1, irVersion), .. Field(7, graph), .. Field(8, Field(2, opset))];
    }

    private static byte[] Node(string type, string[] inputs, string output) =>
        [.. inputs.SelectMany(input => Field(1, input)), .. Field(2, output), .. Field(4, type)];

    // A vector of two elements.
    private static byte[] Value(string name, int elementType)
    {
        var shape = Field(1, Field(1, 2));
        var tensorType = Field(1, [.. Field(1, elementType), .. Field(2, shape)]);
        return [.. Field(1, name), .. Field(2, tensorType)];
    }

    private static byte[] Field(int number, int value) => [(byte)(number << 3), (byte)value];

    private static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int number, byte[] content)
    {
        Assert.InRange(content.Length, 0, 127 * 128);
        return [(byte)(number << 3 | 2), (byte)(content.Length & 127 | 128), (byte)(content.Length >> 7), .. content];
    }
}
