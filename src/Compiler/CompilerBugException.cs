namespace SparseDsl.Compiler;

/// <summary>The compiler broke one of its own rules. Never the user's fault; the command line asks for a report.</summary>
public sealed class CompilerBugException : Exception
{
    /// <summary>A bug with a description that helps to find it.</summary>
    public CompilerBugException(string message)
        : base(message)
    {
    }

    /// <summary>A bug found as another exception.</summary>
    public CompilerBugException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
