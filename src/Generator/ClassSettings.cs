using Microsoft.CodeAnalysis.CSharp;
using SparseDsl.Backends.CSharp;
using SparseDsl.Compiler;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Generator;

/// <summary>Settings of a file's classes, checked.</summary>
/// <param name="Options">What holds for all of them.</param>
/// <param name="Targets">In the order in which a class tries them.</param>
internal sealed record ClassSettings(CSharpOptions Options, IReadOnlyList<Target> Targets)
{
    private Func<BoundModel, DefaultWeights?> weights = _ => null;

    /// <summary>Checks the settings of a file; mistakes are reported.</summary>
    public static ClassSettings Of(ModelInput input, BoundModule module, DiagnosticBag diagnostics)
    {
        var file = input.File.Settings;
        var space = file.Namespace ?? input.Project.Namespace;
        Check("Namespace", space, space.Split('.').All(SyntaxFacts.IsValidIdentifier), "a C# namespace", diagnostics);
        Check("ClassName", file.ClassName, file.ClassName is null || SyntaxFacts.IsValidIdentifier(file.ClassName), "a C# identifier", diagnostics);
        Check("ClassName", file.ClassName, file.ClassName is null || module.Models.Length < 2, "possible for a file with several models", diagnostics);
        foreach (var model in module.Models)
        {
            var name = file.ClassName ?? ClassNames.Of(model.Name);
            if (!diagnostics.HasErrors && ClassNames.Problem(space, name) is { } problem)
            {
                diagnostics.Report(GeneratorDiagnostics.ClassName, model.Location, space + "." + name, problem);
            }
        }

        Check("Accessibility", file.Accessibility, file.Accessibility is null or "public" or "internal", "'public' or 'internal'", diagnostics);
        var (targets, unknown) = Target.ParseList(file.Targets ?? "");
        Check("Targets", file.Targets, unknown is null, $"a list of {string.Join(", ", Target.Named.Select(t => t.Name))}", diagnostics);
        return new ClassSettings(
            new CSharpOptions
            {
                Namespace = space,
                OptimisesAtOnce = true,
                ClassName = file.ClassName,
                Accessibility = file.Accessibility ?? "public",
            },
            targets)
        {
            weights = model => file.Weights is { } name ? new DefaultWeights(DefaultWeights.NameFor(name, module, model), file.EmbedsWeights) : null,
        };
    }

    /// <summary>The settings of one class.</summary>
    public CSharpOptions For(BoundModel model) => Options with { ClassName = Options.ClassName ?? ClassNames.Of(model.Name), Weights = weights(model) };

    private static void Check(string name, string? value, bool good, string expected, DiagnosticBag diagnostics)
    {
        if (!good)
        {
            diagnostics.Report(GeneratorDiagnostics.Setting, null, name, value ?? "", expected);
        }
    }
}
