using System.CommandLine;
using SparseDsl.Backends.CSharp;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Cli.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Cli.Commands;

/// <summary><c>dump FILE --stage S</c>: a program as it is at one stage of the compiler.</summary>
internal static class DumpCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        var file = SharedOptions.File();
        var stage = new Option<string>("--stage") { Description = "ast, bound, graph, loops or csharp", Required = true };
        stage.AcceptOnlyFromAmong("ast", "bound", "graph", "loops", "csharp");
        var passes = new Option<bool>("--passes") { Description = "with graph or loops: print after every pass" };
        var (model, target, weights) = (SharedOptions.Model(), SharedOptions.Target(), SharedOptions.Weights());
        var command = new Command("dump", "Print a program as it is at a stage of the compiler.") { file, stage, model, target, passes, weights };
        command.SetAction(parsed =>
        {
            var session = new Session(streams, json: false);
            var path = parsed.GetValue(file)!;
            var name = parsed.GetValue(stage)!;
            if (name == "ast")
            {
                DumpTree(session, path);
            }
            else if (SourceFiles.Model(session, path, parsed.GetValue(model)) is { } bound)
            {
                DumpModel(session, name, bound, path, parsed.GetValue(weights), parsed.GetValue(target) ?? NativeTarget.Widest, parsed.GetValue(passes));
            }

            return session.Finish();
        });
        return command;
    }

    private static void DumpTree(Session session, string path)
    {
        if (SourceFiles.Read(session, path) is { } source)
        {
            session.Output.Write(AstPrinter.Print(Parser.Parse(source, session.Diagnostics)));
        }
    }

    private static void DumpModel(Session session, string stage, BoundModel model, string path, string? weightsPath, Compiler.Target target, bool passes)
    {
        if (stage == "bound")
        {
            session.Output.Write(BoundPrinter.Print(model));
            return;
        }

        // Without a weights file the stages are those of a model whose weights are not known.
        ModelWeights? weights = null;
        if (weightsPath is not null || File.Exists(ModelWeights.DefaultPath(path)))
        {
            weights = ModelWeights.Read(session, model, path, weightsPath);
            if (weights is null)
            {
                return;
            }
        }

        var options = new CompilationOptions(target)
        {
            Weights = weights is null ? null : weights.Find,
            Observer = passes ? (name, result) => WritePass(session, name, result) : null,
        };
        WriteStage(session, stage, model, options);
    }

    private static void WriteStage(Session session, string stage, BoundModel model, CompilationOptions options)
    {
        if (stage == "graph")
        {
            var graph = Compilation.Optimise(model, options, session.Diagnostics);
            Write(session, options, GraphPrinter.Print(graph));
        }
        else if (Compilation.Lower(model, options, session.Diagnostics) is { } lowered)
        {
            Write(session, options, stage == "loops" ? LoopPrinter.Print(lowered.Program) : CSharpEmitter.Emit(lowered.Program, options.Target, new CSharpOptions()));
        }
    }

    // With --passes the last pass has printed the result.
    private static void Write(Session session, CompilationOptions options, string text)
    {
        if (options.Observer is null || text.StartsWith("// ", StringComparison.Ordinal))
        {
            session.Output.Write(text);
        }
    }

    private static void WritePass(Session session, string name, object result)
    {
        var text = result switch
        {
            Graph graph => GraphPrinter.Print(graph),
            LoopProgram program => LoopPrinter.Print(program),
            _ => null,
        };
        if (text is not null)
        {
            session.Output.Write($"# after {name}\n{text}\n");
        }
    }
}
