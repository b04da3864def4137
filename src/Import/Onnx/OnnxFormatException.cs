namespace SparseDsl.Import.Onnx;

/// <summary>
/// An ONNX file is damaged, contradicts itself, or holds data this library cannot represent.
/// <see cref="Exception.Message"/> is one lower-case sentence without a full stop that names the node or tensor;
/// whoever opened the file adds its path.
/// </summary>
public sealed class OnnxFormatException : Exception
{
    /// <summary>A fault described by a message.</summary>
    /// <param name="message">What is wrong: lower case, one sentence, no full stop.</param>
    /// <param name="inner">What was caught, if anything.</param>
    public OnnxFormatException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
