using System.Diagnostics;
using System.Text.Json;

namespace SparseDsl.Tests.LanguageServer;

/// <summary>The client libraries of Visual Studio Code (npm, versions and hashes pinned by the lock file beside the script) against the server.</summary>
public class NodeClientTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private const string Main = """
        import std.nn
        import lib

        model M(N: dim 1..8) {
            input x: f32[N, 16]
            param w: f32[8, 16] @nm(2, 4)
            let h = linear_no_bias(x, w) |> relu
            output y = h |> twice
        }

        """;

    [Fact]
    public async Task The_client_of_visual_studio_code_is_served()
    {
        var modules = await Modules();
        var folder = Directory.CreateTempSubdirectory("sparsedsl-node-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "main.dsl"), Main, TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "lib.dsl"), "op twice(x) = x + x\n", TestContext.Current.CancellationToken);

            var (code, output, errors) = await Run("node", [Path.Combine(modules, "client.mjs"), folder.FullName, .. ServerProcess.Command], modules);

            Assert.True(code == 0, $"the client ended with {code}: {output}{errors}");
            Verify(JsonDocument.Parse(output).RootElement, new Uri(folder.FullName).AbsoluteUri);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("sparsedsl", "sparsedsl", "lsp")]
    [InlineData("/opt/tools/sparsedsl.dll", "dotnet", "/opt/tools/sparsedsl.dll lsp")]
    [InlineData("missing", "missing", "lsp")]
    public async Task The_extension_starts_the_server_that_is_set(string path, string command, string arguments)
    {
        Assert.SkipUnless(await Works("node"), "node is not on the PATH");
        var script = Path.Combine(AppContext.BaseDirectory, "Client", "extension.cjs");

        var (code, output, errors) = await Run("node", [script, Repository.PathOf("editors/vscode/extension.js"), path], AppContext.BaseDirectory);

        Assert.True(code == 0, errors);
        var report = JsonDocument.Parse(output).RootElement;
        // Started, and started again by the command.
        Assert.Equal(2, report.GetProperty("clients").GetArrayLength());
        var server = report.GetProperty("clients")[0].GetProperty("server");
        Assert.Equal(command, server.GetProperty("command").GetString());
        Assert.Equal(arguments, string.Join(' ', server.GetProperty("args").EnumerateArray()));
        Assert.Equal(2, report.GetProperty("stopped").GetInt32());
        Assert.Equal(0, report.GetProperty("watchers").GetInt32());
        Assert.Equal(path == "missing" ? 2 : 0, report.GetProperty("messages").GetArrayLength());
        var declared = JsonDocument.Parse(await File.ReadAllTextAsync(Repository.PathOf("editors/vscode/package.json"), TestContext.Current.CancellationToken)).RootElement
            .GetProperty("contributes").GetProperty("commands").EnumerateArray().Select(c => c.GetProperty("command").GetString());
        Assert.Equal(declared, report.GetProperty("commands").EnumerateArray().Select(c => c.GetString()));
    }

    private static void Verify(JsonElement report, string folder)
    {
        Assert.Equal("utf-16", report.GetProperty("initialize").GetProperty("capabilities").GetProperty("positionEncoding").GetString());
        var hover = report.GetProperty("hoverParam").GetProperty("contents").GetProperty("value").GetString();
        Assert.Contains("at most 2 of every 4", hover, StringComparison.Ordinal);
        Assert.Contains("128 elements", hover, StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, report.GetProperty("hoverNothing").ValueKind);
        Assert.Equal("6:8-6:9", DiagnosticTests.RangeOf(report.GetProperty("definitionHere")));
        Assert.Equal(folder + "/lib.dsl", report.GetProperty("definitionImported").GetProperty("uri").GetString());
        Assert.EndsWith("/std/nn.dsl", report.GetProperty("definitionLibrary").GetProperty("uri").GetString(), StringComparison.Ordinal);
        var labels = report.GetProperty("completion").GetProperty("items").EnumerateArray().Select(i => i.GetProperty("label").GetString()).ToArray();
        Assert.Contains("twice", labels);
        Assert.Contains("relu", labels);
        Assert.Equal("M", report.GetProperty("symbols")[0].GetProperty("name").GetString());
        Assert.Empty(report.GetProperty("formatting").EnumerateArray());
        Assert.Equal("SD2001", report.GetProperty("importChanged")[0].GetProperty("code").GetString());
        Assert.Empty(report.GetProperty("importMended").EnumerateArray());
        Assert.Equal("6:36-6:48", DiagnosticTests.RangeOf(report.GetProperty("mistake")[0]));
        Assert.Equal(-32601, report.GetProperty("unknownMethod").GetInt32());
        // Taken back before it was answered, or answered before it was taken back: a race that both sides may win.
        Assert.Contains(report.GetProperty("cancelled").ToString(), new[] { "-32800", "answered" });
        Assert.Equal(0, report.GetProperty("exitCode").GetInt32());
    }

    /// <summary>A folder with the script and its packages; made once for each lock file.</summary>
    private static async Task<string> Modules()
    {
        foreach (var tool in new[] { "node", "npm" })
        {
            Assert.SkipUnless(await Works(tool), $"{tool} is not on the PATH");
        }

        var source = Path.Combine(AppContext.BaseDirectory, "Client");
        var folder = Path.Combine(AppContext.BaseDirectory, "node-client");
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(source))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }

        var (code, output, errors) = await Run("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"], folder);
        Assert.SkipUnless(code == 0, $"npm cannot fetch the client libraries here: {output}{errors}");
        return folder;
    }

    private static async Task<bool> Works(string tool)
    {
        try
        {
            return (await Run(tool, ["--version"], AppContext.BaseDirectory)).Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static async Task<(int Code, string Output, string Errors)> Run(string tool, string[] arguments, string folder)
    {
        var start = new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        using var process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(Patience);
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(timeout.Token), process.StandardError.ReadToEndAsync(timeout.Token));
            await process.WaitForExitAsync(timeout.Token);
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{tool} {string.Join(' ', arguments)} took longer than {Patience}");
        }
    }
}
