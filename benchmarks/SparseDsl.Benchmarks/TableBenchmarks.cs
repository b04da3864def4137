using BenchmarkDotNet.Attributes;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Benchmarks.Tables;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Measurement;
using SparseDsl.OnnxRuntime;

namespace SparseDsl.Benchmarks;

/// <summary>The rows of a table on one thread: our dense code, ONNX Runtime's, the storage the user names first, and the compiler's choice.</summary>
[InProcess]
public abstract class TableBenchmark
{
    private IEngine[] _engines = [];

    private protected abstract Table Table { get; }

    /// <summary>Names of the rows.</summary>
    public IEnumerable<string> Rows => Table.Rows.Select(row => row.Name);

    /// <summary>Name of the row.</summary>
    [ParamsSource(nameof(Rows))]
    public string Row { get; set; } = "";

    /// <summary>Compiles and loads everyone.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var row = Table.Rows.Single(r => r.Name == Row).Make();
        var options = new CompilationOptions(NativeTarget.Widest);
        _engines =
        [
            row.Dense.Compile("dense", threads: 1, options with { IgnoresSparsity = true }),
            new OnnxRuntimeEngine(row.Peers[^1].Onnx, [TensorData.FromFloats(row.Input, row.Peers[^1].Input)], threads: 1, row.Dense.Copies),
            row.Variants[0].Program.Compile("named", threads: 1, options),
            row.Variants.First(v => v.Name == "auto").Program.Compile("chosen", threads: 1, options),
        ];
    }

    /// <summary>Frees all.</summary>
    [GlobalCleanup]
    public void Cleanup() => Array.ForEach(_engines, engine => engine.Dispose());

    /// <summary>Our dense code.</summary>
    [Benchmark(Baseline = true)]
    public void Dense() => _engines[0].Invoke();

    /// <summary>ONNX Runtime, dense.</summary>
    [Benchmark]
    public void OnnxRuntime() => _engines[1].Invoke();

    /// <summary>The storage that the table's first variant names.</summary>
    [Benchmark]
    public void Named() => _engines[2].Invoke();

    /// <summary>The storage that the compiler chooses.</summary>
    [Benchmark]
    public void Chosen() => _engines[3].Invoke();
}

/// <summary>Unstructured zeros.</summary>
public class UnstructuredProducts : TableBenchmark
{
    private protected override Table Table => SparseMatrixTables.Unstructured;
}

/// <summary>Zeros in blocks.</summary>
public class BlockProducts : TableBenchmark
{
    private protected override Table Table => SparseMatrixTables.Blocks;
}

/// <summary>n of every m.</summary>
public class NOfMProducts : TableBenchmark
{
    private protected override Table Table => SparseMatrixTables.NOfM;
}

/// <summary>Batch 1.</summary>
public class VectorProducts : TableBenchmark
{
    private protected override Table Table => VectorTables.SparseWeights;
}

/// <summary>Whole networks of MobileNet's shapes.</summary>
public class MobileNetworks : TableBenchmark
{
    private protected override Table Table => MobileNet.Table;
}
