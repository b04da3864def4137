namespace SparseDsl.Import.Data;

/// <summary>
/// A data file (npy, npz or safetensors) is not what its format asks for, or holds something this library cannot
/// represent. <see cref="Exception.Message"/> is one lower-case sentence without a full stop that already names the
/// tensor and the place; whoever opened the file adds its path.
/// </summary>
public sealed class DataFormatException : Exception
{
    /// <summary>A fault at a place.</summary>
    /// <param name="problem">What is wrong: lower case, one sentence, no full stop.</param>
    /// <param name="tensor">The tensor concerned, or null when the file as a whole is.</param>
    /// <param name="offset">Byte offset into the file (into the member, for an archive), or null when there is none to give.</param>
    /// <param name="inner">What was caught, if anything.</param>
    public DataFormatException(string problem, string? tensor = null, long? offset = null, Exception? inner = null)
        : base(Compose(problem, tensor, offset), inner)
    {
        Problem = problem;
        Tensor = tensor;
        Offset = offset;
    }

    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; }

    /// <summary>The tensor concerned, or null when the file as a whole is.</summary>
    public string? Tensor { get; }

    /// <summary>Byte offset into the file (into the member, for an archive), or null.</summary>
    public long? Offset { get; }

    /// <summary>Whether the file is as its format asks for, and holds what this library cannot represent.</summary>
    public bool IsUnsupported { get; init; }

    private static string Compose(string problem, string? tensor, long? offset) =>
        (tensor is null ? "" : $"tensor '{tensor}': ") + problem + (offset is null ? "" : FormattableString.Invariant($" (at byte {offset})"));
}
