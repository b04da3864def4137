using SparseDsl.Pruning.Graphs;

namespace SparseDsl.Pruning.Methods;

/// <summary>Takes rows of inputs from places of a layer's output that depend on the seed, the layer and the sample alone.</summary>
internal sealed class RowSampler(IReadOnlyList<CalibrationSample> samples, int rows, ulong seed)
{
    /// <summary>Fewest rows for each input of a layer: what is fitted must be much less than what it is fitted to.</summary>
    private const int RowsPerInput = 4;

    /// <summary>Room for all rows of a layer.</summary>
    public LayerRows Room(PrunableLayer layer) =>
        LayerRows.For(layer.Uses.Sum(use => samples.Sum(s => checked((int)Math.Min(Quota(layer), use.Patches.Positions(n => s.Dims[n]))))), layer.Inputs);

    /// <summary>Adds the rows of one sample, which the network has just been run on.</summary>
    public void Take(PrunableLayer layer, int layerNumber, int sample, TappedNetwork network, LayerRows into)
    {
        var dims = samples[sample].Dims;
        for (var u = 0; u < layer.Uses.Length; u++)
        {
            var use = layer.Uses[u];
            int[] shape = [.. use.Input.Type.Shape.Select(d => (int)d.Evaluate(n => dims[n]))];
            var positions = Positions(use.Patches.Positions(n => dims[n]), Quota(layer), Mix(seed, (ulong)layerNumber, (ulong)sample, (ulong)u));
            use.Patches.Gather(network.Tap(use.Input), shape, n => dims[n], positions, _ => into.Next());
        }
    }

    private int Quota(PrunableLayer layer) =>
        Math.Max(1, (Math.Max(rows, RowsPerInput * layer.Inputs) + (samples.Count * layer.Uses.Length) - 1) / (samples.Count * layer.Uses.Length));

    // One place in each of as many equal parts, so that all of a picture is seen.
    private static long[] Positions(long available, int wanted, ulong state)
    {
        if (available <= wanted)
        {
            return [.. Enumerable.Range(0, (int)available).Select(i => (long)i)];
        }

        var positions = new long[wanted];
        for (var i = 0; i < wanted; i++)
        {
            var (begin, end) = (available * i / wanted, available * (i + 1) / wanted);
            positions[i] = begin + (long)(Next(ref state) % (ulong)(end - begin));
        }

        return positions;
    }

    private static ulong Mix(params ulong[] parts)
    {
        var state = 0UL;
        foreach (var part in parts)
        {
            state ^= part;
            state = Next(ref state);
        }

        return state;
    }

    // SplitMix64 (Steele, Lea and Flood 2014): the same numbers on every version of the framework.
    private static ulong Next(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
