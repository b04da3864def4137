using System.CommandLine;
using SparseDsl.Backends.CSharp;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Cli.Data;
using SparseDsl.Cli.Running;
using SparseDsl.Compiler;
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
        var stage = new Option<string>("--stage") { Description = "ast, bound, graph, loops, csharp, llvm, asm or ptx", Required = true };
        stage.AcceptOnlyFromAmong("ast", "bound", "graph", "loops", "csharp", "llvm", "asm", "ptx");
        var passes = new Option<bool>("--passes") { Description = "with graph or loops: print after every pass" };
        var (model, target, weights, profile) = (SharedOptions.Model(), SharedOptions.Target(), SharedOptions.Weights(), SharedOptions.Profile());
        var cpu = SharedOptions.Cpu("with llvm, asm and ptx: the processor that code is made for; default: native, and sm_80 for ptx");
        var command = new Command("dump", "Print a program as it is at a stage of the compiler.") { file, stage, model, target, cpu, passes, weights, profile };
        command.SetAction(parsed =>
        {
            var session = new Session(streams, json: false);
            var path = parsed.GetValue(file)!;
            var name = parsed.GetValue(stage)!;
            if (name == "ast")
            {
                DumpTree(session, path);
            }
            else if (ProfileFile.Find(session, parsed.GetValue(profile)) is { } machine && SourceFiles.Model(session, path, parsed.GetValue(model)) is { } bound)
            {
                var row = Cpu(session, name, parsed.GetValue(target), parsed.GetValue(cpu));
                if (row is null && NeedsCpu(name))
                {
                    return session.Finish();
                }

                var options = new CompilationOptions(row?.Target ?? parsed.GetValue(target) ?? NativeTarget.Widest) { Profile = machine, Observer = parsed.GetValue(passes) ? new PassWriter(session.Output).Write : null };
                DumpModel(session, name, bound, parsed.GetValue(weights), options, row);
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

    private static void DumpModel(Session session, string stage, ProgramModel program, string? weightsPath, CompilationOptions options, LlvmCpu? cpu)
    {
        var model = program.Model;
        if (stage == "bound")
        {
            session.Output.Write(BoundPrinter.Print(model));
            return;
        }

        // Without a weights file the stages are those of a model whose weights are not known.
        ModelWeights? weights = null;
        if (weightsPath is not null || File.Exists(program.DefaultWeights))
        {
            weights = ModelWeights.Read(session, program, weightsPath);
            if (weights is null)
            {
                return;
            }
        }

        WriteStage(session, stage, model, options with { Weights = weights is null ? null : weights.Find }, cpu);
    }

    private static void WriteStage(Session session, string stage, BoundModel model, CompilationOptions options, LlvmCpu? cpu)
    {
        // With --passes the last pass has printed the graph or the loops.
        var isPrinted = options.Observer is not null;
        if (stage == "graph")
        {
            var graph = Compilation.Optimise(model, options, session.Diagnostics);
            session.Output.Write(isPrinted ? "" : GraphPrinter.Print(graph));
        }
        else if (Compilation.Lower(model, options, session.Diagnostics) is { } lowered)
        {
            session.Output.Write(stage switch
            {
                "csharp" => CSharpEmitter.Emit(lowered.Program, options.Target, new CSharpOptions()),
                "llvm" => LlvmEmitter.Emit(lowered.Program, cpu!),
                "asm" or "ptx" => LlvmToolchain.Assemble(LlvmEmitter.Emit(lowered.Program, cpu!), cpu!),
                _ => isPrinted ? "" : LoopPrinter.Print(lowered.Program),
            });
        }
    }

    // The processor of the stages that need one; null for the others, and after a report. Text can be made without libLLVM, for a processor that is named.
    private static LlvmCpu? Cpu(Session session, string stage, Target? target, LlvmCpuName? name)
    {
        name ??= stage == "ptx" ? new LlvmCpuName(LlvmCpu.DefaultOf(LlvmArchitecture.Ptx).Name) : LlvmCpuName.Native;
        var needsLibrary = stage is "asm" or "ptx" || (stage == "llvm" && name == LlvmCpuName.Native);
        if (!NeedsCpu(stage) || (needsLibrary && !LlvmToolchain.Check(session.Diagnostics)))
        {
            return null;
        }

        var row = name.Row;
        return row with { Target = target ?? row.Target };
    }

    private static bool NeedsCpu(string stage) => stage is "llvm" or "asm" or "ptx";

    /// <summary>Prints what every pass gives: the graph, the program, or one kernel; of a pass that changes nothing only its name.</summary>
    private sealed class PassWriter(TextWriter output)
    {
        private readonly Dictionary<string, string> last = new(StringComparer.Ordinal);

        public void Write(string pass, object result)
        {
            switch (result)
            {
                case Graph graph:
                    Write("graph", pass, GraphPrinter.Print(graph));
                    break;
                case LoopProgram program:
                    Write("program", pass, LoopPrinter.Print(program));
                    foreach (var kernel in program.Calls.Select(c => c.Kernel))
                    {
                        last["kernel " + kernel.Name] = LoopPrinter.Print(kernel);
                    }

                    break;
                case Kernel kernel:
                    Write("kernel " + kernel.Name, pass, LoopPrinter.Print(kernel));
                    break;
            }
        }

        private void Write(string subject, string pass, string text)
        {
            var isKept = last.TryGetValue(subject, out var before) && before == text;
            output.Write(isKept ? $"# {subject} after {pass}: unchanged\n\n" : $"# {subject} after {pass}\n{text}\n");
            last[subject] = text;
        }
    }
}
