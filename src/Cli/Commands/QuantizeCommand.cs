using System.CommandLine;
using System.Globalization;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Cli.Data;
using SparseDsl.Cli.Pruning;
using SparseDsl.Dsl;
using SparseDsl.Pruning.Quantizing;
using SparseDsl.Runtime;

namespace SparseDsl.Cli.Commands;

/// <summary><c>quantize FILE --calibration DIR --type i8</c>: weights in narrow numbers, and an overlay that says what they stand for.</summary>
internal sealed class QuantizeCommand
{
    private readonly Argument<string> _file = SharedOptions.File();
    private readonly Option<string> _type = OneOf("--type", "what weights are stored in; what they are multiplied with becomes u8 or bf16", "i8", "bf16");
    private readonly Option<string?> _calibration = new("--calibration") { Description = "a folder of inputs, one .npy file a sample; one folder in it for each of several inputs", HelpName = "DIR" };
    private readonly Option<string> _clip = OneOf("--clip", "ranges with the least squared error, or from the smallest to the largest value", "mse", "minmax");
    private readonly Option<string[]> _exclude = new("--exclude") { Description = "parameters that stay as they are; * within a segment, ** over several", HelpName = "GLOB" };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "the overlay; weights are written beside it; default: FILE with _quantized behind its name", HelpName = "PATH" };
    private readonly Option<int> _threads = SharedOptions.Count("--threads", "threads; results do not depend on it", WorkerTeam.MostThreads);
    private readonly Option<string?> _model = SharedOptions.Model();
    private readonly Option<string?> _weights = SharedOptions.Weights();
    private readonly Option<bool> _json = SharedOptions.Json();

    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        var quantize = new QuantizeCommand();
        quantize._threads.DefaultValueFactory = _ => Math.Min(Environment.ProcessorCount, WorkerTeam.MostThreads);
        var command = new Command("quantize", "Store weights in 8 or 16 bits so that results change little.")
        {
            quantize._file, quantize._type, quantize._calibration, quantize._clip, quantize._exclude, quantize._output, quantize._threads, quantize._model, quantize._weights, quantize._json,
        };
        command.SetAction(parsed => quantize.Run(streams, parsed));
        return command;
    }

    private int Run(Streams streams, ParseResult parsed)
    {
        var session = new Session(streams, parsed.GetValue(_json));
        var file = parsed.GetValue(_file)!;
        PruningOutput? output = null;
        QuantizationResult? result = null;
        if (SourceFiles.Model(session, file, parsed.GetValue(_model)) is { } program)
        {
            output = PruningOutput.At(session, file, program.Model, parsed.GetValue(_output), "_quantized");
            result = output is null || !output.IsApart() ? null : Memory.Guard(session, $"quantising '{program.Model.Name}'", () => Quantize(session, parsed, program, output));
        }

        if (result is not null && !session.IsJson && !session.Diagnostics.HasErrors)
        {
            QuantizationReport.Write(session.Output, result);
            session.Output.WriteLine(output!.Path);
        }

        return session.Finish(writer => QuantizationReport.Write(writer, result!, output!.Path, output.Weights));
    }

    private QuantizationResult? Quantize(Session session, ParseResult parsed, ProgramModel program, PruningOutput output)
    {
        var model = program.Model;
        var loaded = ModelWeights.Read(session, program, parsed.GetValue(_weights));
        var samples = parsed.GetValue(_calibration) is { } folder && !session.Diagnostics.HasErrors ? CalibrationFolder.Read(session, model, folder) : [];
        if (loaded is null || samples is null || session.Diagnostics.HasErrors)
        {
            return null;
        }

        CSharpHost.WarmUp();
        var type = parsed.GetValue(_type)!;
        var options = new QuantizationOptions(ElementTypes.Parse(type)!.Value)
        {
            Clipping = Enum.Parse<Clipping>(parsed.GetValue(_clip)!, ignoreCase: true),
            Exclude = [.. parsed.GetValue(_exclude) ?? []],
            Threads = parsed.GetValue(_threads),
        };
        var weights = model.Params.ToDictionary(p => p.Path, p => loaded[p.Path], StringComparer.Ordinal);
        var result = session.Work("quantising", say => new Quantizer(model, weights, samples, options, session.Diagnostics)
        {
            Progress = (what, done, all) => say(string.Create(CultureInfo.InvariantCulture, $"{what} ({done + 1} of {all})")),
        }.Run());
        var comment = string.Create(CultureInfo.InvariantCulture, $"Quantised by sparsedsl quantize: {type}, {samples.Count} calibration samples.");
        var annotations = result?.Layers.Where(l => l.Annotation is not null).Select(l => (l.Path, l.Annotation!));
        return result is null || session.Diagnostics.HasErrors || !output.Write(result.Weights, annotations!, comment) ? null : result;
    }

    private static Option<string> OneOf(string name, string description, params string[] values)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => values[0] };
        option.AcceptOnlyFromAmong(values);
        return option;
    }
}
