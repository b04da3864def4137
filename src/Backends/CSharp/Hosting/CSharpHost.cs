#if NET10_0_OR_GREATER
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using SparseDsl.Backends.Hosting;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Runtime;

namespace SparseDsl.Backends.CSharp.Hosting;

/// <summary>Compiles generated C# in this process and runs it. Everything loaded is unloaded with the model.</summary>
public static class CSharpHost
{
    /// <summary>Emits, compiles and loads a lowered model.</summary>
    /// <param name="program">The model after the loop passes.</param>
    /// <param name="target">The target it was lowered for; must be one this machine has.</param>
    /// <param name="weights">Gives the packed bytes of every weight region.</param>
    /// <param name="threads">Number of threads, the caller's included.</param>
    /// <param name="isProfiled">Whether <see cref="CompiledModel.KernelTimes"/> is to be had.</param>
    public static CompiledModel Load(LoopProgram program, Target target, WeightBinder weights, int threads = 1, bool isProfiled = false) =>
        Load(CSharpEmitter.Emit(program, target, new CSharpOptions { IsProfiled = isProfiled }), program, weights, threads);

    /// <summary>Compiles and loads text that <see cref="CSharpEmitter"/> wrote for a program with default names and a single tier.</summary>
    /// <exception cref="CompilerBugException">The text does not compile.</exception>
    public static CompiledModel Load(string csharp, LoopProgram program, WeightBinder weights, int threads = 1) => LoadCopies(csharp, program, weights, 1, threads)[0];

    /// <summary>As <see cref="Load(LoopProgram, Target, WeightBinder, int, bool)"/>, several times: one code, and for each copy weights, memory and threads of its own.</summary>
    /// <param name="program">The model after the loop passes.</param>
    /// <param name="target">The target it was lowered for; must be one this machine has.</param>
    /// <param name="weights">Gives the packed bytes of every weight region.</param>
    /// <param name="copies">How many, at least one.</param>
    /// <param name="threads">Number of threads of each, the caller's included.</param>
    public static IReadOnlyList<CompiledModel> LoadCopies(LoopProgram program, Target target, WeightBinder weights, int copies, int threads = 1) =>
        LoadCopies(CSharpEmitter.Emit(program, target, new CSharpOptions()), program, weights, copies, threads);

    /// <summary>Emits, compiles and loads lowered models as one assembly: each costs less than alone, and its code is unloaded with the last.</summary>
    /// <param name="models">Each after the loop passes, with the target it was lowered for, which this machine has, and its packed weights.</param>
    internal static IReadOnlyList<CompiledModel> LoadTogether(IReadOnlyList<(LoopProgram Program, Target Target, WeightBinder Weights)> models)
    {
        List<CSharpOptions> options = [.. models.Select((_, i) => new CSharpOptions { Namespace = FormattableString.Invariant($"SparseDsl.Generated{i}") })];
        var code = new ModelCode("Together", Compile([.. models.Select((m, i) => CSharpEmitter.Emit(m.Program, m.Target, options[i]))], "Together"));
        try
        {
            return [.. models.Select((m, i) => Instantiate(code, m.Program, CSharpEmitter.ClassName(m.Program, options[i]), m.Weights, 1))];
        }
        finally
        {
            code.Dispose();
        }
    }

    private static List<CompiledModel> LoadCopies(string csharp, LoopProgram program, WeightBinder weights, int copies, int threads)
    {
        var code = new ModelCode(program.Name, Compile(csharp, program.Name));
        var models = new List<CompiledModel>();
        try
        {
            for (var copy = 0; copy < copies; copy++)
            {
                models.Add(Instantiate(code, program, CSharpEmitter.ClassName(program, new CSharpOptions()), weights, threads));
            }

            return models;
        }
        catch
        {
            models.ForEach(model => model.Dispose());
            throw;
        }
        finally
        {
            code.Dispose();
        }
    }

