using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Dsl.Tests.Syntax;

/// <summary>
/// Every row of the diagnostics table has an example that provokes it. A class of rows joins by adding the stage that
/// reports them to <see cref="Stages"/>.
/// </summary>
public class ExampleTests
{
    /// <summary>By the first three characters of an id: what runs an example and returns what it reports.</summary>
    private static readonly Dictionary<string, Func<string, DiagnosticBag>> Stages = new()
    {
        ["SD1"] = text => SyntaxText.Parse(text).Diagnostics,
    };

    public static TheoryData<string> Ids => [.. DiagnosticTable.All.Where(HasStage).Select(d => d.Id)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Example_provokes_its_diagnostic(string id)
    {
        var row = DiagnosticTable.All.Single(d => d.Id == id);
        var found = Stages[Class(row)](row.Example).Items;
        Assert.True(found.Any(d => d.Id == id), $"found only {string.Join(", ", found)}");
        Assert.All(found, d => Assert.NotEmpty(DiagnosticRenderer.Render(d)));
    }

    [Fact]
    public void Rows_follow_the_rules_of_the_table()
    {
        Assert.Equal(DiagnosticTable.All.Length, DiagnosticTable.All.Select(d => d.Id).Distinct().Count());
        Assert.All(DiagnosticTable.All, d =>
        {
            Assert.Matches("^SD[1-5][0-9]{3}$", d.Id);
            Assert.False(d.Message.EndsWith('.'), d.Id);
            Assert.False(char.IsUpper(d.Message[0]), d.Id);
            Assert.NotEmpty(d.Example);
        });
    }

    [Fact]
    public void The_table_lists_every_row()
    {
        var declared = typeof(DiagnosticTable).Assembly.GetTypes()
            .SelectMany(t => t.GetFields(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public))
            .Where(f => f.FieldType == typeof(DiagnosticDescriptor))
            .Select(f => ((DiagnosticDescriptor)f.GetValue(null)!).Id);
        Assert.Equal(declared.Order(StringComparer.Ordinal), DiagnosticTable.All.Select(d => d.Id).Order(StringComparer.Ordinal));
    }

    private static bool HasStage(DiagnosticDescriptor row) => Stages.ContainsKey(Class(row));

    private static string Class(DiagnosticDescriptor row) => row.Id[..3];
}
