using System.Text.Json;

namespace SparseDsl.Tests.LanguageServer;

/// <summary>Mistakes as they reach the client.</summary>
public class DiagnosticTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly ServerProcess server = fixture.Server;

    [Fact]
    public async Task A_mistake_has_its_id_range_severity_and_hint()
    {
        var uri = fixture.UriOf("mistake.dsl");
        await server.Open(uri, "import std.nn\n\nmodel M {\n    input x: f32[4]\n    output y = /* 😀 */ rellu(x)\n}\n");

        var mistake = Assert.Single(await server.Diagnostics(uri, d => d.Length > 0));

        Assert.Equal("SD2001", mistake.GetProperty("code").GetString());
        Assert.Equal(1, mistake.GetProperty("severity").GetInt32());
        Assert.Equal("sparsedsl", mistake.GetProperty("source").GetString());
        Assert.Contains("\nhint: ", mistake.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("'relu'", mistake.GetProperty("message").GetString(), StringComparison.Ordinal);
        // The emoji is two code units.
        Assert.Equal("4:24-4:29", RangeOf(mistake));
    }

    [Fact]
    public async Task A_warning_is_a_warning()
    {
        var uri = fixture.UriOf("warning.dsl");
        await server.Open(uri, "model M {\n    input x: f32[4], \n    input z: f32[4]\n    output y = x + x\n}\n".Replace(", \n", "\n", StringComparison.Ordinal));

        var warning = Assert.Single(await server.Diagnostics(uri, d => d.Length > 0));

        Assert.Equal("SD2101", warning.GetProperty("code").GetString());
        Assert.Equal(2, warning.GetProperty("severity").GetInt32());
        Assert.Equal(2, warning.GetProperty("range").GetProperty("start").GetProperty("line").GetInt32());
    }

    [Fact]
    public async Task All_mistakes_are_reported_and_disappear_when_they_are_mended()
    {
        var uri = fixture.UriOf("several.dsl");
        await server.Open(uri, "model M {\n    input x: f32[4]\n    let a = b + c\n    let d = (x +\n    output y: f32[5] = x\n}\n");
        await server.Diagnostics(uri, d => d.Length >= 3, 1);

        await server.Replace(uri, "model M {\n    input x: f32[4]\n    output y: f32[4] = x + x\n}\n", 2);

        Assert.Empty(await server.Diagnostics(uri, d => d.Length == 0, 2));
    }

    [Fact]
    public async Task Notes_with_places_are_related_information()
    {
        var uri = fixture.UriOf("notes.dsl");
        await server.Open(uri, "op mm(a[i, k], b[k, j]) -> y[i, j] = sum(k) a[i, k] * b[k, j]\n\nmodel M {\n    input x: f32[4, 5]\n    output y = mm(x, x)\n}\n");

        var mistake = Assert.Single(await server.Diagnostics(uri, d => d.Length > 0));

        var note = Assert.Single(mistake.GetProperty("relatedInformation").EnumerateArray());
        Assert.Equal(uri, note.GetProperty("location").GetProperty("uri").GetString());
        Assert.Equal("0:3-0:5", RangeOf(note.GetProperty("location")));
    }

    [Theory]
    [InlineData("picture.dsl", "model M {\n    input x: u8[1, 3, 8, 8] from image(purple)\n    output y = x\n}\n")]
    [InlineData("selection.dsl", "model M {\n    input x: f32[4, 16]\n    output y = x @topk(4)\n}\n")]
    public async Task What_the_compiler_finds_later_is_checked_as_on_the_command_line(string file, string text)
    {
        var uri = fixture.UriOf(file);
        var path = Path.Combine(fixture.Folder, file);
        await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
        using var output = new StringWriter();
        SparseDsl.Cli.Program.Run(["check", path, "--json"], output, TextWriter.Null);
        var expected = JsonDocument.Parse(output.ToString()).RootElement.GetProperty("diagnostics").EnumerateArray().Select(d => d.GetProperty("id").GetString());

        await server.Open(uri, text);

        var found = await server.Diagnostics(uri, d => d.Length > 0);
        Assert.Equal(expected, found.Select(d => d.GetProperty("code").GetString()));
        Assert.NotEmpty(found);
    }

    [Fact]
    public async Task An_import_is_read_from_the_open_document_and_a_change_of_it_refreshes_its_importers()
    {
        var (library, program) = (fixture.UriOf("lib_a.dsl"), fixture.UriOf("uses_a.dsl"));
        // On disk it has another name, which must not be seen while it is open.
        await File.WriteAllTextAsync(Path.Combine(fixture.Folder, "lib_a.dsl"), "op other(x) = x\n", TestContext.Current.CancellationToken);
        await server.Open(library, "op twice(x) = x + x\n");
        await server.Open(program, "import lib_a\n\nmodel M {\n    input x: f32[4]\n    output y = twice(x)\n}\n");
        await server.Diagnostics(program, d => d.Length == 0, 1);

        await server.Replace(library, "op double(x) = x + x\n", 2);
        Assert.Equal("SD2001", Assert.Single(await server.Diagnostics(program, d => d.Length > 0)).GetProperty("code").GetString());

        await server.Replace(library, "op twice(x) = x * 2\n", 3);
        await server.Diagnostics(program, d => d.Length == 0);

        // Closed, the file on disk counts again.
        await server.Notify("textDocument/didClose", new { textDocument = new { uri = library } });
        await server.Diagnostics(program, d => d.Length == 1);
    }

    [Fact]
    public async Task An_import_that_appears_on_disk_is_seen()
    {
        var program = fixture.UriOf("uses_b.dsl");
        await server.Open(program, "import lib_b\n\nmodel M {\n    input x: f32[4]\n    output y = thrice(x)\n}\n");
        await server.Diagnostics(program, d => d.Length > 0);

        await File.WriteAllTextAsync(Path.Combine(fixture.Folder, "lib_b.dsl"), "op thrice(x) = x * 3\n", TestContext.Current.CancellationToken);
        await server.Notify("workspace/didChangeWatchedFiles", new { changes = new[] { new { uri = fixture.UriOf("lib_b.dsl"), type = 1 } } });

        await server.Diagnostics(program, d => d.Length == 0);
    }

    [Fact]
    public async Task Mistakes_in_an_imported_file_that_is_not_open_are_shown_in_that_file()
    {
        var (library, program) = (fixture.UriOf("lib_c.dsl"), fixture.UriOf("uses_c.dsl"));
        await File.WriteAllTextAsync(Path.Combine(fixture.Folder, "lib_c.dsl"), "op f(x) = x +\n", TestContext.Current.CancellationToken);

        await server.Open(program, "import lib_c\n\nmodel M {\n    input x: f32[4]\n    output y = x\n}\n");
        Assert.StartsWith("SD1", Assert.Single(await server.Diagnostics(library, d => d.Length > 0)).GetProperty("code").GetString(), StringComparison.Ordinal);

        await server.Notify("textDocument/didClose", new { textDocument = new { uri = program } });
        await server.Diagnostics(library, d => d.Length == 0);
    }

    [Fact]
    public async Task Modules_that_import_each_other_end()
    {
        var (one, two) = (fixture.UriOf("cycle_one.dsl"), fixture.UriOf("cycle_two.dsl"));
        await server.Open(one, "import cycle_two\n\nop f(x) = x\n");
        await server.Open(two, "import cycle_one\n\nop g(x) = x\n");

        await server.Diagnostics(one, d => d.Length == 0, 1);
        await server.Diagnostics(two, d => d.Length == 0, 1);
    }

    [Fact]
    public async Task A_closed_document_has_no_mistakes()
    {
        var uri = fixture.UriOf("closed.dsl");
        await server.Open(uri, "op f(x) = \n");
        await server.Diagnostics(uri, d => d.Length > 0);

        await server.Notify("textDocument/didClose", new { textDocument = new { uri } });

        await server.Diagnostics(uri, d => d.Length == 0);
    }

    internal static string RangeOf(JsonElement element)
    {
        static string Text(JsonElement p) => $"{p.GetProperty("line")}:{p.GetProperty("character")}";
        var range = element.GetProperty("range");
        return $"{Text(range.GetProperty("start"))}-{Text(range.GetProperty("end"))}";
    }
}
