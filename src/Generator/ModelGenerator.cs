using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace SparseDsl.Generator;

/// <summary>
/// Turns every <c>.dsl</c> file of a project into classes, one for each model, with the compiler that the command line has. Text in, text out: every step is a
/// record compared by value, so a model is compiled again only when its file, a file it imports, its settings or its storage record changed.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ModelGenerator : IIncrementalGenerator
{
    /// <summary>Name of the step that reads a <c>.dsl</c> file.</summary>
    public const string FilesStep = "Files";

    /// <summary>Name of the step that puts a file together with what it imports.</summary>
    public const string InputsStep = "Inputs";

    /// <summary>Name of the step that compiles the models of a file.</summary>
    public const string ModelsStep = "Models";

    /// <summary>Name of the step that gives classes.</summary>
    public const string SourcesStep = "Sources";

    /// <summary>Name of the step that finds, for each class, which names of types mean something else where it will be.</summary>
    public const string NamesStep = "Names";

    /// <summary>Name of the step that gives the mistakes in all files.</summary>
    public const string MistakesStep = "Mistakes";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var defaults = context.AnalyzerConfigOptionsProvider.Select((options, _) => ProjectSettings.Read(options.GlobalOptions));
        var files = context.AdditionalTextsProvider
            .Where(text => text.Path.EndsWith(".dsl", StringComparison.OrdinalIgnoreCase))
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select((pair, token) => DslFile.Read(pair.Left, pair.Right.GetOptions(pair.Left), token))
            .WithTrackingName(FilesStep);
        var records = context.AdditionalTextsProvider
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select((pair, token) => StorageText.TryRead(pair.Left, pair.Right.GetOptions(pair.Left), token))
            .Where(record => record is not null);

        var packed = context.AdditionalTextsProvider
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select((pair, token) => PackerMistakes.Read(pair.Left, pair.Right.GetOptions(pair.Left), token));

        var inputs = files
            .Combine(files.Collect())
            .Combine(records.Collect())
            .Combine(defaults)
            .Select((x, _) => ModelInput.Of(x.Left.Left.Left, x.Left.Left.Right, x.Left.Right!, x.Right))
            .WithTrackingName(InputsStep);
        var models = inputs.Select(ModelCompiler.Run).WithTrackingName(ModelsStep);

        // Places of mistakes move with every line that is inserted above them; the text of a class does not.
        var sources = models.SelectMany((output, _) => output.Sources).WithTrackingName(SourcesStep);
        var named = sources
            .Combine(sources.Select((source, _) => source.Class.FullName).Collect())
            .Combine(context.CompilationProvider)
            .Select((x, token) => new NamedSource(x.Left.Left, TakenNames.Of(x.Left.Left.Class, x.Left.Right, x.Right, token)))
            .WithTrackingName(NamesStep);
        var mistakes = models.Select((output, _) => output.Mistakes).Collect()
            .Combine(packed.Collect())
            .Select((pair, _) => Distinct(pair.Right.SelectMany(m => m), pair.Left.SelectMany(m => m)))
            .WithTrackingName(MistakesStep);

        context.RegisterSourceOutput(named, (production, file) => production.AddSource(file.Source.HintName, SourceText.From(file.Text(), Encoding.UTF8)));
        context.RegisterSourceOutput(mistakes, (production, all) =>
        {
            foreach (var mistake in all)
            {
                production.ReportDiagnostic(mistake.ToDiagnostic());
            }
        });
    }

    // A mistake in an imported file is found there and by every file that imports it. What the packer says about a place it says with the weights at hand, so that stands.
    private static EquatableArray<Mistake> Distinct(IEnumerable<Mistake> packers, IEnumerable<Mistake> compilers)
    {
        Mistake[] first = [.. packers.Distinct()];
        var said = new HashSet<(string, string, TextSpan)>(first.Select(m => (m.Id, m.Path, m.Span)));
        return new([.. first, .. compilers.Where(m => !said.Contains((m.Id, m.Path, m.Span))).Distinct()]);
    }
}
