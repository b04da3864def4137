using System.CommandLine;
using SparseDsl.Cli.Data;
using SparseDsl.Cli.Running;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Data;

namespace SparseDsl.Cli.Commands;

/// <summary><c>run FILE --input NAME=PATH …</c>: computes a model once or many times.</summary>
internal static class RunCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        var file = SharedOptions.File();
        var inputs = SharedOptions.Paths("--input", "NAME=PATH", "an input: .npy, .npz or .safetensors (PATH or PATH:TENSOR), .png or .jpg, or the words random and zeros");
        var outputs = SharedOptions.Paths("--output", "NAME=PATH", "writes an output to a .npy, .npz or .safetensors file");
        var backend = SharedOptions.Backend("csharp or llvm (compiled), ptx (on the GPU of this machine), or reference (float64, slow)", RunRequest.Reference);
        var cpu = SharedOptions.Cpu("with llvm and ptx: the processor that code is made for; default: native");
        var threads = SharedOptions.Threads();
        var repeat = SharedOptions.Count("--repeat", "timed calls; the time printed is their median");
        var (weights, model, dims, target, json) = (SharedOptions.Weights(), SharedOptions.Model(), SharedOptions.Dims(), SharedOptions.Target(), SharedOptions.Json());
        var profile = SharedOptions.Profile();
        var command = new Command("run", "Run a model on files.") { file, inputs, outputs, backend, cpu, threads, repeat, weights, model, dims, target, profile, json };
        command.SetAction(parsed =>
        {
            var session = new Session(streams, parsed.GetValue(json));
            var request = new RunRequest(
                parsed.GetValue(file)!, parsed.GetValue(model), parsed.GetValue(weights), parsed.GetValue(inputs) ?? [], parsed.GetValue(outputs) ?? [], parsed.GetValue(dims) ?? [],
                parsed.GetValue(backend)!, parsed.GetValue(target), parsed.GetValue(cpu), parsed.GetValue(threads), parsed.GetValue(repeat), parsed.GetValue(profile));
            var result = Memory.Guard(session, $"'{request.File}' on these inputs", () => Run(session, request));
            if (result is not null && !session.IsJson && !session.Diagnostics.HasErrors)
            {
                result.Write(session.Output);
            }

            return session.Finish(writer => result?.Write(writer));
        });
        return command;
    }

    private static RunResult? Run(Session session, RunRequest request)
    {
        if (ProfileFile.Find(session, request.Profile) is not { } profile || SourceFiles.Model(session, request.File, request.Model) is not { } program)
        {
            return null;
        }

        var model = program.Model;
        CheckOutputs(session, request, model);
        var host = request.IsReference ? ModelHost.CSharp(request.Target) : ModelHost.Find(session, request.Backend, request.Target, request.Cpu);
        var weights = ModelWeights.Read(session, program, request.Weights);
        var inputs = ModelInputs.Read(session, model, request.Inputs, request.Dims);
        if (session.Diagnostics.HasErrors || host is null || weights is null || inputs is null)
        {
            return null;
        }

        using var runner = session.Work("compiling", () => Start(session, request, host, model, weights, inputs, new CompilationOptions(host.Target) { Profile = profile }));
        if (runner is null)
        {
            return null;
        }

        // The outputs are those of the first call: states start at zero there.
        runner.Invoke();
        var outputs = runner.Outputs;
        var time = session.Work("running", () => Stopwatches.Median(Enumerable.Range(0, request.Repeat).Select(_ => Stopwatches.Time(runner))));
        foreach (var (name, path) in request.Outputs)
        {
            WriteOutput(session, name, path, outputs[name]);
        }

        var bought = Compare(session, request, host, model, weights, inputs, runner);
        return new RunResult(request, host, model, [.. model.Outputs.Select(o => (o.Name, outputs[o.Name]))], time, bought);
    }

    private static void CheckOutputs(Session session, RunRequest request, BoundModel model)
    {
        foreach (var (name, path) in request.Outputs)
        {
            if (model.Outputs.All(o => o.Name != name))
            {
                session.Report(FileDiagnostics.UnknownOutput, name, string.Join(", ", model.Outputs.Select(o => o.Name)));
            }

            if (Directory.Exists(path))
            {
                session.Report(FileDiagnostics.IsFolder, path);
            }
            else if (!TensorFiles.IsKnown(path))
            {
                session.Report(FileDiagnostics.UnknownFileKind, path, ".npy, .npz or .safetensors");
            }
            else
            {
                session.Files.Writes(path);
            }
        }
    }

    private static IRunner? Start(Session session, RunRequest request, ModelHost host, BoundModel model, ModelWeights weights, ModelInputs inputs, CompilationOptions options) =>
        request.IsReference
            ? new ReferenceRunner(model, weights, inputs)
            : CompiledRunner.Create(session, host, model, weights, inputs, request.Threads, options);

    private static SparsityReport? Compare(Session session, RunRequest request, ModelHost host, BoundModel model, ModelWeights weights, ModelInputs inputs, IRunner runner)
    {
        if (runner is not CompiledRunner sparse || !SparsityReport.IsSparse(sparse.Lowered.Graph))
        {
            return null;
        }

        using var dense = session.Work("compiling dense, to compare", () => Start(session, request, host, model, weights, inputs, new CompilationOptions(host.Target) { IgnoresSparsity = true })) as CompiledRunner;
        return dense is null ? null : SparsityReport.Of(sparse, dense, inputs, weights);
    }

    private static void WriteOutput(Session session, string name, string path, TensorData tensor) =>
        Disk.Write(session, path, temporary => TensorFiles.Write(temporary, new Dictionary<string, TensorData>(StringComparer.Ordinal) { [name] = tensor }));
}
