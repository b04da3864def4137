using System.Text;
using StreamJsonRpc;

namespace SparseDsl.Tests.LanguageServer;

/// <summary>Half-typed programs, fast typing, long files, requests that are taken back.</summary>
public class RobustnessTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Program = """
        module m
        import std.nn
        import std.formats
        const k = [(1, 2), (3, 4)]
        op scaled(x[.., j]; by: float = 1e-5) -> y[.., j] = { let m = max(j) x[.., j]; x[.., j] * m * by }
        mask near(q, k; w) = q - k < w
        pattern p(w) = near(w) | !near(2) cover tile(4, 4)
        layer dense(x: f32[N, I]; out: dim) {
            param w: f32[out, I] @unstructured(zeros >= 90%) @format(bsr(4, 1)), b: f32[out]
            linear(x, w, b) |> relu
        }
        model M(N: dim 1..64 step 2) {
            input x: f32[N, 8]
            let h = for (a, b) in k { x |> dense(8) as block[a] }
            let q = if N > 2 { h } else { h * 2 }
            output y: f32[N, 8] = q' ' |> scaled(by: 0.5) + x[.., :8] @topk(2, statistical, expect: 8%)
        }
        sparsify M { block[*].w : nm(2, 4) }

        """;

    private readonly ServerProcess server = fixture.Server;

    [Fact]
    public async Task No_prefix_of_a_program_makes_a_request_fail()
    {
        var uri = fixture.UriOf("prefix.dsl");
        await server.Open(uri, "");
        for (var length = 0; length <= Program.Length; length += 5)
        {
            var text = Program[..length];
            var place = (text.Count(c => c == '\n'), length - (text.LastIndexOf('\n') + 1));
            await server.Replace(uri, text, length + 2);
            await server.At("textDocument/completion", uri, place);
            await server.At("textDocument/hover", uri, place);
            await server.At("textDocument/definition", uri, place);
            await server.About("textDocument/documentSymbol", uri);
            await server.About("textDocument/formatting", uri);
        }

        Assert.DoesNotContain("which is a bug", server.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_that_is_no_program_makes_no_request_fail()
    {
        var uri = fixture.UriOf("noise.dsl");
        await server.Open(uri, "");
        var version = 2;
        foreach (var text in new[] { "{{{{[[[((", "}}})])", "\0\0\0", "model model model {", "import", "import .", "op (x", "@", "\ud83d", "a\r\nb\rc\n", "\"", "/*", new string('(', 3000), "op f(x) = " + string.Concat(Enumerable.Repeat("-", 3000)) + "x" })
        {
            await server.Replace(uri, text, version++);
            await server.At("textDocument/completion", uri, (0, 1));
            await server.At("textDocument/hover", uri, (0, 1));
            await server.About("textDocument/documentSymbol", uri);
        }

        Assert.DoesNotContain("which is a bug", server.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fast_typing_ends_with_the_diagnostics_of_the_last_text()
    {
        var uri = fixture.UriOf("typing.dsl");
        const string typed = "op f(x) = undefined_name(x)\n";
        await server.Open(uri, "");
        for (var i = 0; i < typed.Length; i++)
        {
            var place = new { line = 0, character = i };
            await server.Notify("textDocument/didChange", new
            {
                textDocument = new { uri, version = i + 2 },
                contentChanges = new[] { new { range = new { start = place, end = place }, text = typed[i].ToString() } },
            });
        }

        var mistake = Assert.Single(await server.Diagnostics(uri, d => d.Length > 0, typed.Length + 1));
        Assert.Equal("0:10-0:24", DiagnosticTests.RangeOf(mistake));
    }

    [Fact]
    public async Task Edits_of_one_message_apply_in_order()
    {
        var uri = fixture.UriOf("edits.dsl");
        await server.Open(uri, "op a(x) = x\r\nop b(x) = x\r\n");
        object Edit(int line, int from, int to, string text) =>
            new { range = new { start = new { line, character = from }, end = new { line, character = to } }, text };
        await server.Notify("textDocument/didChange", new
        {
            textDocument = new { uri, version = 2 },
            // A column past the end of a line is its end.
            contentChanges = new[] { Edit(0, 3, 4, "first"), Edit(0, 0, 0, "// 😀\n"), Edit(2, 3, 4, "second"), Edit(2, 999, 999, " + x"), Edit(99, 0, 0, "op c(x) = x\n") },
        });

        var symbols = (await server.About("textDocument/documentSymbol", uri)).EnumerateArray().ToArray();

        Assert.Equal(["first", "second", "c"], symbols.Select(s => s.GetProperty("name").GetString()));
        Assert.Equal("2:0-2:20", DiagnosticTests.RangeOf(symbols[1]));
    }

    [Fact]
    public async Task Requests_can_be_taken_back()
    {
        var uri = fixture.UriOf("cancel.dsl");
        await server.Open(uri, LongProgram(1500));
        using var cancellation = new CancellationTokenSource();
        var request = server.Cancellable("textDocument/hover", new { textDocument = new { uri }, position = new { line = 3, character = 9 } }, cancellation.Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        Assert.NotEmpty((await server.About("textDocument/documentSymbol", uri)).EnumerateArray());
    }

    [Fact]
    public async Task An_older_text_does_not_answer_for_a_newer_one()
    {
        var uri = fixture.UriOf("older.dsl");
        await server.Open(uri, LongProgram(400));
        var old = server.At("textDocument/hover", uri, (4, 8));
        await server.Replace(uri, "op renamed(x) = x\n", 2);

        // Either it was answered before the change, or the client is told to ask again.
        try
        {
            await old;
        }
        catch (RemoteInvocationException changed)
        {
            Assert.Equal(-32801, changed.ErrorCode);
        }

        Assert.Equal("renamed", (await server.About("textDocument/documentSymbol", uri))[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_thousand_lines_are_served()
    {
        var uri = fixture.UriOf("long.dsl");
        await server.Open(uri, LongProgram(1000));

        Assert.Empty(await server.Diagnostics(uri, _ => true, 1));
        var hover = await server.At("textDocument/hover", uri, (1000, 8));
        Assert.Contains("let x996", hover.GetProperty("contents").GetProperty("value").GetString(), StringComparison.Ordinal);
        Assert.Contains("`f32[4]`", hover.GetProperty("contents").GetProperty("value").GetString(), StringComparison.Ordinal);
        var definition = await server.At("textDocument/definition", uri, (1000, 21));
        Assert.Equal(999, definition.GetProperty("range").GetProperty("start").GetProperty("line").GetInt32());
        Assert.Equal(1002, (await server.About("textDocument/documentSymbol", uri))[0].GetProperty("children").GetArrayLength());
    }

    /// <summary>A model of as many lets, one a line from the fourth line on: <c>let x5 = relu(x4)</c>.</summary>
    private static string LongProgram(int lets)
    {
        var text = new StringBuilder("import std.nn\n\nmodel Long {\n    input x: f32[4]\n    let x0 = x\n");
        for (var i = 1; i < lets; i++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"    let x{i} = relu(x{i - 1})\n");
        }

        return text.Append(System.Globalization.CultureInfo.InvariantCulture, $"    output y = x{lets - 1}\n}}\n").ToString();
    }
}
