using SparseDsl.Measurement;
using SparseDsl.Runtime;

namespace SparseDsl.Benchmarks;

/// <summary>A product computed by a native library, over several copies of everything in turn, so that its data are not in a cache more often than ours.</summary>
internal abstract unsafe class RotatedProduct : IEngine
{
    // XNNPACK reads a little beyond the input.
    private const int Padding = 64;

    private readonly SparseProduct product;
    private readonly List<(AlignedBuffer Input, AlignedBuffer Output, nint Weight)> copies = [];
    private int current;

    /// <param name="name">In tables and JSON.</param>
    /// <param name="product">What is computed.</param>
    protected RotatedProduct(string name, SparseProduct product) => (Name, this.product) = (name, product);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public void BeginTurn()
    {
        // Every call takes another copy.
    }

    /// <inheritdoc/>
    public void Invoke()
    {
        current = current + 1 == copies.Count ? 0 : current + 1;
        var (input, output, weight) = copies[current];
        Compute(weight, (float*)input.Pointer, (float*)output.Pointer);
    }

    /// <inheritdoc/>
    public float[] ReadOutput() => copies[current].Output.AsSpan<float>().ToArray();

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        foreach (var (input, output, weight) in copies)
        {
            Free(weight);
            input.Dispose();
            output.Dispose();
        }

        copies.Clear();
    }

    /// <summary>Makes copies of weight, input and output: the last thing that a constructor does.</summary>
    protected void Prepare(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var input = new AlignedBuffer((product.Input.Length * sizeof(float)) + Padding);
            var output = new AlignedBuffer(product.Rows * product.Columns * sizeof(float));
            product.Input.CopyTo(input.AsSpan<float>());
            copies.Add((input, output, Pack()));
            Place(copies[^1].Weight, (float*)input.Pointer, (float*)output.Pointer);
        }
    }

    /// <summary>Makes a copy of the weight, and gives the library's handle of it.</summary>
    protected abstract nint Pack();

    /// <summary>Tells the library where a copy's input and output are, if it wants to know beforehand.</summary>
    protected virtual void Place(nint weight, float* input, float* output)
    {
    }

    /// <summary>Computes once.</summary>
    protected abstract void Compute(nint weight, float* input, float* output);

    /// <summary>Frees a copy of the weight.</summary>
    protected abstract void Free(nint weight);
}
