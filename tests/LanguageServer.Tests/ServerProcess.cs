using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using StreamJsonRpc;

namespace SparseDsl.Tests.LanguageServer;

/// <summary><c>sparsedsl lsp</c> in a process of its own, and a client of StreamJsonRpc that talks to it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>Longer than anything takes on a machine that is busy with other tests.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly ConcurrentDictionary<string, JsonElement> latest = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim arrived = new(0);
    private readonly StringBuilder errors = new();

    public ServerProcess()
    {
        Process = Start();
        Process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
            {
                errors.AppendLine(line.Data);
            }
        };
        Process.BeginErrorReadLine();
        Rpc = new JsonRpc(new HeaderDelimitedMessageHandler(Process.StandardInput.BaseStream, Process.StandardOutput.BaseStream, new SystemTextJsonFormatter()));
        Rpc.AddLocalRpcMethod("textDocument/publishDiagnostics", Received);
        Rpc.StartListening();
    }

    public Process Process { get; }

    public JsonRpc Rpc { get; }

    /// <summary>What it wrote to standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (errors)
            {
                return errors.ToString();
            }
        }
    }

    /// <summary>The command line of the server, for other clients.</summary>
    public static string[] Command => ["dotnet", Path.Combine(AppContext.BaseDirectory, "sparsedsl.dll"), "lsp"];

    /// <summary>A server that is ready.</summary>
    public static async Task<ServerProcess> Ready()
    {
        var server = new ServerProcess();
        await server.Request("initialize", new { processId = Environment.ProcessId, rootUri = (string?)null, capabilities = new { } });
        await server.Notify("initialized", new { });
        return server;
    }

    public static Process Start()
    {
        var start = new ProcessStartInfo(Command[0], Command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        return Process.Start(start)!;
    }

    public Task<JsonElement> Request(string method, object? parameters) => Cancellable(method, parameters, CancellationToken.None);

    /// <summary>A request that can be taken back.</summary>
    public Task<JsonElement> Cancellable(string method, object? parameters, CancellationToken cancellation) =>
        Rpc.InvokeWithParameterObjectAsync<JsonElement>(method, parameters, cancellation).WaitAsync(Patience, CancellationToken.None);

    public Task Notify(string method, object? parameters) => Rpc.NotifyWithParameterObjectAsync(method, parameters);

    /// <summary>Opens a document.</summary>
    public Task Open(string uri, string text, int version = 1) => Notify("textDocument/didOpen", new { textDocument = new { uri, languageId = "sparsedsl", version, text } });

    /// <summary>Replaces the text of a document.</summary>
    public Task Replace(string uri, string text, int version) =>
        Notify("textDocument/didChange", new { textDocument = new { uri, version }, contentChanges = new[] { new { text } } });

    /// <summary>A request about a place.</summary>
    public Task<JsonElement> At(string method, string uri, (int Line, int Character) place) =>
        Request(method, new { textDocument = new { uri }, position = new { line = place.Line, character = place.Character } });

    /// <summary>A request about a document.</summary>
    public Task<JsonElement> About(string method, string uri) => Request(method, new { textDocument = new { uri } });

    /// <summary>The diagnostics of a document as soon as they are as expected; fails when they never are.</summary>
    public async Task<JsonElement[]> Diagnostics(string uri, Func<JsonElement[], bool> expected, int? version = null)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (latest.TryGetValue(uri, out var message) && (version is null || (message.TryGetProperty("version", out var v) && v.GetInt32() == version)))
            {
                JsonElement[] found = [.. message.GetProperty("diagnostics").EnumerateArray()];
                if (expected(found))
                {
                    return found;
                }
            }

            Assert.True(clock.Elapsed < Patience, $"the diagnostics of {uri} did not become what they should; the last are {(latest.TryGetValue(uri, out var last) ? last : default)}; {Errors}");
            await arrived.WaitAsync(TimeSpan.FromSeconds(1));
        }
    }

    public async ValueTask DisposeAsync()
    {
        Rpc.Dispose();
        if (!Process.HasExited)
        {
            Process.Kill(entireProcessTree: true);
            await Process.WaitForExitAsync();
        }

        Process.Dispose();
        arrived.Dispose();
    }

    private void Received(string uri, JsonElement diagnostics, int? version = null)
    {
        latest[uri] = JsonSerializer.SerializeToElement(version is null ? (object)new { diagnostics } : new { diagnostics, version });
        arrived.Release();
    }
}

/// <summary>One server for the tests of a class; each opens documents of its own.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    internal ServerProcess Server { get; private set; } = null!;

    /// <summary>A folder for files.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("sparsedsl-lsp-").FullName;

    /// <summary>The URI of a file in the folder, whether or not it is there.</summary>
    public string UriOf(string name) => new Uri(Path.Combine(Folder, name)).AbsoluteUri;

    public async ValueTask InitializeAsync() => Server = await ServerProcess.Ready();

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>Programs with marked places.</summary>
internal static class Marked
{
    /// <summary>The text without the mark <c>§</c>, and where it stood.</summary>
    public static (string Text, (int Line, int Character) Place) Parse(string text)
    {
        var at = text.IndexOf('§', StringComparison.Ordinal);
        Assert.True(at >= 0, "no place is marked");
        var before = text[..at];
        return (text.Remove(at, 1), (before.Count(c => c == '\n'), at - (before.LastIndexOf('\n') + 1)));
    }
}
