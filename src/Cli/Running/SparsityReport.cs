using System.Globalization;
using System.Text.Json;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Cli.Data;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Graphs;

namespace SparseDsl.Cli.Running;

/// <summary>What sparse weights saved in one model.</summary>
/// <param name="NonZeros">Non-zeros of the weights stored sparse.</param>
/// <param name="Elements">All elements of them.</param>
/// <param name="Mac">Multiply-accumulates done.</param>
/// <param name="DenseMac">Those a dense model does.</param>
/// <param name="SparseMilliseconds">Median time of the model.</param>
/// <param name="DenseMilliseconds">Median time of the same model compiled dense, called in turn with it.</param>
internal sealed record SparsityReport(long NonZeros, long Elements, long Mac, long DenseMac, double SparseMilliseconds, double DenseMilliseconds)
{
    /// <summary>Whether a model stores any weight sparse.</summary>
    public static bool IsSparse(Graph graph) => graph.Nodes.Any(n => n is ParamNode { Format.IsDense: false } or ConstantNode { Format.IsDense: false });

    /// <summary>Compares a model with itself compiled dense.</summary>
    public static SparsityReport Of(CompiledRunner sparse, CompiledRunner dense, ModelInputs inputs, ModelWeights weights)
    {
        var graph = sparse.Lowered.Graph;
        var stored = graph.Nodes.Select(n => n switch
        {
            ParamNode { Format.IsDense: false } p => weights[p.Path],
            ConstantNode { Format.IsDense: false } c => c.Data!,
            _ => null,
        }).OfType<Compiler.Data.TensorData>().ToList();
        var costs = LayerCost.Of(graph, inputs.Dims, weights.Find, MachineProfile.Default.For(NativeTarget.Widest));
        var (sparseTime, denseTime) = Stopwatches.Compare(sparse, dense);
        return new SparsityReport(
            stored.Sum(t => (long)t.CountNonZeros()), stored.Sum(t => (long)t.Count), costs.Sum(c => c.Mac), costs.Sum(c => c.DenseMac), sparseTime, denseTime);
    }

    /// <summary>For people.</summary>
    public void Write(TextWriter output)
    {
        output.WriteLine("what sparsity bought");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  weights   {NonZeros:N0} non-zeros of {Elements:N0} ({Share(NonZeros, Elements):P1})"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  work      {Mac:N0} MAC of {DenseMac:N0} ({Share(Mac, DenseMac):P1})"));
        var (sparse, dense) = (DurationText.Of(SparseMilliseconds), DurationText.Of(DenseMilliseconds));
        output.WriteLine($"  time      {sparse}, dense {dense} (medians of calls in turn): {DurationText.Ratio(SparseMilliseconds, DenseMilliseconds)}");
    }

    /// <summary>For machines.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("sparsity");
        writer.WriteNumber("nonzeros", NonZeros);
        writer.WriteNumber("elements", Elements);
        writer.WriteNumber("mac", Mac);
        writer.WriteNumber("dense_mac", DenseMac);
        writer.WriteNumber("milliseconds", SparseMilliseconds);
        writer.WriteNumber("dense_milliseconds", DenseMilliseconds);
        writer.WriteNumber("speedup", Ratio);
        writer.WriteEndObject();
    }

    private double Ratio => SparseMilliseconds > 0 ? DenseMilliseconds / SparseMilliseconds : 1;

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
