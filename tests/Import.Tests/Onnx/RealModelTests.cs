using Microsoft.ML.OnnxRuntime;
using SparseDsl.Import.Onnx;

namespace SparseDsl.Import.Tests.Onnx;

/// <summary>The networks of scripts/fetch-models, against what ONNX Runtime says about the same files.</summary>
public class RealModelTests
{
    // Opset, nodes (subgraphs included) left once Constant nodes are initializers, and Constant nodes of the main graph at
    // least; counted with another reader of the format.
    [Theory]
    [InlineData("ocr/cls.onnx", 9, 221, 250)]
    [InlineData("ocr/rec.onnx", 9, 440, 325)]
    [InlineData("ocr/det.onnx", 11, 330, 342)]
    [InlineData("oww/embedding.onnx", 13, 65, 0)]
    [InlineData("oww/melspectrogram.onnx", 13, 20, 9)]
    [InlineData("oww/alexa.onnx", 13, 7, 0)]
    [InlineData("oww/hey_jarvis.onnx", 13, 54, 0)]
    [InlineData("vad/silero_v5.onnx", 16, 348, 0)]
    [InlineData("vad/silero_legacy.onnx", 16, 250, 0)]
    public void IsReadAsOnnxRuntimeReadsIt(string file, long opset, int nodes, int constants)
    {
        var path = SparseDsl.Tests.Repository.PathOf("models/" + file);
        Assert.SkipUnless(File.Exists(path), "run scripts/fetch-models --all first");
        var model = OnnxModel.Load(path);
        Assert.Equal(opset, model.Opset);
        Assert.Equal(nodes, CountNodes(model.Graph));
        Assert.True(model.Graph.Initializers.Count >= constants);

        using var session = new InferenceSession(path);
        AssertSame(session.InputMetadata, model.Graph.Inputs);
        AssertSame(session.OutputMetadata, model.Graph.Outputs);
    }

    [Fact]
    public void DamageToARealFileNeverEscapes()
    {
        var path = SparseDsl.Tests.Repository.PathOf("models/oww/hey_jarvis.onnx");
        Assert.SkipUnless(File.Exists(path), "run scripts/fetch-models first");
        var file = File.ReadAllBytes(path);
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var copy = round % 2 == 0 ? file[..random.Next(file.Length)] : (byte[])file.Clone();
            copy[random.Next(Math.Min(copy.Length, 4000))] ^= (byte)(1 << random.Next(8));
            var exception = Record.Exception(() => OnnxModel.Parse(copy));
            Assert.True(exception is null or OnnxFormatException, exception?.ToString());
        }
    }

    private static int CountNodes(OnnxGraph graph) =>
        graph.Nodes.Length + graph.Nodes.SelectMany(node => node.Subgraphs).Sum(CountNodes);

    private static void AssertSame(IReadOnlyDictionary<string, NodeMetadata> expected, IEnumerable<OnnxValue> actual)
    {
        Assert.Equal(expected.Keys, actual.Select(v => v.Name));
        foreach (var value in actual.Where(v => v.Shape is not null))
        {
            var dimensions = value.Shape!.Value.Select(d => (int)(d.Size ?? -1));
            Assert.Equal(expected[value.Name].Dimensions, dimensions);
        }
    }
}