    private static CompiledModel Instantiate(ModelCode code, LoopProgram program, string className, WeightBinder weights, int threads)
    {
        var packed = ProgramWeights.Copy(program, weights);
        try
        {
            var type = code.Assembly.GetType(className, throwOnError: true)!;
            var model = (ICompiledModel)Activator.CreateInstance(type, BindingFlags.DoNotWrapExceptions, null, [packed, threads], null)!;
            return new CompiledModel(model, program, packed, code.Share());
        }
        catch
        {
            packed.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes the C# compiler ready on another thread while the caller still makes loops: half the time of a first compilation is the compiler's own JIT.
    /// </summary>
    public static void WarmUp() => _ = WarmedUp.Value;

    private static readonly Lazy<Task> WarmedUp = new(() => Task.Run(() => Compile(Sample, "WarmUp")));

    // A little of everything that generated kernels use; what it computes does not matter.
    private const string Sample = """
        using System;
        using System.Runtime.CompilerServices;
        using System.Runtime.Intrinsics;
        using System.Runtime.Intrinsics.X86;
        using SparseDsl.Runtime;
        using static SparseDsl.Runtime.Lanes;

        namespace SparseDsl.Generated;

        /// <summary>Nothing.</summary>
        internal static unsafe class Sample
        {
            private struct Arguments
            {
                public float* x;
                public float* y;
                public int n;
            }

            public static void Run(WorkerTeam team, float* x, float* y, int n)
            {
                var arguments = new Arguments { x = x, y = y, n = n };
                team.Run(&Part, &arguments, Math.Max(0, n));
            }

            private static void Part(void* context, int begin, int end)
            {
                var arguments = (Arguments*)context;
                var x = arguments->x;
                var y = arguments->y;
                for (int t = begin; t < end; t++)
                {
                    int i = (t % 7 * 16) + (t / 7);
                    var a = Vector512<float>.Zero;
                    for (int k = 0; k < arguments->n; k += 16)
                    {
                        var v = Vector512.Load(x + k - 1);
                        var w = Vector512.Create(y[k]);
                        a = Vector512.FusedMultiplyAdd(v, w, a);
                        a = Vector512.Max(a, Vector512<float>.Zero) / Vector512.Create(6f);
                    }

                    if (i < 9)
                    {
                        var mask = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(i)).AsSingle();
                        a = Vector512.ConditionalSelect(mask, a, Vector512<float>.One) * a + a;
                        Avx512F.MaskStore(y + i, mask, a);
                    }
                    else
                    {
                        Vector512.Store(a, y + i);
                        y[i] = MathF.Max(HorizontalSum(a), 0f) + MathF.Sqrt((float)i);
                    }
                }
            }
        }
        """;

    /// <summary>Compiles a generated file to an assembly image.</summary>
    /// <exception cref="CompilerBugException">The text does not compile.</exception>
    public static MemoryStream Compile(string csharp, string name) => Compile([csharp], name);

    private static MemoryStream Compile(IReadOnlyList<string> files, string name)
    {
        var trees = files.Select(file => CSharpSyntaxTree.ParseText(file, new CSharpParseOptions(LanguageVersion.Latest)));
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, allowUnsafe: true, deterministic: true);
        var compilation = CSharpCompilation.Create("SparseDsl.Compiled." + name, trees, References.Value, options);
        var image = new MemoryStream();
        var result = compilation.Emit(image);
        if (!result.Success)
        {
            throw new CompilerBugException(Describe(result.Diagnostics));
        }

        image.Position = 0;
        return image;
    }

    private static readonly Lazy<IReadOnlyList<MetadataReference>> References = new(FindReferences);

    // The framework this process runs on, file by file. In a single-file program that list is empty; such hosts write a project instead.
    private static List<MetadataReference> FindReferences()
    {
        var trusted = (string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "";
        List<MetadataReference> references =
        [
            .. trusted.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
                .Where(path => Path.GetFileName(path) is { } file && (file.StartsWith("System.", StringComparison.Ordinal) || file is "netstandard.dll" or "mscorlib.dll"))
                .Select(path => MetadataReference.CreateFromFile(path)),
        ];
        if (references.Count == 0)
        {
            throw new CompilerBugException("the framework's assemblies are not on disk: a single-file program cannot compile C# in process");
        }

        references.Add(MetadataReference.CreateFromFile(typeof(ICompiledModel).Assembly.Location));
        return references;
    }

    private static string Describe(IEnumerable<Microsoft.CodeAnalysis.Diagnostic> diagnostics)
    {
        var errors = diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Take(5).Select(d =>
        {
            var line = d.Location.GetLineSpan().StartLinePosition.Line;
            return $"{d.Id}: {d.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}\n    line {line + 1}: {d.Location.SourceTree?.GetText().Lines[line].ToString().Trim()}";
        });
        return "the generated C# does not compile\n" + string.Join("\n", errors);
    }
}
#endif
