using SparseDsl.Cli.Data;
using SparseDsl.Cli.Running;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Measurement;

namespace SparseDsl.Cli.Benchmarking;

/// <summary>Measures a model against itself compiled dense and against other engines.</summary>
internal sealed class Bench(Session session, BenchRequest request)
{
    /// <summary>Compares with the same model, every weight stored dense.</summary>
    public const string Dense = "dense";

    /// <summary>Compares with ONNX Runtime.</summary>
    public const string OnnxRuntime = "onnxruntime";

    /// <summary>Measures and writes; problems are reported.</summary>
    public bool Run()
    {
        if (Load() is not { } loaded || ReadInputs(loaded.Model.Model) is not { } inputs)
        {
            return false;
        }

        var (model, weights) = (loaded.Model.Model, loaded.Weights);
        var peer = request.Against.Contains(OnnxRuntime) ? Peer() : null;
        var ours = session.Work("compiling", () => BenchModel.Compile(session, request.Host, model, weights, inputs, request.Options));
        var dense = request.Against.Contains(Dense)
            ? session.Work("compiling dense, to compare", () => BenchModel.Compile(session, request.Host, model, weights, inputs, request.Options with { IgnoresSparsity = true })) : null;
        var other = request.Other is { } host ? session.Work($"compiling as {host.Backend}, to compare", () => BenchModel.Compile(session, host, model, weights, inputs, request.Options)) : null;
        if (session.Diagnostics.HasErrors || ours is null)
        {
            return false;
        }

        foreach (var threads in request.Threads)
        {
            var rates = request.Options.Profile!.For(request.Options.Target, threads);
            var costs = LayerCost.Of(ours.Lowered.Graph, inputs.Dims, weights.Find, rates);
            if (session.Work("measuring", () => Measure(model, ours, dense, other, peer, inputs, costs, threads)) is not { } report)
            {
                return false;
            }

            if (request.IsJson)
            {
                report.WriteJson(session.Output);
            }
            else
            {
                report.Write(session.Output);
            }
        }

        return true;
    }

    private BenchReport? Measure(BoundModel model, BenchModel ours, BenchModel? dense, BenchModel? other, Peer? peer, ModelInputs inputs, IReadOnlyList<LayerCost> costs, int threads)
    {
        var engines = new List<IEngine>();
        try
        {
            engines.Add(ours.Load("sparsedsl", threads));
            if (dense is not null)
            {
                engines.Add(dense.Load(Dense, threads));
            }

            if (other is not null)
            {
                engines.Add(other.Load(request.Other!.Backend, threads));
            }

            if (peer is not null)
            {
                engines.Add(peer.Loader.Load(peer.Model, [.. model.Inputs.Select(i => inputs.Tensors[i.Name])], threads, ours.Copies, BenchModel.InputCopies));
            }

            var timings = Interleaved.Run(engines, request.Budget, threads);
            var expected = engines[0].ReadOutput();
            var times = engines.Zip(timings, (engine, timing) => new EngineTime(engine.Name, timing, Difference(expected, engine.ReadOutput()))).ToList();
            var layers = request.Explains ? LayerTime.Measure(costs, ours, dense, threads, Math.Max(request.Budget.FewestTurns, 1)) : null;
            return new BenchReport(model.Name, Path.GetFileNameWithoutExtension(request.File), threads, times[0], [.. times.Skip(1)], costs, MachineProbe.Of(threads), layers);
        }
        catch (InvalidDataException problem) when (peer is not null)
        {
            session.Report(FileDiagnostics.PeerFailed, peer.Loader.Name, peer.Path, problem.Message.ReplaceLineEndings(" "));
            return null;
        }
        finally
        {
            engines.ForEach(engine => engine.Dispose());
        }
    }

    private (ProgramModel Model, ModelWeights Weights)? Load()
    {
        if (OnnxFile.IsOne(request.File))
        {
            return session.Work("importing", () => OnnxFile.Load(session, request.File));
        }

        return SourceFiles.Model(session, request.File, request.Model) is { } program && ModelWeights.Read(session, program, request.Weights) is { } weights
            ? (program, weights)
            : null;
    }

    // Inputs and dims that the user leaves open are made up.
    private ModelInputs? ReadInputs(BoundModel model)
    {
        var given = request.Inputs.Concat(model.Inputs.Where(i => request.Inputs.All(g => g.Key != i.Name)).Select(i => new KeyValuePair<string, string>(i.Name, "random")));
        var learned = model.Inputs.Where(i => request.Inputs.Any(g => g.Key == i.Name && g.Value is not ("random" or "zeros"))).SelectMany(i => i.Type.Shape).SelectMany(d => d.Symbols()).ToHashSet();
        var dims = request.Dims.Concat(model.Dims.Where(d => !learned.Contains(d.Name) && request.Dims.All(g => g.Key != d.Name)).Select(d => new KeyValuePair<string, long>(d.Name, d.SmallestUseful)));
        return Memory.Guard(session, $"'{model.Name}' at these dims", () => ModelInputs.Read(session, model, [.. given], [.. dims]));
    }

    private Peer? Peer()
    {
        var path = request.Onnx ?? (OnnxFile.IsOne(request.File) ? request.File : null);
        if (path is null)
        {
            session.Report(FileDiagnostics.NoOnnx, OnnxRuntime);
            return null;
        }

        if (PeerAssembly.Find(session, OnnxRuntime, request.Peers) is not { } loader)
        {
            return null;
        }

        try
        {
            return new Peer(loader, path, File.ReadAllBytes(path));
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            Disk.ReportUnreadable(session, path, problem);
            return null;
        }
    }

    // Over the largest magnitude: a difference that is large for a small element among large ones is none.
    private static double Difference(float[] expected, float[] found) =>
        expected.Length != found.Length ? 1
        : expected.Length == 0 ? 0
        : expected.Zip(found, (a, b) => (double)MathF.Abs(a - b)).Max() / Math.Max(expected.Max(MathF.Abs), 1e-30);
}

/// <summary>A peer with the network it runs.</summary>
/// <param name="Loader">The peer.</param>
/// <param name="Path">Path of the network, for messages.</param>
/// <param name="Model">Its bytes.</param>
internal sealed record Peer(IPeerLoader Loader, string Path, byte[] Model);
