namespace SparseDsl.Examples.Ocr.Evaluation;

/// <summary>Stands for a network and keeps what it is given.</summary>
/// <param name="answer">A tensor of a shape that the caller accepts.</param>
internal sealed class CaptureNetwork(Func<Tensor, Tensor> answer) : INetwork
{
    /// <summary>The inputs so far.</summary>
    public List<Tensor> Inputs { get; } = [];

    /// <inheritdoc/>
    public Tensor Run(Tensor input)
    {
        Inputs.Add(input);
        return answer(input);
    }
}
