using Google.Protobuf;
using SparseDsl.Import.Onnx;
using static SparseDsl.Import.Tests.Onnx.Protos;

namespace SparseDsl.Import.Tests.Onnx;

/// <summary>Files that are cut off, changed or no networks at all: a sentence about the file, or an import with diagnostics; never another exception.</summary>
public sealed class DamagedModelTests
{
    // A convolution, its normalisation, a shape that is computed, and a product: something of everything the importer reads.
    private static byte[] Network()
    {
        var graph = Graph(
            Node("Conv", "x w", "a", Ints("pads", 1, 1, 1, 1), Ints("strides", 1, 1), Ints("kernel_shape", 3, 3)),
            Node("BatchNormalization", "a g b m v", "c", Float("epsilon", 1e-5f)), Node("Clip", "c lo hi", "d"), Node("MaxPool", "d", "p", Ints("kernel_shape", 2, 2), Ints("strides", 2, 2)),
            Node("Shape", "p", "s"), Node("Gather", "s zero", "n"), Node("Concat", "n minus", "t", Int("axis", 0)), Node("Reshape", "p t", "f"),
            Node("Slice", "f from to axes", "k"), Node("Gemm", "k q r", "h", Int("transB", 1)), Node("Softmax", "h", "y", Int("axis", -1)));
        graph.Input.Clear();
        graph.Input.Add(Value("x", 1, 2, 4, 4));
        graph.Initializer.AddRange(
        [
            Floats("w", new float[36], 2, 2, 3, 3), Floats("g", [1, 1], 2), Floats("b", [0, 0], 2), Floats("m", [0, 0], 2), Floats("v", [1, 1], 2), Floats("lo", [0]), Floats("hi", [6]),
            Integers("zero", 0), Integers("minus", -1), Integers("from", 0), Integers("to", 6), Integers("axes", 1), Floats("q", new float[12], 2, 6), Floats("r", [0, 1], 2),
        ]);
        return Model(graph).ToByteArray();
    }

    [Fact]
    public void The_whole_file_is_imported()
    {
        var result = OnnxImporter.Import(OnnxModel.Parse(Network()), "net");
        Assert.Empty(result.Diagnostics);
        ImportedModel.Compile(result).Dispose();
    }

    [Fact]
    public void Cut_off_anywhere()
    {
        var file = Network();
        for (var length = 0; length < file.Length; length++)
        {
            Survive(file[..length], $"cut off at {length}");
        }
    }

    [Fact]
    public void Any_byte_changed()
    {
        var file = Network();
        var random = new Random(11);
        for (var position = 0; position < file.Length; position++)
        {
            foreach (var value in new[] { (byte)0, (byte)(file[position] ^ 0x80), (byte)random.Next(256) })
            {
                var copy = (byte[])file.Clone();
                copy[position] = value;
                Survive(copy, $"byte {position} is {value}");
            }
        }
    }

    [Fact]
    public void Random_bytes()
    {
        var random = new Random(12);
        for (var round = 0; round < 500; round++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            Survive(bytes, $"round {round}");
        }
    }

    private static void Survive(byte[] file, string what)
    {
        try
        {
            var result = OnnxImporter.Import(OnnxModel.Parse(file), "net");
            Assert.True(result.Dsl.Length > 0 || result.Diagnostics.Length > 0, $"{what}: neither a program nor a diagnostic");
        }
        catch (OnnxFormatException problem)
        {
            Assert.NotEqual("", problem.Message);
        }
        catch (Exception problem) when (problem is not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"{what}: {problem}");
        }
    }
}
