using System.Diagnostics;
using System.Text;
using System.Text.Json;
using StreamJsonRpc;

namespace SparseDsl.Tests.LanguageServer;

/// <summary>The session as the protocol demands it, and messages that are wrong.</summary>
public class LifecycleTests
{
    [Fact]
    public async Task Initialize_says_what_the_server_can_do()
    {
        await using var server = new ServerProcess();

        var answer = await server.Request("initialize", new { processId = (int?)null, rootUri = (string?)null, capabilities = new { } });

        var capabilities = answer.GetProperty("capabilities");
        foreach (var name in new[] { "hoverProvider", "definitionProvider", "documentSymbolProvider", "documentFormattingProvider" })
        {
            Assert.True(capabilities.GetProperty(name).GetBoolean(), name);
        }

        Assert.Equal(2, capabilities.GetProperty("textDocumentSync").GetProperty("change").GetInt32());
        Assert.Contains("@", capabilities.GetProperty("completionProvider").GetProperty("triggerCharacters").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal("sparsedsl", answer.GetProperty("serverInfo").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Requests_outside_the_session_are_refused()
    {
        await using var server = new ServerProcess();
        var about = new { textDocument = new { uri = "untitled:a" } };

        Assert.Equal(-32002, await Code(server.Request("textDocument/documentSymbol", about)));
        await server.Request("initialize", new { capabilities = new { } });
        Assert.Equal(-32600, await Code(server.Request("initialize", new { capabilities = new { } })));
        Assert.Equal(-32602, await Code(server.Request("textDocument/documentSymbol", about)));
        await server.Rpc.InvokeWithCancellationAsync("shutdown", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(-32600, await Code(server.Request("textDocument/documentSymbol", about)));
    }

    [Fact]
    public async Task Exit_after_shutdown_is_0()
    {
        await using var server = await ServerProcess.Ready();
        await server.Rpc.InvokeWithCancellationAsync("shutdown", cancellationToken: TestContext.Current.CancellationToken);
        await server.Rpc.NotifyAsync("exit");

        await server.Process.WaitForExitAsync(Timeout());

        Assert.Equal(0, server.Process.ExitCode);
    }

    [Theory]
    [InlineData("hello\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("Content-Length: many\r\n\r\n{}")]
    [InlineData("Content-Length: -5\r\n\r\n{}")]
    [InlineData("Content-Length: 99999999999\r\n\r\n{}")]
    [InlineData("Content-Type: text\r\n\r\n{}")]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("Content-Length: 50\r\n\r\n{}")]
    [InlineData("\0\0\0\0\0\0\0\0")]
    public async Task What_is_no_message_ends_it_with_at_most_one_line(string input)
    {
        using var process = ServerProcess.Start();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var errors = await process.StandardError.ReadToEndAsync(Timeout());
        await process.WaitForExitAsync(Timeout());
        Assert.Equal(1, process.ExitCode);
        Assert.InRange(errors.Count(c => c == '\n'), 0, 1);
        Assert.DoesNotContain("Exception", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("StreamJsonRpc", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exit_without_shutdown_is_1()
    {
        await using var server = await ServerProcess.Ready();
        await server.Rpc.NotifyAsync("exit");

        await server.Process.WaitForExitAsync(Timeout());

        Assert.Equal(1, server.Process.ExitCode);
    }

    [Fact]
    public async Task A_client_that_goes_away_ends_the_server()
    {
        await using var server = await ServerProcess.Ready();
        server.Process.StandardInput.Close();

        await server.Process.WaitForExitAsync(Timeout());

        Assert.Equal(1, server.Process.ExitCode);
    }

    [Fact]
    public async Task Unknown_methods_get_an_error_and_unknown_notifications_nothing()
    {
        await using var server = await ServerProcess.Ready();

        await server.Notify("$/setTrace", new { value = "off" });
        await server.Notify("workspace/nonsense", new { });
        await Assert.ThrowsAsync<RemoteMethodNotFoundException>(() => server.Request("textDocument/nonsense", new { }));

        await AssertServes(server);
    }

    [Fact]
    public async Task Parameters_of_another_shape_get_an_error()
    {
        await using var server = await ServerProcess.Ready();

        Assert.Equal(-32602, await Code(server.Request("textDocument/hover", new { textDocument = 3 })));
        Assert.Equal(-32602, await Code(server.Request("textDocument/hover", new { })));
        await server.Notify("textDocument/didOpen", new { });

        await AssertServes(server);
    }

    [Theory]
    [InlineData("this is not JSON", -32700)]
    [InlineData("{ \"jsonrpc\": \"2.0\", \"id\": 5, \"method\": ", -32700)]
    [InlineData("{ \"jsonrpc\": \"2.0\" }", -32600)]
    [InlineData("[]", -32600)]
    public async Task Messages_that_are_not_json_rpc_get_an_error_and_the_next_one_is_served(string content, int code)
    {
        using var process = ServerProcess.Start();
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        try
        {
            await Send(process, content);
            await Send(process, """{ "jsonrpc": "2.0", "id": 7, "method": "initialize", "params": { "capabilities": {} } }""");

            var refused = await Receive(process);
            var served = await Receive(process);

            Assert.Equal(code, refused.GetProperty("error").GetProperty("code").GetInt32());
            Assert.Equal(JsonValueKind.Null, refused.GetProperty("id").ValueKind);
            Assert.Equal(7, served.GetProperty("id").GetInt32());
            Assert.True(served.TryGetProperty("result", out _));
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public async Task A_header_without_a_length_ends_the_server_with_a_reason()
    {
        using var process = ServerProcess.Start();
        await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes("GET / HTTP/1.1\r\nHost: example\r\n\r\n"), Timeout());
        await process.StandardInput.BaseStream.FlushAsync(Timeout());

        var errors = await process.StandardError.ReadToEndAsync(Timeout());
        await process.WaitForExitAsync(Timeout());

        Assert.Equal(1, process.ExitCode);
        Assert.Contains("sparsedsl lsp: the connection ended", errors, StringComparison.Ordinal);
    }

    private static CancellationToken Timeout() => new CancellationTokenSource(ServerProcess.Patience).Token;

    private static async Task<int> Code(Task<JsonElement> request)
    {
        var problem = await Assert.ThrowsAnyAsync<RemoteRpcException>(() => request);
        return (int)problem.ErrorCode!;
    }

    private static async Task AssertServes(ServerProcess server)
    {
        await server.Open("untitled:alive", "op f(x) = x\n");
        Assert.Equal("f", (await server.About("textDocument/documentSymbol", "untitled:alive"))[0].GetProperty("name").GetString());
    }

    private static async Task Send(Process process, string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        await process.StandardInput.BaseStream.WriteAsync(Encoding.ASCII.GetBytes($"Content-Length: {bytes.Length}\r\n\r\n"), Timeout());
        await process.StandardInput.BaseStream.WriteAsync(bytes, Timeout());
        await process.StandardInput.BaseStream.FlushAsync(Timeout());
    }

    private static async Task<JsonElement> Receive(Process process)
    {
        var stream = process.StandardOutput.BaseStream;
        var header = new StringBuilder();
        var one = new byte[1];
        while (!header.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, Timeout());
            header.Append((char)one[0]);
        }

        var line = header.ToString().Split("\r\n").Single(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        var content = new byte[int.Parse(line["Content-Length:".Length..], System.Globalization.CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(content, Timeout());
        return JsonDocument.Parse(content).RootElement;
    }
}
