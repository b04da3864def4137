using SparseDsl.Backends.CSharp.Emit;
using SparseDsl.Compiler;

namespace SparseDsl.Backends.CSharp;

/// <summary>What generated classes can be called.</summary>
public static class ClassNames
{
    // A class cannot have the name of one of its members. Those of all targets, so that a name does not depend on the targets that are chosen.
    private static readonly HashSet<string> Members = new(
        new[] { "ModelHash", "CreateContext", "Run", "ResetState", "KernelTicks", "Dispose", "CheckDims", ConstantsWriter.Method }
            .Concat(Target.All.SelectMany(t => new[] { EngineWriter.ClassName(t), EngineWriter.KernelClassName(t) })),
        StringComparer.Ordinal);

    /// <summary>The name of the class of a model, unless another is given: <c>conv_net</c> gives <c>ConvNet</c>, and <c>run</c>, which is a method of every class, <c>RunModel</c>.</summary>
    public static string Of(string model)
    {
        var name = Names.Pascal(model);
        return IsMember(name) ? name + "Model" : name;
    }

    /// <summary>Why a class cannot be called this; null when it can.</summary>
    /// <param name="space">Its namespace: identifiers with dots between them.</param>
    /// <param name="name">Its name: an identifier.</param>
    public static string? Problem(string space, string name)
    {
        var full = space + "." + name;
        return Names.IsKeyword(name) ? $"'{name}' is a word of C#"
            : IsMember(name) ? "one of its members has that name"
            : External.IsAlias(name) || space.Split('.').Any(External.IsAlias) ? "its own code uses such a name for something else"
            : External.FullNames.FirstOrDefault(Hides) is { } hidden ? $"it would hide '{hidden}', which it needs"
            : null;

        // A type hides what has its name and what lies in a namespace of that name; a namespace hides a type of its name.
        bool Hides(string used) => used == full || used.StartsWith(full + ".", StringComparison.Ordinal) || used == space || space.StartsWith(used + ".", StringComparison.Ordinal);
    }

    private static bool IsMember(string name) => Members.Contains(name) || ConstantsWriter.IsArray(name);
}
