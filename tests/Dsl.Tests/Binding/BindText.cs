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

    /// <summary>A model of one expression over some inputs: <c>Apply("relu(x)", "x: f32[4]")</c>, as text without its first line.</summary>
    public static string Value(string expression, params string[] members)
    {
        var declared = string.Concat(members.Select(m => (m.StartsWith("param", StringComparison.Ordinal) ? m : "input " + m) + "\n"));
        var model = Model($"import std.nn\nimport std.attention\nimport std.formats\nmodel M(N: dim 1..8, W: dim 32..320 step 8) {{\n{declared}output y = {expression}\n}}");
        return BoundPrinter.Print(model);
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
    }
}
