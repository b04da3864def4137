using SparseDsl.Backends.Hosting;

namespace SparseDsl.Measurement;

/// <summary>A compiled model, or several copies of one whose weights and tensors are apart in memory, used in turn: caches then hold what they hold in a network.</summary>
/// <param name="name">In tables.</param>
/// <param name="copies">At least one, bound; this object owns them.</param>
/// <param name="threads">Threads of a call.</param>
public sealed class CompiledEngine(string name, IReadOnlyList<CompiledModel> copies, int threads) : IEngine
{
    private int current;

    /// <inheritdoc/>
    public string Name { get; } = name;

    /// <inheritdoc/>
    public void BeginTurn()
    {
        // Each copy has threads of its own: within a turn only one copy's may be awake.
        if (threads > 1)
        {
            Advance();
        }
    }

    /// <inheritdoc/>
    public void Invoke()
    {
        if (threads == 1)
        {
            Advance();
        }

        copies[current].Invoke();
    }

    /// <inheritdoc/>
    public float[] ReadOutput()
    {
        var model = copies[current];
        return model.ReadOutputs()[model.Outputs.First().Name].ToFloats();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var copy in copies)
        {
            copy.Dispose();
        }
    }

    private void Advance() => current = current + 1 == copies.Count ? 0 : current + 1;
}
