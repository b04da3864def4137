using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using SparseDsl.Backends.CSharp;

namespace SparseDsl.Generator;

/// <summary>A class and the names of types that mean something else where it will be.</summary>
internal sealed record NamedSource(GeneratedSource Source, EquatableArray<string> Taken)
{
    /// <summary>The file for the C# compiler.</summary>
    public string Text() => Source.Class.File(new HashSet<string>(Taken, StringComparer.Ordinal));
}

/// <summary>
/// What a project has under the names of <see cref="ClassText.UsedTypes"/>. Generated classes use the namespaces of these types within their own, so a name means something
/// else when there is such a type in the class's namespace, another in one of the namespaces that it uses, or a member of the class in the project's part of it.
/// </summary>
internal static class TakenNames
{
    /// <summary>The names, in order.</summary>
    /// <param name="text">The class.</param>
    /// <param name="generated">Full names of all generated classes, which the project does not hold yet.</param>
    /// <param name="project">The project without them.</param>
    /// <param name="token">Ends the search.</param>
    public static EquatableArray<string> Of(ClassText text, ImmutableArray<string> generated, Microsoft.CodeAnalysis.Compilation project, CancellationToken token)
    {
        var own = Find(project, text.Namespace);
        var used = ClassText.UsedTypes.Select(t => t.Namespace).Distinct().Select(name => (Name: name, Space: Find(project, name))).ToList();
        var members = Members(own, text.Name);
        var taken = ClassText.UsedTypes.Where(type =>
        {
            token.ThrowIfCancellationRequested();
            return members.Contains(type.Name) || generated.Contains(text.Namespace + "." + type.Name)
                || Holds(own, type.Name) && text.Namespace != type.Namespace
                || used.Any(u => u.Name != type.Namespace && Holds(u.Space, type.Name));
        });
        return new([.. taken.Select(t => t.Name).Distinct().OrderBy(n => n, StringComparer.Ordinal)]);

        bool Holds(INamespaceSymbol? space, string name) =>
            space is not null && (space.GetTypeMembers(name).Any(t => project.IsSymbolAccessibleWithin(t, project.Assembly)) || space.GetMembers(name).Any(m => m is INamespaceSymbol));
    }

    private static INamespaceSymbol? Find(Microsoft.CodeAnalysis.Compilation project, string name)
    {
        var space = project.GlobalNamespace;
        foreach (var part in name.Split('.'))
        {
            space = space?.GetMembers(part).OfType<INamespaceSymbol>().FirstOrDefault();
        }

        return space;
    }

    // What the project's part of the class declares, and what it is derived from.
    private static HashSet<string> Members(INamespaceSymbol? space, string name)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var type = space?.GetTypeMembers(name, 0).FirstOrDefault(); type is not null; type = type.BaseType)
        {
            names.UnionWith(type.MemberNames);
            names.UnionWith(type.GetTypeMembers().Select(t => t.Name));
        }

        return names;
    }
}
