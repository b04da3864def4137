using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;
using SparseDsl.Tests;

namespace SparseDsl.Dsl.Tests.Binding;

/// <summary>Binds programs given as text, with the standard library of this repository.</summary>
internal static class BindText
{
    /// <summary>Parses and binds a program; other modules are found in <paramref name="files"/> by their dotted name.</summary>
    public static (BoundModule Module, DiagnosticBag Diagnostics) Bind(string text, params (string Module, string Text)[] files)
    {
        var source = new SourceText("test.dsl", text);
        var diagnostics = new DiagnosticBag();
        var syntax = Parser.Parse(source, diagnostics);
        return (Binder.Bind(syntax, source, new Resolver(files), diagnostics), diagnostics);
    }

    /// <summary>The only model of a program without mistakes.</summary>
    public static BoundModel Model(string text, params (string Module, string Text)[] files)
    {
        var (module, diagnostics) = Bind(text, files);
        Assert.True(!diagnostics.HasErrors, string.Concat(diagnostics.Items.Select(DiagnosticRenderer.Render)));
        return Assert.Single(module.Models);
    }

    /// <summary>A model of one expression over inputs (<c>x: f32[4]</c>) and params (<c>param w: f32[4]</c>), with the dims N and W and the whole library.</summary>
    public static BoundModel Of(string expression, params string[] members) => Model(Program(expression, members));

    /// <summary>The same as text.</summary>
    public static string Print(string expression, params string[] members) => BoundPrinter.Print(Of(expression, members));

    /// <summary>The program that <see cref="Of"/> binds.</summary>
    public static string Program(string expression, params string[] members)
    {
        var declared = string.Concat(members.Select(m => (m.StartsWith("param ", StringComparison.Ordinal) ? m : "input " + m) + "\n"));
        return $"import std.nn\nimport std.layers\nimport std.attention\nimport std.formats\nmodel M(N: dim 1..8, W: dim 32..320 step 8) {{\n{declared}output result = {expression}\n}}";
    }

    /// <summary>The source of a library module.</summary>
    public static SourceText Library(string name) =>
        new($"std/{name}.dsl", File.ReadAllText(Repository.PathOf($"src/Stdlib/{name}.dsl")));

    private sealed class Resolver((string Module, string Text)[] files) : IModuleResolver
    {
        public SourceText? Resolve(string name, SourceText from)
        {
            if (name is "std.nn" or "std.attention" or "std.formats" or "std.layers")
            {
                return Library(name[4..]);
            }

            return files.Where(f => f.Module == name).Select(f => new SourceText(name.Replace('.', '/') + ".dsl", f.Text)).FirstOrDefault();
        }

        public ModuleSyntax Parse(SourceText module, DiagnosticBag diagnostics) => Parser.Parse(module, diagnostics);
    }
}
