using SparseDsl.Compiler.Data;
using SparseDsl.Import.Data;

namespace SparseDsl.Import.Tests.Data;

public sealed class TensorFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sparsedsl").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("x.npy")]
    [InlineData("x.npz")]
    [InlineData("x.SAFETENSORS")]
    public void TheExtensionNamesTheFormat(string file)
    {
        var path = Path.Combine(_folder, file);
        Assert.True(TensorFiles.IsKnown(path));
        TensorFiles.Write(path, new Dictionary<string, TensorData> { ["x"] = TensorData.FromFloats([1, 2], 2) });
        var (name, tensor) = Assert.Single(TensorFiles.Read(path));
        Assert.Equal("x", name);
        Assert.Equal([1f, 2], tensor.ToFloats());
    }

    [Fact]
    public void AnotherExtensionIsRefused()
    {
        Assert.False(TensorFiles.IsKnown("x.pt"));
        var exception = Assert.Throws<DataFormatException>(() => TensorFiles.Read("x.pt"));
        Assert.Equal("'.pt' is not an extension of tensor files: use .npy, .npz or .safetensors", exception.Message);
    }

    [Fact]
    public void AnNpyFileTakesOneTensor()
    {
        var tensors = new Dictionary<string, TensorData> { ["a"] = TensorData.FromFloats([1]), ["b"] = TensorData.FromFloats([2]) };
        Assert.Throws<DataFormatException>(() => TensorFiles.Write(Path.Combine(_folder, "x.npy"), tensors));
    }

    [Fact]
    public void AMissingFileIsAnIoException() =>
        Assert.ThrowsAny<IOException>(() => TensorFiles.Read(Path.Combine(_folder, "none.npz")));
}
