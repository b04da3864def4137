using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Passes.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Measurement.Programs;

/// <summary>A program made by a measurement, with its data.</summary>
/// <param name="Text">Source text with one model; it imports library modules only.</param>
/// <param name="Weights">Elements of the parameters by path.</param>
/// <param name="Inputs">Elements of the inputs by name.</param>
public sealed record SmallProgram(string Text, IReadOnlyDictionary<string, TensorData> Weights, IReadOnlyDictionary<string, TensorData> Inputs)
{
    // More copies would not be further from the caches, only longer to set up.
    private const int MostCopies = 8;

    // Twice the last cache of the machines at hand: when all copies together are larger, weights come from memory.
    private const long RotatedBytes = 64L << 20;

    /// <summary>Whether a measurement may find weights and tensors where the call before left them.</summary>
    public bool StaysInCaches { get; init; }

    /// <summary>What the storage chosen for each weight is, and why, of the last compilation.</summary>
    public IReadOnlyList<LevelDecision> Decisions { get; private set; } = [];

    /// <summary>
    /// Copies of weights and inputs a measurement uses in turn, of which the dense ones say how many: so many that together they exceed the caches, and no more.
    /// </summary>
    public int Copies => StaysInCaches ? 1 : (int)Math.Clamp(RotatedBytes / Math.Max(1, Weights.Values.Concat(Inputs.Values).Sum(t => (long)t.ByteLength)), 1, MostCopies);

    /// <summary>Compiles the program, with as many copies of weights and tensors as keep a network's caches from holding them between calls.</summary>
    /// <param name="name">Name of the engine.</param>
    /// <param name="threads">Threads of a call.</param>
    /// <param name="options">Target and profile; weights are filled in.</param>
    /// <exception cref="InvalidDataException">The program has mistakes, or its data does not fit.</exception>
    public CompiledEngine Compile(string name, int threads, CompilationOptions options)
    {
        var lowered = Lower(options);
        var bytes = Pack(lowered);
        var models = CSharpHost.LoadCopies(lowered.Program, options.Target, region => bytes[region.Name], Copies, threads);
        foreach (var model in models)
        {
            model.Bind(Inputs);
        }

        return new CompiledEngine(name, models, threads);
    }

    /// <summary>The loops of the program.</summary>
    /// <exception cref="InvalidDataException">The program has mistakes, or its data does not fit.</exception>
    public LoweredModel Lower(CompilationOptions options)
    {
        var diagnostics = new DiagnosticBag();
        var module = Compilation.Bind(new SourceText("measured.dsl", Text), ModuleResolver.LibraryOnly(), diagnostics);
        ThrowOnErrors(diagnostics);
        var model = module.Models.Single();
        var loaded = WeightLoader.Load(model.Name, WeightDeclaration.Of(model), new MemoryWeightProvider("measured weights", Weights), diagnostics);
        ThrowOnErrors(diagnostics);
        var decisions = new List<LevelDecision>();
        var lowered = Compilation.Lower(model, options with { Weights = loaded.Find, Decisions = decisions }, diagnostics);
        ThrowOnErrors(diagnostics);
        Decisions = decisions;
        return lowered!;
    }

    /// <summary>The packed bytes of every weight region, by name.</summary>
    /// <exception cref="InvalidDataException">The data does not fit the storage.</exception>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Pack(LoweredModel lowered)
    {
        var packed = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
        return lowered.Program.Regions.OfType<Region.Weight>().ToDictionary(r => r.Name, r => Pack(r, packed), StringComparer.Ordinal);
    }

    private ReadOnlyMemory<byte> Pack(Region.Weight region, Dictionary<string, IReadOnlyDictionary<string, TensorData>> packed)
    {
        try
        {
            return Compilation.Pack(region, path => Weights[path], packed);
        }
        catch (FormatMismatchException mismatch)
        {
            throw new InvalidDataException(mismatch.Message, mismatch);
        }
    }

    private static void ThrowOnErrors(DiagnosticBag diagnostics)
    {
        if (diagnostics.Items.FirstOrDefault(d => d.Severity == Severity.Error) is { } error)
        {
            throw new InvalidDataException(DiagnosticRenderer.Render(error));
        }
    }
}
