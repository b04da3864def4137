namespace SparseDsl.Runtime;

/// <summary>An array of packed weights in memory.</summary>
/// <param name="Address">The first byte; a multiple of 64, except in resources of assemblies.</param>
/// <param name="ByteLength">Number of bytes.</param>
/// <param name="Element">Type of an element: <c>f32</c>.</param>
public readonly record struct WeightArray(nint Address, long ByteLength, string Element);

/// <summary>Where a model takes its packed weights from: a file, or memory.</summary>
/// <remarks>
/// Models hold on to their source: memory is freed when the source and every model over it have been disposed of, in any order. From then on every member
/// but <see cref="Description"/> and <see cref="Dispose()"/> throws an <see cref="ObjectDisposedException"/>.
/// </remarks>
public abstract unsafe class WeightSource : IDisposable
{
    private int _holders = 1;
    private int _disposed;

    /// <summary>The hash of the model the weights were packed for; null fits every model.</summary>
    public abstract string? ModelHash { get; }

    /// <summary>The name of the model the weights were packed for; null when it is not known.</summary>
    public abstract string? Model { get; }

    /// <summary>What the source is, for messages: <c>the weight file 'model.weights'</c>.</summary>
    public abstract string Description { get; }

    /// <summary>The array with a name.</summary>
    public abstract bool TryFind(string name, out WeightArray array);

    /// <summary>Checks that the weights were packed for a model as it was compiled.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="modelHash">Identifies the layout of its weights.</param>
    /// <exception cref="ModelException">They were packed for another model, or for another version of it.</exception>
    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    public void Require(string model, string modelHash)
    {
        ThrowIfFreed();
        if (ModelHash is not { } hash || hash == modelHash)
        {
            return;
        }

        throw new ModelException(Model is { } found && found != model
            ? $"{Description} was packed for the model '{found}', not for '{model}'"
            : $"{Description} was packed for another version of the model '{model}': its layout is {hash[..12]}, the class has {modelHash[..12]}; build the program and pack the weights from the same source");
    }

    /// <summary>The first byte of an array of known length.</summary>
    /// <remarks>Valid for as long as somebody holds the source.</remarks>
    /// <exception cref="ModelException">It is missing, or of another type or length.</exception>
    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    public byte* Bind(string name, string element, int elementSize, long count)
    {
        var pointer = Bind(name, element, elementSize, out var found);
        return found == count ? pointer : throw new ModelException($"the weight '{name}' has {found} elements in {Description}, not {count}");
    }

    /// <summary>The first byte of an array whose length the data decides.</summary>
    /// <remarks>Valid for as long as somebody holds the source.</remarks>
    /// <exception cref="ModelException">It is missing, of another type, or has 2^31 elements or more.</exception>
    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    public byte* Bind(string name, string element, int elementSize, out int count)
    {
        ThrowIfFreed();
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

    /// <summary>Frees the memory, or leaves that to the last model that uses it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Release();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Keeps the memory until <see cref="Release"/>.</summary>
    internal void Retain()
    {
        // A source whose last holder is gone cannot come back.
        for (var holders = Volatile.Read(ref _holders); ;)
        {
            ObjectDisposedException.ThrowIf(holders == 0, this);
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
            {
                return;
            }

            holders = seen;
        }
    }

    /// <summary>Undoes <see cref="Retain"/>.</summary>
    internal void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            Dispose(true);
        }
    }

    /// <summary>Refuses to go on when the last holder has let go.</summary>
    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    protected void ThrowIfFreed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _holders) == 0, this);

    /// <summary>Frees what the source holds.</summary>
    protected abstract void Dispose(bool disposing);
}
