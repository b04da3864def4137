namespace SparseDsl.LanguageServer.Analysis;

/// <summary>Runs work on a thread of its own with the stack of a main thread: programs nest deeper than the stacks of pool threads on some systems.</summary>
internal static class DeepStack
{
    private const int Bytes = 16 << 20;

    /// <summary>The result of the work, or its exception.</summary>
    public static Task<T> Run<T>(Func<T> work, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellation);
        }

        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => Complete(work, result), Bytes) { IsBackground = true, Name = "analysis" };
        thread.Start();
        return result.Task;
    }

    private static void Complete<T>(Func<T> work, TaskCompletionSource<T> result)
    {
        try
        {
            result.SetResult(work());
        }
        catch (OperationCanceledException cancelled)
        {
            result.SetCanceled(cancelled.CancellationToken);
        }
        catch (Exception problem)
        {
            result.SetException(problem);
        }
    }
}
