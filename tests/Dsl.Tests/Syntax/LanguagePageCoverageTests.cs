using System.Collections;
using System.Reflection;
using System.Text.RegularExpressions;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Tests.Syntax;

/// <summary>
/// The programs of docs/language.md show every construct: every kind of node, with and without each of its optional parts, with and without entries
/// in each of its lists, and with every operator.
/// </summary>
public partial class LanguagePageCoverageTests
{
    private static readonly NullabilityInfoContext Nullability = new();

    /// <summary>Lists that are never empty, or only in programs that mean nothing: a body without statements, a mask without indices.</summary>
    private static readonly HashSet<string> Meaningless =
    [
        "AnnotatedExpr.Annotations: none", "BlockExpr.Statements: none", "ForExpr.Variables: none", "FormatItem.Indices: none", "FormatItem.Levels: none",
        "IndexExpr.Subscripts: none", "LetStmt.Names: none", "MaskItem.Indices: none", "ModelItem.Body: none", "ReduceExpr.Binders: none",
        "SparsifyItem.Rules: none", "SparsifyRule.Annotations: none", "TupleExpr.Items: none",
    ];

    [Fact]
    public void Every_construct_is_shown()
    {
        var shown = new HashSet<string>();
        foreach (Match program in Fences().Matches(File.ReadAllText(SparseDsl.Tests.Repository.PathOf("docs/language.md"))))
        {
            Collect(SyntaxText.ParseClean(program.Groups[1].Value), shown);
        }

        var kinds = typeof(SyntaxNode).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(SyntaxNode)) && !t.IsAbstract && t != typeof(ErrorExpr) && t != typeof(ErrorStmt));
        var missing = kinds.SelectMany(AllFacets).Except(Meaningless).Except(shown).Order(StringComparer.Ordinal).ToList();
        Assert.True(missing.Count == 0, "docs/language.md has no example of:\n" + string.Join('\n', missing));
    }

    [Fact]
    public void What_is_said_to_be_meaningless_is_nowhere_in_the_library()
    {
        var shown = new HashSet<string>();
        foreach (var module in new[] { "nn", "layers", "attention", "formats" })
        {
            Collect(SyntaxText.ParseClean(File.ReadAllText(SparseDsl.Tests.Repository.PathOf($"src/Stdlib/{module}.dsl"))), shown);
        }

        Assert.Empty(shown.Intersect(Meaningless));
    }

    private static IEnumerable<string> AllFacets(Type kind) => Parts(kind).SelectMany(p => Values(p).Select(v => $"{kind.Name}.{p.Name}: {v}")).Prepend(kind.Name);

    private static string[] Values(PropertyInfo part)
    {
        if (part.PropertyType == typeof(bool))
        {
            return ["true", "false"];
        }

        if (part.PropertyType.IsEnum)
        {
            return Enum.GetNames(part.PropertyType);
        }

        var isList = IsList(part.PropertyType);
        var isOptional = Nullable.GetUnderlyingType(part.PropertyType) is not null || Nullability.Create(part).ReadState == NullabilityState.Nullable;
        return isList ? ["none", "some"] : isOptional ? ["present", "absent"] : [];
    }

    private static bool IsList(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(System.Collections.Immutable.ImmutableArray<>);

    private static IEnumerable<PropertyInfo> Parts(Type kind) => kind.GetProperties().Where(p => p.GetIndexParameters().Length == 0 && p.PropertyType != typeof(SourceSpan));

    private static void Collect(SyntaxNode node, HashSet<string> shown)
    {
        var kind = node.GetType();
        shown.Add(kind.Name);
        foreach (var part in Parts(kind))
        {
            var value = part.GetValue(node);
            shown.Add($"{kind.Name}.{part.Name}: {Describe(part, value)}");
            foreach (var child in value is IEnumerable list and not string ? list.OfType<SyntaxNode>() : value is SyntaxNode one ? [one] : [])
            {
                Collect(child, shown);
            }
        }
    }

    private static string Describe(PropertyInfo part, object? value) => value switch
    {
        bool truth => truth ? "true" : "false",
        Enum => value.ToString()!,
        null => "absent",
        IEnumerable list and not string when IsList(part.PropertyType) => list.Cast<object>().Any() ? "some" : "none",
        _ => "present",
    };

    [GeneratedRegex(@"^```dsl\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();
}
