using SparseDsl.Backends.Llvm.Ptx.Cuda;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli;

/// <summary>Work on sizes the user chose.</summary>
internal static class Memory
{
    /// <summary>Does work; when sizes leave the integers or the memory, or a GPU fails, that is reported and there is no result.</summary>
    /// <param name="session">Where it is reported.</param>
    /// <param name="what">What does not fit, for people.</param>
    /// <param name="work">The work.</param>
    public static T? Guard<T>(Session session, string what, Func<T?> work)
        where T : class
    {
        try
        {
            return work();
        }
        catch (Exception problem) when (problem is OutOfMemoryException or OverflowException)
        {
            session.Report(FileDiagnostics.TooLarge, what);
            return null;
        }
        catch (CudaException problem)
        {
            session.Report(FileDiagnostics.GpuFailed, problem.Message);
            return null;
        }
    }
}
