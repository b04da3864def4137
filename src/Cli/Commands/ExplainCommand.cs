using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Analysis;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Cli.Data;
using SparseDsl.Cli.Running;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Passes.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli.Commands;

/// <summary><c>explain FILE</c>: what every layer costs, how its weights are stored, and what would change that.</summary>
internal static class ExplainCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        var file = SharedOptions.File();
        var (model, dims, weights, json) = (SharedOptions.Model(), SharedOptions.Dims(), SharedOptions.Weights(), SharedOptions.Json());
        var (target, profile) = (SharedOptions.Target(), SharedOptions.Profile());
        var backend = SharedOptions.Backend("llvm: also say what the hot loops are as machine code");
        var cpu = SharedOptions.Cpu("with --backend llvm: the processor that code is made for; default: this machine's");
        var command = new Command("explain", "Say what every layer costs and how its weights are stored.") { file, model, dims, weights, target, backend, cpu, profile, json };
        command.SetAction(parsed =>
        {
            var session = new Session(streams, parsed.GetValue(json));
            var path = parsed.GetValue(file)!;
            IReadOnlyList<LayerCost>? costs = null;
            var values = new Dictionary<string, long>(StringComparer.Ordinal);
            var decisions = new List<LevelDecision>();
            var removed = new List<RemovedSlices>();
            var isNative = parsed.GetValue(backend) == "llvm";
            IReadOnlyList<(string Layers, HotLoop Loop)>? code = null;
            var row = isNative && LlvmToolchain.Check(session.Diagnostics) ? Row(parsed.GetValue(cpu) ?? LlvmCpuName.Native, parsed.GetValue(target)) : null;
            if ((row is not null || !isNative) && ProfileFile.Find(session, parsed.GetValue(profile)) is { } machine && SourceFiles.Model(session, path, parsed.GetValue(model)) is { } bound)
            {
                var options = new CompilationOptions(row?.Target ?? parsed.GetValue(target) ?? NativeTarget.Widest) { Profile = machine, Decisions = decisions, Removed = removed };
                costs = Memory.Guard(session, $"'{bound.Model.Name}' at these dims", () => Costs(session, bound, parsed.GetValue(weights), parsed.GetValue(dims) ?? [], values, options));
                code = costs is null || row is null ? null : session.Work("compiling", () => Code(session, bound, parsed.GetValue(weights), options, row));
            }

            if (costs is not null && !session.IsJson)
            {
                WriteTable(session.Output, costs, values);
                RemovalReport.Write(session.Output, removed);
                StorageReport.Write(session.Output, decisions);
                if (code is not null)
                {
                    CodeReport.Write(session.Output, row!, code);
                }
            }

            return session.Finish(writer =>
            {
                WriteJson(writer, costs ?? [], values);
                RemovalReport.Write(writer, removed);
                StorageReport.Write(writer, decisions);
                if (code is not null)
                {
                    CodeReport.Write(writer, row!, code);
                }
            });
        });
        return command;
    }

    private static LlvmCpu Row(LlvmCpuName name, Target? target) => name.Row with { Target = target ?? name.Row.Target };

    private static IReadOnlyList<(string Layers, HotLoop Loop)>? Code(Session session, ProgramModel program, string? weightsPath, CompilationOptions options, LlvmCpu cpu)
    {
        var weights = Weights(session, program, weightsPath);
        return session.Diagnostics.HasErrors || Compilation.Lower(program.Model, options with { Weights = weights is null ? null : weights.Find, Decisions = null, Removed = null }, new DiagnosticBag()) is not { } lowered
            ? null : CodeReport.Of(lowered.Program, cpu);
    }

    private static ModelWeights? Weights(Session session, ProgramModel program, string? path) =>
        path is not null || File.Exists(program.DefaultWeights) ? ModelWeights.Read(session, program, path) : null;

    private static IReadOnlyList<LayerCost>? Costs(
        Session session, ProgramModel program, string? weightsPath, IReadOnlyList<KeyValuePair<string, long>> given, Dictionary<string, long> values,
        CompilationOptions options)
    {
        var model = program.Model;
        foreach (var (name, value) in CompiledCosts.SmallestDims(model))
        {
            values[name] = value;
        }

        foreach (var (name, value) in given)
        {
            if (model.Dims.FirstOrDefault(d => d.Name == name) is not { } dim)
            {
                session.Report(FileDiagnostics.UnknownDim, name, model.Dims.Length == 0 ? "none" : string.Join(", ", model.Dims.Select(d => d.Name)));
            }
            else if (!dim.Contains(value))
            {
                session.Report(FileDiagnostics.DimValue, name, value.ToString(CultureInfo.InvariantCulture), dim.Values);
            }

            values[name] = value;
        }

        var weights = Weights(session, program, weightsPath);
        if (session.Diagnostics.HasErrors)
        {
            return null;
        }

        var costs = CompiledCosts.Of(session, model, weights, values, options);
        WarnOfSizes(session, model, costs, values);
        return costs;
    }

    // Costs can be said of sizes that cannot be run.
    private static void WarnOfSizes(Session session, BoundModel model, IReadOnlyList<LayerCost> costs, Dictionary<string, long> dims)
    {
        var tensors = model.Inputs.Select(i => ($"the input '{i.Name}'", i.Type)).Concat(model.Params.Select(p => ($"the parameter '{p.Path}'", p.Type)))
            .Concat(costs.Select(c => ($"a result of '{c.Label}'", c.Node.Type)));
        var (what, elements) = tensors.Select(t => (t.Item1, Elements: Elements(t.Type, dims))).DefaultIfEmpty().MaxBy(t => t.Elements);
        if (elements > int.MaxValue)
        {
            session.Report(FileDiagnostics.TooLargeToRun, what, elements.ToString("N0", CultureInfo.InvariantCulture));
        }
    }

    private static decimal Elements(TensorType type, Dictionary<string, long> dims) => type.Shape.Aggregate(1m, (product, extent) => product * extent.Evaluate(name => dims[name]));

    private static void WriteTable(TextWriter output, IReadOnlyList<LayerCost> costs, Dictionary<string, long> dims)
    {
        if (dims.Count > 0)
        {
            output.WriteLine("at " + string.Join(", ", dims.Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Key} = {d.Value}"))));
        }

        List<string[]> rows = [["op", "scope", "result", "weights", "kernel", "density", "MAC", "FLOP", "bytes", "µs", "dense µs"]];
        rows.AddRange(costs.Select(c => new[]
        {
            c.Label, c.Scope, c.Type, c.Format, c.Kernel, c.Density?.ToString("P1", CultureInfo.InvariantCulture) ?? "unknown", Number(c.Mac), Number(c.Flop), Number(c.Bytes),
            Time(c.Microseconds), Time(c.DenseMicroseconds),
        }));
        rows.Add(["total", "", "", "", "", "", Number(costs.Sum(c => c.Mac)), Number(costs.Sum(c => c.Flop)), Number(costs.Sum(c => c.Bytes)),
            Time(costs.Sum(c => c.Microseconds)), Time(costs.Sum(c => c.DenseMicroseconds))]);
        TextTable.Write(output, rows, texts: 5);

        var (mac, dense) = (costs.Sum(c => c.Mac), costs.Sum(c => c.DenseMac));
        if (mac < dense)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sparsity leaves {mac:N0} of {dense:N0} MAC"));
        }
    }

    private static string Time(double microseconds) => microseconds.ToString("N1", CultureInfo.InvariantCulture);

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static void WriteJson(Utf8JsonWriter writer, IReadOnlyList<LayerCost> costs, Dictionary<string, long> dims)
    {
        writer.WriteStartObject("dims");
        foreach (var (name, value) in dims)
        {
            writer.WriteNumber(name, value);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("layers");
        foreach (var cost in costs)
        {
            writer.WriteStartObject();
            writer.WriteString("op", cost.Label);
            writer.WriteString("scope", cost.Scope);
            writer.WriteString("result", cost.Type);
            writer.WriteString("format", cost.Format);
            writer.WriteString("kernel", cost.Kernel);
            if (cost.Density is { } density)
            {
                writer.WriteNumber("density", density);
            }
            else
            {
                writer.WriteNull("density");
            }

            WriteCounts(writer, cost.Mac, cost.DenseMac, cost.Flop, cost.Bytes);
            writer.WriteNumber("microseconds", cost.Microseconds);
            writer.WriteNumber("dense_microseconds", cost.DenseMicroseconds);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("total");
        WriteCounts(writer, costs.Sum(c => c.Mac), costs.Sum(c => c.DenseMac), costs.Sum(c => c.Flop), costs.Sum(c => c.Bytes));
        writer.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter writer, long mac, long denseMac, long flop, long bytes)
    {
        writer.WriteNumber("mac", mac);
        writer.WriteNumber("dense_mac", denseMac);
        writer.WriteNumber("flop", flop);
        writer.WriteNumber("bytes", bytes);
    }
}
