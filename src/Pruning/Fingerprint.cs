using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;

namespace SparseDsl.Pruning;

/// <summary>Names a result by everything it depends on.</summary>
internal sealed class Fingerprint
{
    // Raised when results change for equal inputs.
    private const string Version = "1";

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public Fingerprint(
        Graph graph, IReadOnlyDictionary<string, TensorData> weights, IReadOnlyList<CalibrationSample> samples, PruningOptions options, IEnumerable<string> layers)
    {
        Add(Version);
        Add(GraphPrinter.Print(graph));
        foreach (var (path, tensor) in weights.OrderBy(w => w.Key, StringComparer.Ordinal))
        {
            Add(path, tensor);
        }

        foreach (var (name, tensor) in samples.SelectMany(s => s.Inputs.OrderBy(i => i.Key, StringComparer.Ordinal)))
        {
            Add(name, tensor);
        }

        Add(string.Create(CultureInfo.InvariantCulture, $"{options.Method} {options.Steps} {options.Rows} {options.Damping:R} {options.WandaByLayer} {options.Seed}"));
        Add(string.Join("\n", layers));
    }

    /// <summary>Adds something results depend on from now on.</summary>
    public void Add(string text)
    {
        _hash.AppendData(Encoding.UTF8.GetBytes(text));
        _hash.AppendData([0]);
    }

    /// <summary>The name of the result of one layer.</summary>
    public string Key(int layer) => Key(layer.ToString("000", CultureInfo.InvariantCulture));

    /// <summary>The name of some result.</summary>
    public string Key(string what) => Convert.ToHexStringLower(_hash.GetCurrentHash().AsSpan(0, 8)) + "-" + what;

    private void Add(string name, TensorData tensor)
    {
        Add(name + " " + tensor);
        _hash.AppendData(tensor.Bytes);
    }
}
