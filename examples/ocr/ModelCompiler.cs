using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Hosting;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Data;

namespace SparseDsl.Examples.Ocr;

/// <summary>From a program and its weights on disk to code in memory, for the machine at hand.</summary>
public static class ModelCompiler
{
    /// <summary>Compiles the only model of a file.</summary>
    /// <param name="program">The <c>.dsl</c> file; its weights lie beside it in a <c>.safetensors</c> file of the same name.</param>
    /// <param name="threads">Number of threads, the caller's included.</param>
    /// <param name="isProfiled">Whether the model measures its kernels.</param>
    /// <param name="observer">Is told of every stage of the compilation; null for nobody.</param>
    /// <exception cref="InvalidDataException">The program has mistakes, or the weights do not belong to it.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static CompiledModel Compile(string program, int threads = 1, bool isProfiled = false, StageObserver? observer = null)
    {
        CSharpHost.WarmUp();
        var diagnostics = new DiagnosticBag();
        var model = Bind(program, diagnostics, observer);
        var weights = ReadWeights(model, Path.ChangeExtension(program, ".safetensors"), diagnostics);
        observer?.Invoke("weights", weights);
        var lowered = Compilation.Lower(model, new CompilationOptions(NativeTarget.Widest) { Weights = weights.Find, Observer = observer }, diagnostics);
        ThrowOnErrors(diagnostics);
        var loaded = Load(lowered!.Program, weights, threads, isProfiled);
        observer?.Invoke("pack, emit, compile and load", loaded);
        return loaded;
    }

    private static BoundModel Bind(string program, DiagnosticBag diagnostics, StageObserver? observer)
    {
        var source = new SourceText(program, File.ReadAllText(program));
        var module = Compilation.Bind(source, new ModuleResolver(Beside), diagnostics, observer);
        ThrowOnErrors(diagnostics);
        return module.Models is [var model] ? model : throw new InvalidDataException($"{program} has {module.Models.Length} models, not one");
    }

    // What a program imports lies beside it: the network that an overlay of sparsity is about.
    private static SourceText? Beside(string module, SourceText from)
    {
        var path = Path.Combine(Path.GetDirectoryName(from.Path) ?? "", module.Replace('.', Path.DirectorySeparatorChar) + ".dsl");
        return !from.Path.StartsWith("std/", StringComparison.Ordinal) && File.Exists(path) ? new SourceText(path, File.ReadAllText(path)) : null;
    }

    private static LoadedWeights ReadWeights(BoundModel model, string file, DiagnosticBag diagnostics)
    {
        try
        {
            var tensors = model.Params.IsEmpty ? new Dictionary<string, TensorData>() : SafetensorsFile.ReadAll(file);
            var weights = WeightLoader.Load(model.Name, WeightDeclaration.Of(model), new MemoryWeightProvider(file, tensors), diagnostics);
            ThrowOnErrors(diagnostics);
            return weights;
        }
        catch (DataFormatException damage)
        {
            throw new InvalidDataException($"{file}: {damage.Message}", damage);
        }
    }

    private static CompiledModel Load(LoopProgram program, LoadedWeights weights, int threads, bool isProfiled)
    {
        var packed = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
        try
        {
            return CSharpHost.Load(program, NativeTarget.Widest, region => Compilation.Pack(region, path => weights.Tensors[path], packed), threads, isProfiled);
        }
        catch (FormatMismatchException mismatch)
        {
            throw new InvalidDataException(mismatch.Message, mismatch);
        }
    }

    private static void ThrowOnErrors(DiagnosticBag diagnostics)
    {
        if (diagnostics.Items.FirstOrDefault(diagnostic => diagnostic.Severity == Severity.Error) is { } error)
        {
            throw new InvalidDataException(DiagnosticRenderer.Header(error));
        }
    }
}
