using SparseDsl.Backends.CSharp;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Generator;

/// <summary>A file for the C# compiler.</summary>
/// <param name="HintName">Unique in the project.</param>
/// <param name="Class">The class.</param>
internal sealed record GeneratedSource(string HintName, ClassText Class);

/// <summary>What compiling a file gave.</summary>
/// <param name="Sources">A class for each model; none when there is an error.</param>
/// <param name="Mistakes">Errors and warnings.</param>
internal sealed record ModelOutput(EquatableArray<GeneratedSource> Sources, EquatableArray<Mistake> Mistakes);

/// <summary>Compiles the models of a file to C#.</summary>
internal sealed class ModelCompiler
{
    // The compiler descends recursively into expressions; hosts run generators on threads of any size.
    private const int StackBytes = 16 << 20;

    private readonly ModelInput input;
    private readonly CancellationToken token;
    private readonly SourceText source;
    private readonly DiagnosticBag diagnostics = new();
    private readonly List<GeneratedSource> sources = [];

    private ModelCompiler(ModelInput input, CancellationToken token)
    {
        this.input = input;
        this.token = token;
        source = new SourceText(input.File.Path, input.File.Text);
    }

    /// <summary>Compiles; mistakes of the user and of the compiler become diagnostics.</summary>
    public static ModelOutput Run(ModelInput input, CancellationToken token)
    {
        var compiler = new ModelCompiler(input, token);
        var thread = new Thread(compiler.Compile, StackBytes);
        thread.Start();
        thread.Join();
        token.ThrowIfCancellationRequested();
        var failed = compiler.diagnostics.HasErrors;
        return new ModelOutput(
            new([.. failed ? [] : compiler.sources]),
            new([.. compiler.diagnostics.Items.Select(d => Mistake.Of(d, compiler.source))]));
    }

    private void Compile()
    {
        try
        {
            var module = Compilation.Bind(source, input.Resolver(), diagnostics);
            var settings = ClassSettings.Of(input, module, diagnostics);
            ReportClashes(module);
            if (!diagnostics.HasErrors)
            {
                foreach (var model in module.Models)
                {
                    Compile(model, settings);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever waits for this thread throws it again.
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            diagnostics.Report(GeneratorDiagnostics.Bug, null, bug is CompilerBugException ? bug.Message : bug.ToString().Replace("\r", "").Replace("\n", " | "));
        }
    }

    // One class twice would be many errors of the C# compiler, in files that nobody sees. Models that could not be bound have a mistake that is reported.
    private void ReportClashes(BoundModule module)
    {
        foreach (var clash in input.Clashes)
        {
            if (clash.Model is null)
            {
                diagnostics.Report(GeneratorDiagnostics.SameWeights, null, clash.Name, clash.OtherFile);
            }
            else if (module.Models.LastOrDefault(m => m.Name == clash.Model) is { } model)
            {
                diagnostics.Report(GeneratorDiagnostics.SameClass, model.Location, clash.Name, clash.OtherModel, clash.OtherFile);
            }
        }
    }

    private void Compile(BoundModel model, ClassSettings settings)
    {
        var options = new CompilationOptions(settings.Targets[0]) { DefersWeights = true, Observer = (_, _) => token.ThrowIfCancellationRequested() };
        var recorded = input.Storage is { } text ? StorageRecord.TryParse(text) : null;
        if (TierCompiler.Lower(model, settings.Targets, options, recorded, diagnostics) is not { } lowered)
        {
            return;
        }

        var tiers = lowered.Tiers;
        var emitted = settings.For(model) with
        {
            Constants = ModelConstants.InClass(model, tiers),
            Parameters = ParameterNote.Of(model, lowered),
            Tiers = [.. tiers.Skip(1)],
        };
        token.ThrowIfCancellationRequested();
        sources.Add(new GeneratedSource(HintName(model.Name), CSharpEmitter.Write(tiers[0].Program, tiers[0].Target, emitted)));
    }

    // Where the file is in the project, so that files of one name in two folders do not meet.
    private string HintName(string model)
    {
        var path = input.File.Path;
        var relative = input.Project.Relative(path);
        relative = relative == path ? path.Substring(path.LastIndexOf('/') + 1) : relative;
        var name = relative.Substring(0, relative.Length - ".dsl".Length).Replace('/', '.');
        return new string([.. name.Select(c => char.IsLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '_')]) + "." + model + ".g.cs";
    }
}
