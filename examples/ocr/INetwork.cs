namespace SparseDsl.Examples.Ocr;

/// <summary>
/// A network with one input and one output, whatever runs it. The pipeline needs nothing else from an engine, so
/// it reads the same text over a compiled model as over another engine's.
/// </summary>
public interface INetwork
{
    /// <summary>Runs the network once.</summary>
    /// <param name="input">A batch of one image: 1 × 3 × height × width, normalised as the network was trained.</param>
    Tensor Run(Tensor input);
}
