using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Tests;

namespace SparseDsl.Dsl.Tests.Binding;

/// <summary>
/// What elaboration makes of the programs in tests/Golden/bound: every value with its stages. UPDATE_GOLDENS=1 rewrites the texts.
/// </summary>
public class ElaborationTests
{
    [Theory]
    [InlineData("operators")]
    [InlineData("layers")]
    [InlineData("shapes")]
    [InlineData("sparsity")]
    [InlineData("attention")]
    public void Bound_model_is(string name)
    {
        var text = File.ReadAllText(Repository.PathOf($"tests/Golden/bound/{name}.dsl"));
        var path = Repository.PathOf($"tests/Golden/bound/{name}.bound.txt");
        var printed = BoundPrinter.Print(BindText.Model(text));
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDENS") == "1")
        {
            File.WriteAllText(path, printed);
        }

        Assert.Equal(File.ReadAllText(path), printed);
        using (new RussianCulture())
        {
            Assert.Equal(printed, BoundPrinter.Print(BindText.Model(text)));
        }
    }
}
