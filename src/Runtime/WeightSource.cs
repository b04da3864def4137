namespace SparseDsl.Runtime;

/// <summary>An array of packed weights in memory.</summary>
/// <param name="Address">The first byte, a multiple of 64.</param>
/// <param name="ByteLength">Number of bytes.</param>
/// <param name="Element">Type of an element: <c>f32</c>.</param>
public readonly record struct WeightArray(nint Address, long ByteLength, string Element);

/// <summary>Where a model takes its packed weights from: a file, or memory.</summary>
public abstract unsafe class WeightSource : IDisposable
{
    /// <summary>The hash of the model the weights were packed for; null fits every model.</summary>
    public abstract string? ModelHash { get; }

    /// <summary>What the source is, for messages: <c>the weight file 'model.weights'</c>.</summary>
    public abstract string Description { get; }

    /// <summary>The array with a name.</summary>
    public abstract bool TryFind(string name, out WeightArray array);

    /// <summary>Checks that the weights were packed for a model.</summary>
    /// <exception cref="ModelException">They were packed for another.</exception>
    public void Require(string modelHash)
    {
        if (ModelHash is { } hash && hash != modelHash)
        {
            throw new ModelException($"{Description} was packed for another model: its hash is {hash}, the model's is {modelHash}");
        }
    }

    /// <summary>The first byte of an array of known length.</summary>
    /// <exception cref="ModelException">It is missing, or of another type or length.</exception>
    public byte* Bind(string name, string element, int elementSize, long count)
    {
        var pointer = Bind(name, element, elementSize, out var found);
        return found == count ? pointer : throw new ModelException($"the weight '{name}' has {found} elements in {Description}, not {count}");
    }

    /// <summary>The first byte of an array whose length the data decides.</summary>
    /// <exception cref="ModelException">It is missing, of another type, or has 2^31 elements or more.</exception>
    public byte* Bind(string name, string element, int elementSize, out int count)
    {
        if (!TryFind(name, out var array))
        {
            throw new ModelException($"the weight '{name}' is missing in {Description}");
        }

        if (array.Element != element)
        {
            throw new ModelException($"the weight '{name}' is {array.Element} in {Description}, not {element}");
        }

        if (array.ByteLength / elementSize > int.MaxValue)
        {
            throw new ModelException($"the weight '{name}' has more than 2^31 - 1 elements");
        }

        count = (int)(array.ByteLength / elementSize);
        return (byte*)array.Address;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the source holds.</summary>
    protected abstract void Dispose(bool disposing);
}
