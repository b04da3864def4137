using SparseDsl.Examples.Ocr;
using SparseDsl.Tests;
using SparseDsl.TestSupport;

namespace SparseDsl.Ocr.Tests;

/// <summary>The pipeline over our own imported and compiled networks reads what it reads over ONNX Runtime.</summary>
public sealed class SparsePipelineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sparsedsl-ocr").FullName;
    private readonly List<IDisposable> _networks = [];

    [Theory]
    [InlineData("page.png")]
    [InlineData("line.png")]
    public void Pictures_are_read_as_over_ONNX_Runtime(string picture)
    {
        var image = ImageFile.Load(Repository.PathOf("examples/ocr/" + picture));
        var expected = Reader(Peer).Read(image);
        var actual = Reader(Ours).Read(image);
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Select(line => line.Text), actual.Select(line => line.Text));
        foreach (var (peer, ours) in expected.Zip(actual).SelectMany(lines => lines.First.Pieces.Zip(lines.Second.Pieces)))
        {
            Assert.Equal(peer.Confidence, ours.Confidence, 1e-3f);
        }
    }

    // One compiled network, several sizes, the first again at the end.
    [Theory]
    [InlineData("cls", "48x192", 1e-4f)]
    [InlineData("rec", "48x320 48x640 48x352 48x320", 1e-3f)]
    [InlineData("det", "64x96 320x256 64x96", 1e-3f)]
    public void Networks_agree_at_every_size(string name, string sizes, float tolerance)
    {
        var (peer, ours) = (Peer(name), Ours(name));
        var random = new Random(1);
        foreach (var size in sizes.Split(' '))
        {
            int[] shape = [1, 3, .. size.Split('x').Select(int.Parse)];
            var input = new Tensor(shape, [.. Enumerable.Range(0, 3 * shape[2] * shape[3]).Select(_ => (float)(2 * random.NextDouble() - 1))]);
            var (expected, actual) = (peer.Run(input), ours.Run(input));
            Assert.Equal(expected.Shape, actual.Shape);
            var difference = expected.Values.Zip(actual.Values, (a, b) => MathF.Abs(a - b)).Max();
            Assert.True(difference <= tolerance, $"{name} {size} differs by {difference}");
        }
    }

    public void Dispose()
    {
        _networks.ForEach(network => network.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    private static OcrReader Reader(Func<string, INetwork> network) =>
        OcrReader.Create(network("det"), network("cls"), network("rec"), CtcDecoder.FromKeys(ModelFiles.Require("ocr/keys.txt")));

    private OrtNetwork Peer(string name)
    {
        var model = new OrtModel(ModelFiles.Require($"ocr/{name}.onnx"));
        _networks.Add(model);
        return new OrtNetwork(model);
    }

    private SparseNetwork Ours(string name)
    {
        var network = SparseNetwork.Load(NetworkImporter.Ensure(ModelFiles.Require($"ocr/{name}.onnx"), _folder), threads: 2);
        _networks.Add(network);
        return network;
    }
}
