using System.CommandLine;
using SparseDsl.Cli.Benchmarking;
using SparseDsl.Cli.Data;
using SparseDsl.Cli.Running;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Measurement;

namespace SparseDsl.Cli.Commands;

/// <summary><c>bench FILE --against dense,onnxruntime</c>: how fast a model is, and how much faster than others.</summary>
internal static class BenchCommand
{
    private const int MostSeconds = 600;

    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        var file = SharedOptions.File();
        file.Description = "the program, or an ONNX file";
        var against = SharedOptions.List("--against", "NAMES", "what to compare with: dense (the same model, every weight stored dense), csharp, llvm or ptx (the same model through another backend), onnxruntime",
            "of dense, csharp, llvm, ptx and onnxruntime", name => (name is Bench.Dense or Bench.OnnxRuntime || ModelHost.Names.Contains(name), name));
        var backend = SharedOptions.Backend("csharp, llvm, or ptx: on the GPU of this machine");
        var cpu = SharedOptions.Cpu("for llvm and ptx: the processor that code is made for; default: native");
        var threads = SharedOptions.ThreadCounts("threads of a call; several, as 1,2, are measured one after the other");
        var onnx = new Option<string?>("--onnx") { Description = "the network as an ONNX file, for onnxruntime", HelpName = "FILE" };
        var peers = new Option<string?>("--peers") { Description = $"folder with SparseDsl.OnnxRuntime.dll; default: ${PeerAssembly.Variable}, or where the source tree builds it", HelpName = "DIR" };
        var inputs = SharedOptions.Paths("--input", "NAME=PATH", "an input, as run takes it; others are random");
        var explain = new Option<bool>("--explain") { Description = "also time the layers one by one, beside their estimates" };
        var json = new Option<bool>("--json") { Description = "print one JSON object a line" };
        var seconds = SharedOptions.Count("--seconds", "how long to measure for each number of threads", MostSeconds);
        seconds.DefaultValueFactory = _ => 5;
        var rounds = SharedOptions.Count("--rounds", "for tests: so many turns and no more");
        rounds.Hidden = true;
        rounds.DefaultValueFactory = _ => 0;
        var (weights, model, dims, target, profile) = (SharedOptions.Weights(), SharedOptions.Model(), SharedOptions.Dims(), SharedOptions.Target(), SharedOptions.Profile());
        var command = new Command("bench", "Measure a model, alone and against others.")
        {
            file, against, backend, cpu, threads, onnx, peers, inputs, explain, json, seconds, rounds, weights, model, dims, target, profile,
        };
        command.SetAction(parsed =>
        {
            var session = new Session(streams, json: false);
            var name = parsed.GetValue(backend)!;
            var otherName = parsed.GetValue(against)?.FirstOrDefault(a => a != name && ModelHost.Names.Contains(a));
            var host = ModelHost.Find(session, name, parsed.GetValue(target), parsed.GetValue(cpu));
            var other = host is null || otherName is null ? null : ModelHost.FindOther(session, otherName, host, parsed.GetValue(target), parsed.GetValue(cpu));
            if (host is not null && !session.Diagnostics.HasErrors && ProfileFile.Find(session, parsed.GetValue(profile)) is { } machine)
            {
                var turns = parsed.GetValue(rounds);
                var budget = turns > 0 ? Budget.Smallest with { FewestTurns = turns } : Budget.Network with { Milliseconds = parsed.GetValue(seconds) * 1000.0 };
                var request = new BenchRequest(
                    parsed.GetValue(file)!, parsed.GetValue(model), parsed.GetValue(weights), parsed.GetValue(inputs) ?? [], parsed.GetValue(dims) ?? [], parsed.GetValue(against) ?? [],
                    parsed.GetValue(onnx), parsed.GetValue(peers), parsed.GetValue(threads) is { Length: > 0 } counts ? counts : [1], parsed.GetValue(explain), parsed.GetValue(json),
                    host, other, new CompilationOptions(host.Target) { Profile = machine }, budget);
                Memory.Guard(session, $"'{request.File}' at these dims", () =>
                {
                    new Bench(session, request).Run();
                    return "";
                });
            }

            return session.Finish();
        });
        return command;
    }
}
