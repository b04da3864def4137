using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Dsl.Tests.Binding;

/// <summary>Every row of the binder's diagnostics is provoked by its own example, and documented completely.</summary>
public class TableTests
{
    public static TheoryData<string> Ids => [.. Rows.Select(r => r.Id)];

    private static IEnumerable<DiagnosticDescriptor> Rows => NameDiagnostics.All.Concat(SparsityDiagnostics.All);

    [Theory]
    [MemberData(nameof(Ids))]
    public void Example_provokes_its_row(string id)
    {
        var row = Rows.Single(r => r.Id == id);
        var (_, diagnostics) = BindText.Bind(row.Example);
        Assert.True(diagnostics.Items.Any(d => d.Id == id), row.Example + "\n" + string.Concat(diagnostics.Items.Select(DiagnosticRenderer.Render)));
        Assert.All(diagnostics.Items, d => Assert.True(d.Id == id || d.Severity < Severity.Error, DiagnosticRenderer.Render(d)));
    }

    [Fact]
    public void Rows_are_unique_and_in_style()
    {
        ImmutableArray<DiagnosticDescriptor> rows = [.. Rows];
        Assert.Equal(rows.Length, rows.Select(r => r.Id).Distinct().Count());
        Assert.All(rows, r => Assert.False(r.Message.EndsWith('.') || r.Hint.Length == 0, r.Id));
        Assert.True(NameDiagnostics.All.Length >= 22 && SparsityDiagnostics.All.Length >= 12);
    }
}
