using SparseDsl.Examples.Ocr;
using SparseDsl.TestSupport;

namespace SparseDsl.Ocr.Tests;

/// <summary>A network of the pipeline, run by ONNX Runtime.</summary>
internal sealed class OrtNetwork(OrtModel model) : INetwork
{
    public Tensor Run(Tensor input)
    {
        var output = model.Run(input.Shape, input.Values);
        return new Tensor([.. output.Shape], output.Floats);
    }
}
