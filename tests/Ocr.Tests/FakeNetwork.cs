using SparseDsl.Examples.Ocr;

namespace SparseDsl.Ocr.Tests;

/// <summary>A network that is a plain function, and remembers what it was given.</summary>
internal sealed class FakeNetwork(Func<Tensor, Tensor> function) : INetwork
{
    public List<Tensor> Inputs { get; } = [];

    public Tensor Run(Tensor input)
    {
        Inputs.Add(input);
        return function(input);
    }
}
