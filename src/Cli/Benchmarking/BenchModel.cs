using SparseDsl.Backends.CSharp;
using SparseDsl.Backends.Hosting;
using SparseDsl.Cli.Data;
using SparseDsl.Cli.Running;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl.Binding;
using SparseDsl.Measurement;

namespace SparseDsl.Cli.Benchmarking;

/// <summary>A model compiled one way, ready to be loaded for any number of threads.</summary>
internal sealed class BenchModel
{
    /// <summary>Copies of inputs and outputs that calls use in turn.</summary>
    public const int InputCopies = 4;

    // A layer alone finds its weights where its last call left them; in a network they are where a whole network's other data left them. So a layer alone has
    // several copies, until together they exceed the caches.
    private const long RotatedBytes = 64L << 20;
    private const int MostCopies = 8;

    private readonly ModelInputs inputs;
    private readonly ModelHost host;
    private readonly Dictionary<string, ReadOnlyMemory<byte>> weights;

    private BenchModel(LoweredModel lowered, ModelInputs inputs, ModelHost host, Dictionary<string, ReadOnlyMemory<byte>> weights)
    {
        Lowered = lowered;
        this.inputs = inputs;
        this.host = host;
        this.weights = weights;
    }

    /// <summary>What was compiled.</summary>
    public LoweredModel Lowered { get; }

    /// <summary>Copies of the model that calls use in turn.</summary>
    public int Copies => WeighedCalls > 1 ? 1 : (int)Math.Clamp(RotatedBytes / Math.Max(1, weights.Values.Sum(w => (long)w.Length)), 1, MostCopies);

    private int WeighedCalls => Lowered.Program.Calls.Count(c => c.Regions.Any(weights.ContainsKey));

    /// <summary>Compiles; null after a report.</summary>
    public static BenchModel? Compile(Session session, ModelHost host, BoundModel model, ModelWeights weights, ModelInputs inputs, CompilationOptions options)
    {
        host.WarmUp();
        options = options with { Target = host.Target, Weights = weights.Find };
        if (Compilation.Lower(model, options, session.Diagnostics) is not { } lowered || !host.Spells(session, lowered.Program))
        {
            return null;
        }

        IReadOnlyList<CSharpTier> tier = [new(options.Target, lowered.Program)];
        return ModelPacker.Pack(tier, path => weights[path], session.Diagnostics) is { } packed
            ? new BenchModel(lowered, inputs, host, packed.ToDictionary(p => p.Name, p => p.Bytes, StringComparer.Ordinal))
            : null;
    }

    /// <summary>Loads it, as often as <see cref="Copies"/> says.</summary>
    public CompiledEngine Load(string name, int threads)
    {
        var models = host.LoadCopies(Lowered.Program, region => weights[region.Name], Copies, threads);
        foreach (var model in models)
        {
            model.Bind(inputs.Tensors, InputCopies);
        }

        return new CompiledEngine(name, models, threads);
    }

    /// <summary>Loads it so that it times its kernels.</summary>
    public CompiledModel LoadProfiled(int threads)
    {
        var model = host.Load(Lowered.Program, region => weights[region.Name], threads, isProfiled: true);
        model.Bind(inputs.Tensors, InputCopies);
        return model;
    }

    /// <summary>Names of the nodes that calls compute, in order of the calls; null where none is known.</summary>
    public IReadOnlyList<string?> NodeNames()
    {
        var nodes = Lowered.Graph.Nodes.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        var writers = Lowered.Graph.Outputs.ToDictionary(o => o.Name, o => Root(o.Node).Name, StringComparer.Ordinal);
        return
        [
            .. Lowered.Program.Calls.Select(call => nodes.Contains(call.Node) ? call.Node
                : call.Regions.Where((_, i) => call.Kernel.Buffers[i].Access != BufferAccess.In)
                    .Select(region => nodes.Contains(region) ? region : writers.GetValueOrDefault(region)).FirstOrDefault(name => name is not null)),
        ];
    }

    private static Compiler.Graphs.Node Root(Compiler.Graphs.Node node) => node is Compiler.Graphs.ReshapeNode ? Root(node.Operands[0]) : node;
}
