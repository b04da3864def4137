using System.Text.Json;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Symbols;
using SparseDsl.Import.Data;

namespace SparseDsl.Tests.LanguageServer;

/// <summary>Hover, definitions, completion, outline and formatting over a program whose place of interest is marked.</summary>
public class FeatureTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Digits = """
        module digits
        import std.nn

        const classes = 10

        // Twice its operand.
        op twice(x) = x + x

        layer dense(x: f32[N, I]; out: dim) {
            param w: f32[out, I], b: f32[out]
            linear(x, w, b)
        }

        model Digits(N: dim 1..64) {
            input image: u8[N, 28, 28]
            param w1: f32[256, 784] @unstructured(zeros >= 90%)
            param w2: f32[256, 256] @nm(2, 4) @format(csr)
            param b1: f32[256]
            let x = image |> cast(f32) |> flatten(from: 1)
            let h = linear(x, w1, b1) |> relu
            let g = linear(h, w2, b1) |> twice
            output logits: f32[N, 10] = g |> dense(classes) as head
        }

        """;

    private static readonly string DigitsWithFormats = Digits.Replace("import std.nn\n", "import std.nn\nimport std.formats\n", StringComparison.Ordinal);

    private readonly ServerProcess server = fixture.Server;

    // --------------------------------------------------------------------------------------------------------------- hover

    [Theory]
    [InlineData("param §w1", "param w1: f32[256, 784] @unstructured(zeros >= 90%)", "200,704 elements", "802,816 bytes", "at least 90% zeros", "at most 20,070 non-zeros", "density 10%")]
    [InlineData("(x, §w1", "param w1", "at least 90% zeros")]
    [InlineData("param §w2", "at most 2 of every 4", "density 50%", "storage: `csr`, dense(i), compressed(j)")]
    [InlineData("let §h", "`f32[N, 256]`", "`N*1024` bytes", "`N*200704` MAC (at most `N*20070` over the promised non-zeros)", "FLOP", "bytes moved")]
    [InlineData("§linear(x, w1", "op linear(", "`f32[N, 256]`", "`N*200704` MAC")]
    [InlineData("§relu", "op relu(x) = max(x, 0)", "`f32[N, 256]`", "0 MAC")]
    [InlineData("§twice\n", "op twice(x) = x + x", "Twice its operand.")]
    [InlineData("layer §dense", "layer dense(x: f32[N, I]; out: dim)", "in `head`: gives `f32[N, 10]`", "`N*2560` MAC", "2,570 parameters")]
    [InlineData("|> §dense", "gives `f32[N, 10]`", "`N*2560` MAC")]
    [InlineData("    param §w:", "`head.w`: `f32[10, 256]`")]
    [InlineData("model §Digits", "`image: u8[N, 28, 28]` → `logits: f32[N, 10]`", "269,066 parameters", "MAC")]
    [InlineData("output §logits", "`f32[N, 10]`")]
    [InlineData("§image |>", "`u8[N, 28, 28]`", "`N*784` bytes")]
    [InlineData("(§N: dim", "N: dim 1..64")]
    [InlineData("(§classes)", "const classes = 10")]
    [InlineData("§cast(", "cast(x, type)", "`f32[N, 28, 28]`")]
    [InlineData("@§nm(", "@nm(2, 4)")]
    [InlineData("§from:", "")]
    public async Task Hover_tells(string place, params string[] expected)
    {
        var (text, position) = Marked.Parse(DigitsWithFormats.Replace(place.Replace("§", "", StringComparison.Ordinal), place, StringComparison.Ordinal));
        var uri = fixture.UriOf("hover.dsl");
        await server.Open(uri, text);

        var hover = await server.At("textDocument/hover", uri, position);

        var shown = hover.ValueKind == JsonValueKind.Null ? "" : hover.GetProperty("contents").GetProperty("value").GetString()!;
        Assert.All(expected, e => Assert.Contains(e, shown, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Hover_in_a_layer_nobody_calls_tells_types_over_its_own_extents()
    {
        var (text, place) = Marked.Parse("layer l(x: f32[N, C]) {\n    let §y = x * 2\n    y + x\n}\n");
        var uri = fixture.UriOf("generic.dsl");
        await server.Open(uri, text);

        var hover = await server.At("textDocument/hover", uri, place);

        Assert.Contains("for any arguments: `f32[N, C]`", hover.GetProperty("contents").GetProperty("value").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hover_counts_with_the_weights_beside_the_program()
    {
        const string Program = "import std.nn\nmodel M(N: dim 1..64) {\n    input x: f32[N, 400]\n    param w: f32[300, 400]\n    param b: f32[300]\n    output y: f32[N, 300] = linear(x, w, b) |> relu\n}\n";
        var uri = fixture.UriOf("weighted.dsl");
        await server.Open(uri, Program);
        var weights = Path.Combine(fixture.Folder, "weighted.safetensors");

        Assert.DoesNotContain("compiled with", await Shown("§w:"), StringComparison.Ordinal);

        TensorFiles.Write(weights, Weights(nonZerosInARow: 40));
        var param = await Shown("§w:");
        Assert.All(
            ["compiled with `weighted.safetensors` at N = 1", "10% non-zeros", "stored `csr", "12,000 of 120,000 MAC", "(dense "],
            e => Assert.Contains(e, param, StringComparison.Ordinal));
        var call = await Shown("§linear");
        Assert.All(["cost as written: `N*120000` MAC", "12,000 of 120,000 MAC"], e => Assert.Contains(e, call, StringComparison.Ordinal));
        var model = await Shown("§M(N");
        Assert.All(["120,300 parameters", "12,000 of 120,000 MAC"], e => Assert.Contains(e, model, StringComparison.Ordinal));

        TensorFiles.Write(weights, Weights(nonZerosInARow: 20));
        Assert.Contains("6,000 of 120,000 MAC", await Shown("§w:"), StringComparison.Ordinal);

        await File.WriteAllTextAsync(weights, "no weights at all", TestContext.Current.CancellationToken);
        Assert.DoesNotContain("compiled with", await Shown("§w:"), StringComparison.Ordinal);

        async Task<string> Shown(string place)
        {
            var (_, position) = Marked.Parse(Program.Replace(place.Replace("§", "", StringComparison.Ordinal), place, StringComparison.Ordinal));
            return (await server.At("textDocument/hover", uri, position)).GetProperty("contents").GetProperty("value").GetString()!;
        }
    }

    private static Dictionary<string, TensorData> Weights(int nonZerosInARow) => new(StringComparer.Ordinal)
    {
        ["w"] = TensorData.FromFloats([.. Enumerable.Range(0, 300 * 400).Select(i => (i + (i / 400 * 37)) * 7 % 400 < nonZerosInARow ? 0.5f + (i % 13) : 0f)], 300, 400),
        ["b"] = TensorData.FromFloats(new float[300], 300),
    };

    [Fact]
    public async Task Hover_of_nothing_is_null()
    {
        var uri = fixture.UriOf("nothing.dsl");
        await server.Open(uri, "// relu\n\nop f(x) = x\n");

        Assert.Equal(JsonValueKind.Null, (await server.At("textDocument/hover", uri, (0, 4))).ValueKind);
        Assert.Equal(JsonValueKind.Null, (await server.At("textDocument/hover", uri, (1, 0))).ValueKind);
        Assert.Equal(JsonValueKind.Null, (await server.At("textDocument/hover", uri, (900, 900))).ValueKind);
    }

    // --------------------------------------------------------------------------------------------------------- definitions

    [Theory]
    [InlineData("(x, §w1", "15:10")]
    [InlineData("(§x, w1", "18:8")]
    [InlineData("|> §twice", "6:3")]
    [InlineData("§classes)", "3:6")]
    [InlineData("u8[§N,", "13:13")]
    [InlineData("(§x, w, b)", "8:12")]
    [InlineData("f32[out, §I]", "8:22")]
    [InlineData("f32[§out, I]", "8:26")]
    public async Task Definition_of_a_name_of_the_file(string place, string expected)
    {
        var (text, position) = Marked.Parse(Digits.Replace(place.Replace("§", "", StringComparison.Ordinal), place, StringComparison.Ordinal));
        var uri = fixture.UriOf("definition.dsl");
        await server.Open(uri, text);

        var found = await server.At("textDocument/definition", uri, position);

        Assert.Equal(uri, found.GetProperty("uri").GetString());
        Assert.StartsWith(expected + "-", DiagnosticTests.RangeOf(found), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("§relu", "op relu(")]
    [InlineData("import §std.nn", "module std.nn")]
    public async Task Definition_in_the_library_is_a_file_with_its_text(string place, string line)
    {
        var (text, position) = Marked.Parse(Digits.Replace(place.Replace("§", "", StringComparison.Ordinal), place, StringComparison.Ordinal));
        var uri = fixture.UriOf("library.dsl");
        await server.Open(uri, text);

        var found = await server.At("textDocument/definition", uri, position);

        var path = new Uri(found.GetProperty("uri").GetString()!).LocalPath;
        var lines = await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken);
        Assert.StartsWith(line, lines[found.GetProperty("range").GetProperty("start").GetProperty("line").GetInt32()], StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllTextAsync(Repository.PathOf("src/Stdlib/nn.dsl"), TestContext.Current.CancellationToken), string.Join('\n', lines) + "\n");
    }

    [Fact]
    public async Task Definition_of_imports_items_and_named_arguments_of_another_file()
    {
        await File.WriteAllTextAsync(Path.Combine(fixture.Folder, "shapes.dsl"), "// Here.\nop grow(x; by: float = 2) = x * by\n", TestContext.Current.CancellationToken);
        var uri = fixture.UriOf("imports.dsl");
        await server.Open(uri, "import shapes\n\nmodel M {\n    input x: f32[4]\n    output y = grow(x, by: 3)\n}\n");

        foreach (var (place, expected) in new[] { ((0, 8), "0:0-0:0"), ((4, 16), "1:3-1:7"), ((4, 23), "1:11-1:13") })
        {
            var found = await server.At("textDocument/definition", uri, place);
            Assert.Equal(fixture.UriOf("shapes.dsl"), found.GetProperty("uri").GetString());
            Assert.Equal(expected, DiagnosticTests.RangeOf(found));
        }
    }

    // ---------------------------------------------------------------------------------------------------------- completion

    [Theory]
    [InlineData("model M {\n    input x: f32[4]\n    param weight: f32[4]\n    output y = x + w§\n}\n", "weight", "where")]
    [InlineData("import std.nn\nmodel M {\n    input x: f32[4]\n    output y = x |> sof§\n}\n", "softmax", "relu")]
    [InlineData("import std.nn\nmodel M {\n    input x: f32[1, 1, 4, 4]\n    param f: f32[1, 1, 3, 3]\n    output y = conv2d(x, f, st§\n}\n", "stride_h:", "softmax")]
    [InlineData("model M {\n    param w: f32[4, 4] @§\n}\n", "unstructured", "relu")]
    [InlineData("model M {\n    param w: f32[4, 4] @n§\n}\n", "nm", "unstructured")]
    [InlineData("import std.§\n", "std.layers", "relu")]
    [InlineData("model M {\n    input x: §\n}\n", "bf16", "relu")]
    [InlineData("model M(batch: dim) {\n    input x: f32[§\n}\n", "batch", "module")]
    [InlineData("model M {\n    input x: f32[4]\n    let n = x.§\n}\n", "shape", "x")]
    [InlineData("op f(x) = x\n\nmo§\n", "model", "f")]
    [InlineData("op f(x[i], y[i]) -> z[i] = x[i] * s§", "sqrt", "model")]
    [InlineData("model M {\n    input x: f32[4]\n    output y = reshape(x, §)\n}\n", "shape:", "rank")]
    [InlineData("model M {\n    input first: f32[4]\n    let second = first\n    § \n    let third = second\n}\n", "second", "third")]
    [InlineData("mask near(q, k; w) = q - k < w§", "w", "q")]
    public async Task Completion_offers_what_fits(string program, string offered, string notOffered)
    {
        var (text, place) = Marked.Parse(program);
        var uri = fixture.UriOf("completion.dsl");
        await server.Open(uri, text);

        var labels = Labels(await server.At("textDocument/completion", uri, place));

        Assert.Contains(offered, labels);
        Assert.DoesNotContain(notOffered, labels);
    }

    [Theory]
    [InlineData("// rel§\n")]
    [InlineData("/* rel§ */\n")]
    [InlineData("model M {\n    param m: f32[4] @mask(\"rel§\")\n}\n")]
    [InlineData("model M {\n    let rel§\n}\n")]
    public async Task Completion_is_silent_in_comments_strings_and_new_names(string program)
    {
        var (text, place) = Marked.Parse(program);
        var uri = fixture.UriOf("silent.dsl");
        await server.Open(uri, text);

        Assert.Empty(Labels(await server.At("textDocument/completion", uri, place)));
    }

    [Fact]
    public async Task Completion_of_an_item_that_is_not_imported_adds_the_import()
    {
        var (text, place) = Marked.Parse("module m\n\nmodel M {\n    input x: f32[4]\n    output y = softm§\n}\n");
        var uri = fixture.UriOf("adds.dsl");
        await server.Open(uri, text);

        var list = await server.At("textDocument/completion", uri, place);

        var softmax = list.GetProperty("items").EnumerateArray().First(i => i.GetProperty("label").GetString() == "softmax");
        var edit = Assert.Single(softmax.GetProperty("additionalTextEdits").EnumerateArray());
        Assert.Equal("\n\nimport std.nn", edit.GetProperty("newText").GetString());
        Assert.Equal("0:8-0:8", DiagnosticTests.RangeOf(edit));
    }

    [Fact]
    public async Task Names_stay_while_the_item_around_them_does_not_parse()
    {
        var uri = fixture.UriOf("broken.dsl");
        await server.Open(uri, "op f(operand[i], factor[i]) -> y[i] = operand[i]\n");
        await server.Diagnostics(uri, d => d.Length == 0, 1);
        await server.Replace(uri, "op f(operand[i], factor[i]) -> y[i] = operand[i] *\n", 2);

        var labels = Labels(await server.At("textDocument/completion", uri, (0, 50)));

        Assert.Contains("factor", labels);
    }

    [Fact]
    public void Every_annotation_the_binder_knows_is_offered()
    {
        Assert.Equal(
            Annotations.Promises.Concat(Annotations.Selections).Append("format").Append("quant").Order(StringComparer.Ordinal),
            LanguageWords.Annotations.Select(a => a.Name).Order(StringComparer.Ordinal));
    }

    // --------------------------------------------------------------------------------------------------- outline, formatting

    [Fact]
    public async Task Outline_has_items_and_their_members()
    {
        var uri = fixture.UriOf("outline.dsl");
        await server.Open(uri, Digits);

        var symbols = (await server.About("textDocument/documentSymbol", uri)).EnumerateArray().ToArray();

        Assert.Equal(["classes", "twice", "dense", "Digits"], symbols.Select(s => s.GetProperty("name").GetString()));
        Assert.Equal(["image", "w1", "w2", "b1", "x", "h", "g", "logits"], symbols[3].GetProperty("children").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        Assert.Equal(["w", "b"], symbols[2].GetProperty("children").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        Assert.Equal("f32[256, 784] @unstructured(zeros >= 90%)", symbols[3].GetProperty("children")[1].GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Formatting_gives_the_canonical_text()
    {
        var uri = fixture.UriOf("format.dsl");
        var text = "module m\n\nop  f(x)=x+x   // kept\n\nmodel M {\n  input x: f32[4]\n    output y=f(x)\n}\n";
        await server.Open(uri, text);

        var edits = await server.Request("textDocument/formatting", new { textDocument = new { uri }, options = new { tabSize = 4, insertSpaces = true } });

        Assert.Equal("module m\n\nop f(x) = x + x // kept\n\nmodel M {\n    input x: f32[4]\n    output y = f(x)\n}\n", Apply(text, edits));
    }

    [Theory]
    [InlineData("op f(x) = x + x\n")]
    [InlineData("op f(x) = x +\n")]
    [InlineData("")]
    public async Task Formatting_leaves_canonical_and_broken_programs_alone(string text)
    {
        var uri = fixture.UriOf("alone.dsl");
        await server.Open(uri, text);

        var edits = await server.Request("textDocument/formatting", new { textDocument = new { uri }, options = new { tabSize = 4, insertSpaces = true } });

        Assert.Empty(edits.EnumerateArray());
    }

    private static string[] Labels(JsonElement list) => [.. list.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("label").GetString()!)];

    private static string Apply(string text, JsonElement edits)
    {
        foreach (var edit in edits.EnumerateArray())
        {
            var range = edit.GetProperty("range");
            text = text[..Offset(text, range.GetProperty("start"))] + edit.GetProperty("newText").GetString() + text[Offset(text, range.GetProperty("end"))..];
        }

        return text;
    }

    private static int Offset(string text, JsonElement position) =>
        text.Split('\n').Take(position.GetProperty("line").GetInt32()).Sum(l => l.Length + 1) + position.GetProperty("character").GetInt32();
}
