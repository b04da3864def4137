using System.Text.Json;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace SparseDsl.LanguageServer.Rpc;

/// <summary>Answers a message that is not JSON-RPC with the error of the standard and goes on with the next one, where the library would end the connection.</summary>
internal sealed class TolerantMessageHandler(Stream output, Stream input, IJsonRpcMessageFormatter formatter, TextWriter log)
    : HeaderDelimitedMessageHandler(output, input, formatter)
{
    /// <inheritdoc/>
    protected override async ValueTask<JsonRpcMessage?> ReadCoreAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await base.ReadCoreAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception problem) when (problem is JsonException or System.Runtime.Serialization.SerializationException or InvalidOperationException or KeyNotFoundException or FormatException)
            {
                await log.WriteLineAsync($"sparsedsl lsp: a message that is not JSON-RPC was refused: {problem.Message}").ConfigureAwait(false);
                // Only the parser knows a place.
                var code = problem is JsonException { LineNumber: not null } ? JsonRpcErrorCode.ParseError : JsonRpcErrorCode.InvalidRequest;
                await WriteAsync(
                    new JsonRpcError { RequestId = RequestId.Null, Error = new JsonRpcError.ErrorDetail { Code = code, Message = "the message is not JSON-RPC 2.0" } },
                    cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
