using BenchmarkDotNet.Attributes;
using SparseDsl.Measurement;

namespace SparseDsl.Benchmarks;

/// <summary>A dense network on one thread, compiled by us against ONNX Runtime.</summary>
[InProcess]
public abstract class DenseBenchmark
{
    private IEngine? _ours;
    private IEngine? _peer;

    private protected abstract Workload Workload { get; }

    /// <summary>Compiles and loads the network.</summary>
    [GlobalSetup]
    public void Setup() => (_ours, _peer) = (OurNetwork.Load(Workload, threads: 1), OurNetwork.LoadPeer(Workload, threads: 1));

    /// <summary>Frees both.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _ours?.Dispose();
        _peer?.Dispose();
    }

    /// <summary>ONNX Runtime.</summary>
    [Benchmark(Baseline = true)]
    public void OnnxRuntime() => _peer!.Invoke();

    /// <summary>Ours.</summary>
    [Benchmark]
    public void SparseDsl() => _ours!.Invoke();
}

/// <summary>The recogniser of the OCR example, 48 x 320.</summary>
public class RecogniserDense : DenseBenchmark
{
    private protected override Workload Workload => Workload.Recogniser;
}

/// <summary>The detector of the OCR example, 640 x 960.</summary>
public class DetectorDense : DenseBenchmark
{
    private protected override Workload Workload => Workload.Detector;
}

/// <summary>The orientation classifier of the OCR example, 48 x 192.</summary>
public class ClassifierDense : DenseBenchmark
{
    private protected override Workload Workload => Workload.Classifier;
}

/// <summary>The speech embedding of the wake-word networks, 76 x 32.</summary>
public class EmbeddingDense : DenseBenchmark
{
    private protected override Workload Workload => Workload.Embedding;
}
