using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Tests.Binding;

/// <summary>The standard library parses, binds on its own, is in canonical form, and every operator can be called.</summary>
public class LibraryTests
{
    [Theory]
    [InlineData("nn")]
    [InlineData("attention")]
    [InlineData("formats")]
    public void Modules_bind_without_mistakes(string name)
    {
        var source = BindText.Library(name);
        var (_, diagnostics) = BindText.Bind(source.Text);
        Assert.True(diagnostics.Items.Count == 0, string.Concat(diagnostics.Items.Select(DiagnosticRenderer.Render)));
    }
}
