using System.Text.Json;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace SparseDsl.LanguageServer.Rpc;

/// <summary>A connection that logs exceptions of handlers. The client gets an error with the message and without the trace.</summary>
internal sealed class LoggingJsonRpc(IJsonRpcMessageHandler handler, TextWriter log) : JsonRpc(handler)
{
    /// <inheritdoc/>
    protected override JsonRpcError.ErrorDetail CreateErrorDetails(JsonRpcRequest request, Exception exception)
    {
        if (exception is OperationCanceledException or LocalRpcException)
        {
            return base.CreateErrorDetails(request, exception);
        }

        if (exception is JsonException)
        {
            // No handler reads JSON: it is the parameters that have another shape.
            var message = $"the parameters of '{request.Method}' are wrong: {exception.Message}";
            log.WriteLine("sparsedsl lsp: " + message);
            return new JsonRpcError.ErrorDetail { Code = JsonRpcErrorCode.InvalidParams, Message = message };
        }

        log.WriteLine($"sparsedsl lsp: '{request.Method}' failed, which is a bug: {exception}");
        return new JsonRpcError.ErrorDetail { Code = JsonRpcErrorCode.InternalError, Message = $"'{request.Method}' failed: {exception.Message}" };
    }
}
