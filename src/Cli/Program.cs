using System.CommandLine;

namespace SparseDsl.Cli;

/// <summary>The <c>sparsedsl</c> command line.</summary>
internal static class Program
{
    /// <summary>The exit code of a command line that cannot be understood.</summary>
    private const int UsageError = 2;

    private static int Main(string[] arguments)
    {
        RootCommand root = new("Compiles sparse neural networks to C# and native code.");
        ParseResult parsed = root.Parse(arguments);
        int exitCode = parsed.Invoke();
        return parsed.Errors.Count > 0 ? UsageError : exitCode;
    }
}
