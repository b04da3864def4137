using System.Collections.Immutable;

namespace SparseDsl.Dsl.Diagnostics;

/// <summary>SD53xx: models inside C# projects. SD5310 and above are reported by the package's build targets.</summary>
public static class GeneratorDiagnostics
{
    /// <summary>The setting {0} is '{1}', which is not {2}.</summary>
    public static readonly DiagnosticDescriptor Setting = Row(
        "SD5301", "the setting {0} is '{1}', which is not {2}", "correct the metadata of the SparseDslModel item in the project file",
        "<SparseDslModel Update=\"model.dsl\" Accessibility=\"private\" />");

    /// <summary>A bug of the compiler.</summary>
    public static readonly DiagnosticDescriptor Bug = Row(
        "SD5302", "this is a bug in SparseDsl: {0}", "please report it with the file that causes it", "no program should give this");

    /// <summary>The class '{0}' is made already, from the model '{1}' in '{2}'.</summary>
    public static readonly DiagnosticDescriptor SameClass = Row(
        "SD5303", "the class '{0}' is made already, from the model '{1}' in '{2}'", "rename one of the models, or give its SparseDslModel item another ClassName or Namespace",
        "one.dsl and two.dsl that both declare the model Net");

    /// <summary>The packed weights are to be called '{0}', as those of '{1}' are.</summary>
    public static readonly DiagnosticDescriptor SameWeights = Row(
        "SD5304", "the packed weights are to be called '{0}', as those of '{1}' are", "give one of the SparseDslModel items another PackedWeights",
        "old/net.dsl and new/net.dsl in one project, each with weights beside it");

    /// <summary>The class cannot be called '{0}': {1}.</summary>
    public static readonly DiagnosticDescriptor ClassName = Row(
        "SD5305", "the class cannot be called '{0}': {1}", "choose another name for the class, or another namespace",
        "<SparseDslModel Update=\"model.dsl\" ClassName=\"Run\" />");

    /// <summary>Every row.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } = [Setting, Bug, SameClass, SameWeights, ClassName];

    private static DiagnosticDescriptor Row(string id, string message, string hint, string example) => new(id, Severity.Error, message, hint, example);
}
