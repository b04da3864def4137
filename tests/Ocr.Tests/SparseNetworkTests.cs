using SparseDsl.Compiler.Data;
using SparseDsl.Examples.Ocr;
using SparseDsl.Import.Data;

namespace SparseDsl.Ocr.Tests;

/// <summary>A program and its weights on disk become a network of the pipeline.</summary>
public sealed class SparseNetworkTests : IDisposable
{
    private const string Doubling = """
        module scaling

        model Scaling(H: dim 1..64, W: dim 1..64) {
            input x: f32[1, 3, H, W]
            param factor: f32[1]
            output y: f32[1, 3, H, W] = x * factor
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("sparsedsl-ocr").FullName;

    private string Program => Path.Combine(_folder, "net.dsl");

    [Fact]
    public void One_compiled_network_takes_pictures_of_any_size()
    {
        Write(Doubling, TensorData.FromFloats([2], 1));
        using var network = SparseNetwork.Load(Program);
        foreach (var (height, width) in new[] { (2, 5), (7, 3), (2, 5), (64, 64) })
        {
            var input = new Tensor([1, 3, height, width], [.. Enumerable.Range(0, 3 * height * width).Select(i => i * 0.5f)]);
            var output = network.Run(input);
            Assert.Equal(input.Shape, output.Shape);
            Assert.Equal([.. input.Values.Select(x => 2 * x)], output.Values);
        }
    }

    [Fact]
    public void Results_of_earlier_calls_stay()
    {
        Write(Doubling, TensorData.FromFloats([2], 1));
        using var network = SparseNetwork.Load(Program, threads: 2);
        var first = network.Run(new Tensor([1, 3, 1, 1], [1, 2, 3]));
        network.Run(new Tensor([1, 3, 1, 1], [7, 8, 9]));
        Assert.Equal([2f, 4, 6], first.Values);
    }

    [Theory]
    [InlineData(1, 4, 8, 8)]
    [InlineData(1, 3, 8, 65)]
    public void A_tensor_that_does_not_fit_is_refused(params int[] shape)
    {
        Write(Doubling, TensorData.FromFloats([2], 1));
        using var network = SparseNetwork.Load(Program);
        Assert.Throws<InvalidDataException>(() => network.Run(new Tensor(shape, new float[shape.Aggregate((a, b) => a * b)])));
    }

    [Fact]
    public void A_mistake_in_the_program_is_told_with_its_place()
    {
        Write(Doubling.Replace("x * factor", "x * facto", StringComparison.Ordinal), TensorData.FromFloats([2], 1));
        var message = Assert.Throws<InvalidDataException>(() => SparseNetwork.Load(Program)).Message;
        Assert.StartsWith($"{Program}:6:", message, StringComparison.Ordinal);
        Assert.Contains("facto", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_another_network_are_told()
    {
        Write(Doubling, TensorData.FromFloats([2, 3], 2));
        Assert.Contains("f32[2]", Assert.Throws<InvalidDataException>(() => SparseNetwork.Load(Program)).Message, StringComparison.Ordinal);
        Write(Doubling, TensorData.FromFloats([2], 1), "other");
        Assert.Contains("'factor'", Assert.Throws<InvalidDataException>(() => SparseNetwork.Load(Program)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_weights_are_told()
    {
        Write(Doubling, TensorData.FromFloats([2], 1));
        File.WriteAllText(Path.ChangeExtension(Program, ".safetensors"), "no tensors");
        Assert.Contains("net.safetensors", Assert.Throws<InvalidDataException>(() => SparseNetwork.Load(Program)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(string program, TensorData factor, string name = "factor")
    {
        File.WriteAllText(Program, program);
        TensorFiles.Write(Path.ChangeExtension(Program, ".safetensors"), new Dictionary<string, TensorData> { [name] = factor });
    }
}
