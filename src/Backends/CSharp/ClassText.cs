using SparseDsl.Backends.CSharp.Emit;

namespace SparseDsl.Backends.CSharp;

/// <summary>A generated class before it is known what else is around it.</summary>
/// <param name="Head">Comments and directives before the namespace.</param>
/// <param name="Namespace">Its namespace: identifiers with dots between them.</param>
/// <param name="Name">Its name: an identifier.</param>
/// <param name="Body">The class, with <see cref="External"/>'s names of types.</param>
public sealed record ClassText(string Head, string Namespace, string Name, string Body)
{
    private static readonly HashSet<string> Nothing = [];

    /// <summary>The types that generated classes use, with their namespaces.</summary>
    public static IReadOnlyList<(string Namespace, string Name)> UsedTypes { get; } =
        [.. External.FullNames.Select(full => (full.Substring(0, full.LastIndexOf('.')), full.Substring(full.LastIndexOf('.') + 1)))];

    /// <summary>Namespace and name.</summary>
    public string FullName => Namespace + "." + Name;

    /// <summary>The file of a class that is alone in its namespace.</summary>
    public string Alone() => File(Nothing);

    /// <summary>The file.</summary>
    /// <param name="taken">Names of <see cref="UsedTypes"/> that mean something else in the class: there they are written in a way that means nothing else.</param>
    public string File(ISet<string> taken)
    {
        var names = new TypeNames(Body, taken);
        var usings = string.Concat(names.Usings.Select(line => line + "\n"));
        var space = string.Join(".", Namespace.Split('.').Select(Names.Escape));
        // Behind the namespace: there they come before what encloses it.
        return $"{Head}\nnamespace {space};\n\n{usings}{(usings.Length > 0 ? "\n" : "")}{names.Text}";
    }
}
