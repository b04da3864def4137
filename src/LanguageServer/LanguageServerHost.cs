using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.VisualStudio.Threading;
using SparseDsl.LanguageServer.Rpc;
using StreamJsonRpc;

namespace SparseDsl.LanguageServer;

/// <summary>Runs the language server on a pair of streams.</summary>
public static class LanguageServerHost
{
    /// <summary>Serves one client until it says <c>exit</c> or closes the stream.</summary>
    /// <param name="input">What the client writes.</param>
    /// <param name="output">What the client reads.</param>
    /// <param name="log">Messages for people: failures of handlers, messages that were refused.</param>
    /// <param name="check">More checks of models; null for none.</param>
    /// <param name="costs">What models cost with their weights; null says only what they cost as written.</param>
    /// <returns>0 after <c>shutdown</c> and <c>exit</c>, else 1, as the protocol demands.</returns>
    public static async Task<int> Run(Stream input, Stream output, TextWriter log, ModelCheck? check = null, CostSource? costs = null)
    {
        var writer = TextWriter.Synchronized(log);
        var handler = new TolerantMessageHandler(output, input, Formatter(), writer);
        using var rpc = new LoggingJsonRpc(handler, writer)
        {
            SynchronizationContext = new NonConcurrentSynchronizationContext(sticky: false),
            CancelLocallyInvokedMethodsWhenConnectionIsClosed = true,
        };
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var server = new SparseDslServer(check, costs, (method, message) => rpc.NotifyWithParameterObjectAsync(method, message), writer, ended.SetResult);
        rpc.AddLocalRpcTarget(server, new JsonRpcTargetOptions { AllowNonPublicInvocation = false, DisposeOnDisconnect = false });
        rpc.Disconnected += (_, gone) =>
        {
            if (gone.Reason is not (DisconnectedReason.LocallyDisposed or DisconnectedReason.RemotePartyTerminated))
            {
                // What is no message has no end: nothing that comes after it can be read.
                writer.WriteLine("sparsedsl lsp: the connection ended within a message, or with what is none; this command is for editors, which start it themselves");
            }
        };
        rpc.StartListening();
        await Task.WhenAny(ended.Task, rpc.Completion).ConfigureAwait(false);
        return server.IsShutDown ? 0 : 1;
    }

    private static SystemTextJsonFormatter Formatter() => new()
    {
        JsonSerializerOptions = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            PropertyNameCaseInsensitive = false,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
        },
    };
}
