using System.CommandLine;
using SparseDsl.Cli.Commands;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Pipeline;

namespace SparseDsl.Cli;

/// <summary>The <c>sparsedsl</c> command line.</summary>
public static class Program
{
    /// <summary>Runs the command line on the console of this process.</summary>
    public static int Main(string[] arguments)
    {
        // Most of a short command's time is spent on code that runs for the first time; here two threads share that.
        ThreadPool.UnsafeQueueUserWorkItem(static _ => StandardLibrary.Prepare(), null);
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = false, NewLine = "\n" };
        using var errors = new StreamWriter(Console.OpenStandardError()) { AutoFlush = true, NewLine = "\n" };
        return Run(arguments, new Streams(output, errors, !Console.IsErrorRedirected));
    }

    /// <summary>Runs one command.</summary>
    /// <param name="arguments">Arguments as the shell gives them.</param>
    /// <param name="output">Results.</param>
    /// <param name="errors">Diagnostics and messages.</param>
    /// <returns>0 done, 1 the input is wrong, 2 the command line is wrong, 70 the compiler has a bug.</returns>
    public static int Run(string[] arguments, TextWriter output, TextWriter errors) => Run(arguments, new Streams(output, errors, IsTerminal: false));

    private static int Run(string[] arguments, Streams streams)
    {
        var (output, errors) = (streams.Output, streams.Errors);
        var root = Root(streams, arguments);
        var parsed = root.Parse(arguments);
        var configuration = new InvocationConfiguration { Output = output, Error = errors, EnableDefaultExceptionHandler = false };
        try
        {
            return parsed.Errors.Count > 0 ? ReportUsage(errors, parsed) : parsed.Invoke(configuration);
        }
        catch (CompilerBugException bug)
        {
            ReportBug(errors, bug.Message);
        }
        catch (Exception unexpected) when (unexpected is not OutOfMemoryException)
        {
            ReportBug(errors, unexpected.ToString());
        }
        finally
        {
            output.Flush();
        }

        return ExitCode.Bug;
    }

    private static int ReportUsage(TextWriter errors, ParseResult parsed)
    {
        foreach (var error in parsed.Errors)
        {
            errors.WriteLine($"sparsedsl: {error.Message}");
        }

        var command = parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ";
        errors.WriteLine($"'sparsedsl {command}--help' tells what can be said");
        return ExitCode.Usage;
    }

    private static void ReportBug(TextWriter errors, string message)
    {
        errors.WriteLine("this is a bug in sparsedsl, please report it with the program that causes it:");
        errors.WriteLine(message);
    }

    // In the order in which one gets to know them, which is that of the help.
    private static readonly string[] CommandNames = ["check", "fmt", "run", "explain", "bench", "calibrate", "build", "pack", "import", "prune", "quantize", "dump", "lsp", "docs"];

    private static readonly Func<Streams, Command>[] Commands =
    [
        CheckCommand.Create, FormatCommand.Create, RunCommand.Create, ExplainCommand.Create, BenchCommand.Create, CalibrateCommand.Create, BuildCommand.Create, PackCommand.Create,
        ImportCommand.Create, PruneCommand.Create, QuantizeCommand.Create, DumpCommand.Create, LanguageServerCommand.Create, DocsCommand.Create,
    ];

    // Making all commands takes a tenth of the time of a short one; only help and mistakes need the others.
    private static RootCommand Root(Streams streams, string[] arguments)
    {
        var root = new RootCommand("Compiles sparse neural networks to C# and to native libraries.");
        var named = arguments.Length == 0 ? -1 : Array.FindIndex(CommandNames, name => name == arguments[0]);
        for (var i = 0; i < Commands.Length; i++)
        {
            if (named < 0 || i == named)
            {
                root.Add(Commands[i](streams));
            }
        }

        return root;
    }
}

/// <summary>What the process ends with.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The input is wrong; diagnostics say how.</summary>
    public const int Diagnostics = 1;

    /// <summary>The command line cannot be understood.</summary>
    public const int Usage = 2;

    /// <summary>The compiler has a bug (EX_SOFTWARE).</summary>
    public const int Bug = 70;
}
