using System.CommandLine;
using System.Globalization;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Cli.Data;
using SparseDsl.Cli.Pruning;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Pruning;
using SparseDsl.Pruning.Schedules;
using SparseDsl.Runtime;

namespace SparseDsl.Cli.Commands;

/// <summary><c>prune FILE --pattern u:0.5 --calibration DIR</c>: weights with zeros, and an overlay that promises them.</summary>
internal sealed class PruneCommand
{
    private const int MostSteps = 100;

    private readonly Argument<string> _file = SharedOptions.File();
    private readonly Option<string> _pattern = new("--pattern")
    {
        Description = "u:0.5 (half of the weights, anywhere), nm:4:8 (4 of every 8 inputs stay) or block:4x1:0.3 (outputs x inputs)",
        HelpName = "PATTERN",
        Required = true,
    };

    private readonly Option<string> _method = OneOf("--method", "magnitude, wanda, or obs: the others adapt to what is lost", "obs", "magnitude", "wanda");
    private readonly Option<string?> _calibration = new("--calibration") { Description = "a folder of inputs, one .npy file a sample; one folder in it for each of several inputs", HelpName = "DIR" };
    private readonly Option<string> _schedule = OneOf("--schedule", "uniform, or sensitivity: less of the layers whose output suffers most", "uniform", "sensitivity");
    private readonly Option<double?> _speedup = Number("--target-speedup", "prune as much as makes the predicted time fall by this factor", value => value > 1, "more than 1");
    private readonly Option<string[]> _exclude = Globs("--exclude", "parameters that stay dense");
    private readonly Option<string[]> _include = Globs("--include", "parameters that are pruned even if it hardly pays");
    private readonly Option<string?> _output = new("--output", "-o") { Description = "the overlay; weights are written beside it; default: FILE with _pruned behind its name", HelpName = "PATH" };
    private readonly Option<string?> _state = new("--state") { Description = "keep results of layers here, for a run that is interrupted; default: a folder beside the output until it is done", HelpName = "DIR" };
    private readonly Option<int> _steps = Count("--steps", "steps of obs from dense to the pattern", 2, MostSteps);
    private readonly Option<int> _rows = Count("--rows", "places sampled for each layer", 8192, 1_000_000);
    private readonly Option<int> _seed = Count("--seed", "chooses those places", 1, int.MaxValue);
    private readonly Option<double?> _damping = Number("--damping", "how strongly obs holds weights at their dense values; default: 0.01", value => value is >= 0 and <= 100, "from 0 to 100");
    private readonly Option<bool> _byLayer = new("--wanda-by-layer") { Description = "wanda compares weights over the whole layer, not for each output" };
    private readonly Option<int> _threads = Count("--threads", "threads; results do not depend on it", Math.Min(Environment.ProcessorCount, WorkerTeam.MostThreads), WorkerTeam.MostThreads);
    private readonly Option<string?> _model = SharedOptions.Model();
    private readonly Option<string?> _weights = SharedOptions.Weights();
    private readonly Option<string?> _profile = SharedOptions.Profile();
    private readonly Option<bool> _json = SharedOptions.Json();

    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        var prune = new PruneCommand();
        var command = new Command("prune", "Set weights to zero so that results change little.")
        {
            prune._file, prune._pattern, prune._method, prune._calibration, prune._schedule, prune._speedup, prune._exclude, prune._include, prune._output, prune._state, prune._steps,
            prune._rows, prune._damping, prune._byLayer, prune._seed, prune._threads, prune._model, prune._weights, prune._profile, prune._json,
        };
        command.SetAction(parsed => prune.Run(streams, parsed));
        return command;
    }

    private int Run(Streams streams, ParseResult parsed)
    {
        var session = new Session(streams, parsed.GetValue(_json));
        var file = parsed.GetValue(_file)!;
        PruningOutput? output = null;
        PruningResult? result = null;
        if (Options(session, parsed) is { } options && SourceFiles.Model(session, file, parsed.GetValue(_model)) is { } program)
        {
            output = PruningOutput.At(session, file, program.Model, parsed.GetValue(_output));
            result = output is null || !output.IsApart() ? null : Memory.Guard(session, $"pruning '{program.Model.Name}'", () => Prune(session, parsed, program, options, output));
        }

        if (result is not null && !session.IsJson && !session.Diagnostics.HasErrors)
        {
            PruningReport.Write(session.Output, result);
            session.Output.WriteLine(output!.Path);
        }

        return session.Finish(writer => PruningReport.Write(writer, result!, output!.Path, output.Weights));
    }

    private PruningResult? Prune(Session session, ParseResult parsed, ProgramModel program, PruningOptions options, PruningOutput output)
    {
        var model = program.Model;
        var loaded = ModelWeights.Read(session, program, parsed.GetValue(_weights));
        var samples = parsed.GetValue(_calibration) is { } folder && !session.Diagnostics.HasErrors ? CalibrationFolder.Read(session, model, folder) : [];
        if (loaded is null || samples is null || ProfileFile.Find(session, parsed.GetValue(_profile)) is not { } profile || session.Diagnostics.HasErrors)
        {
            return null;
        }

        CSharpHost.WarmUp();
        var weights = model.Params.ToDictionary(p => p.Path, p => loaded[p.Path], StringComparer.Ordinal);
        var state = new FolderState(session, parsed.GetValue(_state) ?? DefaultState(output.Path));
        var times = new CompilerTimes(output.Bind, weights, NativeTarget.Widest, profile);
        var result = session.Work("pruning", say => new Pruner(model, weights, samples, options, session.Diagnostics)
        {
            State = state,
            Times = times.Predict,
            Progress = (what, done, all) => say(string.Create(CultureInfo.InvariantCulture, $"{what} ({done + 1} of {all})")),
        }.Run());
        var comment = string.Create(CultureInfo.InvariantCulture, $"Pruned by sparsedsl prune: {options.Pattern}, {parsed.GetValue(_method)}, {samples.Count} calibration samples.");
        if (result is null || session.Diagnostics.HasErrors || !output.Write(result, comment))
        {
            return null;
        }

        if (parsed.GetValue(_state) is null)
        {
            state.Delete();
        }

        return result;
    }

    private PruningOptions? Options(Session session, ParseResult parsed)
    {
        var text = parsed.GetValue(_pattern)!;
        if (PruningPattern.Parse(text, out var problem) is not { } pattern)
        {
            session.Report(PruningDiagnostics.Pattern, text, problem);
            return null;
        }

        var speedup = parsed.GetValue(_speedup);
        return new PruningOptions(pattern, Enum.Parse<PruningMethod>(parsed.GetValue(_method)!, ignoreCase: true))
        {
            // Who asks for a speed-up wants it where it costs least, unless he says otherwise.
            Schedule = speedup is not null && parsed.GetResult(_schedule) is not { Implicit: false }
                ? PruningSchedule.Sensitivity : Enum.Parse<PruningSchedule>(parsed.GetValue(_schedule)!, ignoreCase: true),
            TargetSpeedup = speedup,
            Exclude = [.. parsed.GetValue(_exclude) ?? []],
            Include = [.. parsed.GetValue(_include) ?? []],
            Steps = parsed.GetValue(_steps),
            Rows = parsed.GetValue(_rows),
            Seed = parsed.GetValue(_seed),
            Damping = parsed.GetValue(_damping) ?? 0.01,
            WandaByLayer = parsed.GetValue(_byLayer),
            Threads = parsed.GetValue(_threads),
        };
    }

    private static string DefaultState(string overlay) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(overlay))!, $".{Path.GetFileNameWithoutExtension(overlay)}.pruning");

    private static Option<string> OneOf(string name, string description, params string[] values)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => values[0] };
        option.AcceptOnlyFromAmong(values);
        return option;
    }

    private static Option<string[]> Globs(string name, string description) => new(name) { Description = description + "; * within a segment, ** over several", HelpName = "GLOB" };

    private static Option<int> Count(string name, string description, int standard, int most)
    {
        var option = SharedOptions.Count(name, description, most);
        option.DefaultValueFactory = _ => standard;
        return option;
    }

    private static Option<double?> Number(string name, string description, Func<double, bool> isRight, string range) => new(name)
    {
        Description = description,
        HelpName = "X",
        CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[0].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && isRight(value))
            {
                return value;
            }

            result.AddError($"{name} must be a number {range}, not '{result.Tokens[0].Value}'");
            return null;
        },
    };
}
