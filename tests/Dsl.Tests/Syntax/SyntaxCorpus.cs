using System.Collections;
using System.Reflection;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Tests.Syntax;

/// <summary>The valid programs of tests/Golden/syntax.</summary>
public static class SyntaxCorpus
{
    public static IReadOnlyList<string> Files { get; } =
        [.. Directory.GetFiles(SparseDsl.Tests.Repository.PathOf("tests/Golden/syntax"), "*.dsl").Order(StringComparer.Ordinal)];

    public static TheoryData<string> Names => [.. Files.Select(f => Path.GetFileName(f))];

    public static string Read(string name) => File.ReadAllText(Files.Single(f => Path.GetFileName(f) == name));

    /// <summary>All nodes below a node and itself, found by reflection so that no new record can be forgotten.</summary>
    public static IEnumerable<SyntaxNode> Nodes(SyntaxNode root)
    {
        yield return root;
        foreach (var property in root.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            foreach (var child in Children(property.GetValue(root)))
            {
                foreach (var node in Nodes(child))
                {
                    yield return node;
                }
            }
        }
    }

    private static IEnumerable<SyntaxNode> Children(object? value) => value switch
    {
        SyntaxNode node => [node],
        IEnumerable list and not string => list.Cast<object>().OfType<SyntaxNode>(),
        _ => [],
    };
}
