using System.Text.RegularExpressions;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;
using SparseDsl.Tests;

namespace SparseDsl.Dsl.Tests.Binding;

/// <summary>Damaged programs: the binder never throws, and a model that is missing from the result has an error that says why.</summary>
public partial class BinderFuzzTests
{
    private static readonly string[] Extra =
        ["0", "-1", "9999999999", "0.5", "50%", "\"s\"", "true", "x", "N", "i", "..", "[", "]", "(", ")", "'", "@dense", "sum(i)", "inf", "none", "f32", "[1, 2]", "1 / 0", "attend", "concat", "softmax", "csr", "exp"];

    public static TheoryData<string> Programs =>
        [.. new[] { "bound", "syntax" }.SelectMany(f => Directory.GetFiles(Repository.PathOf("tests/Golden/" + f), "*.dsl")).Order(StringComparer.Ordinal).Select(p => Path.GetRelativePath(Repository.Root, p))];

    [Theory]
    [MemberData(nameof(Programs))]
    public void Damaged_programs_are_reported(string file)
    {
        var tokens = Tokens().Matches(File.ReadAllText(Repository.PathOf(file))).Select(m => m.Value).ToArray();
        var random = new Random(file.Length);
        for (var round = 0; round < 100; round++)
        {
            Check(Damage(tokens, random));
        }
    }

    private static string Damage(string[] tokens, Random random)
    {
        var damaged = tokens.ToList();
        for (var edits = random.Next(1, 4); edits > 0; edits--)
        {
            var at = random.Next(damaged.Count);
            switch (random.Next(4))
            {
                case 0:
                    damaged.RemoveAt(at);
                    break;
                case 1:
                    damaged.Insert(at, damaged[random.Next(damaged.Count)]);
                    break;
                case 2:
                    damaged[at] = Extra[random.Next(Extra.Length)];
                    break;
                default:
                    damaged[at] = damaged[random.Next(damaged.Count)];
                    break;
            }
        }

        return string.Concat(damaged);
    }

    private static void Check(string text)
    {
        try
        {
            var models = Parser.Parse(new SourceText("test.dsl", text), new DiagnosticBag()).Items.OfType<ModelItem>().Select(m => m.Name.Text).ToHashSet();
            var (module, diagnostics) = BindText.Bind(text);
            Assert.True(diagnostics.HasErrors || models.SetEquals(module.Models.Select(m => m.Name)), "a model is missing without an error");
            Assert.All(diagnostics.Items, d => Assert.NotEmpty(DiagnosticRenderer.Render(d)));
        }
        catch (Exception problem)
        {
            throw new InvalidOperationException(problem.Message + "\n" + text, problem);
        }
    }

    [GeneratedRegex(@"\w+|\s+|[^\w\s]")]
    private static partial Regex Tokens();
}
