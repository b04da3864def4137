using System.CommandLine;
using System.Globalization;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Cli.Data;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Measurement;
using SparseDsl.Measurement.Calibration;

namespace SparseDsl.Cli.Commands;

/// <summary><c>calibrate -o PROFILE</c>: measures what kernels cost on this machine, for the choice between dense and sparse.</summary>
internal static class CalibrateCommand
{
    // Some hundred programs in a minute or so for each number of threads.
    private static readonly Budget Each = new(20, 150, 7);

    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        var output = new Option<string?>("--output", "-o") { Description = $"the profile; default: {ProfileFile.DefaultPathText}, where other commands find it", HelpName = "PATH" };
        var target = SharedOptions.Target();
        var threads = SharedOptions.ThreadCounts("numbers of threads to measure; default: 1, and all processors where there are more");
        var rounds = SharedOptions.Count("--rounds", "for tests: one program of each kind, so many turns and no more");
        rounds.Hidden = true;
        rounds.DefaultValueFactory = _ => 0;
        var command = new Command("calibrate", "Measure what kernels cost on this machine: a minute or two.") { output, target, threads, rounds };
        command.SetAction(parsed =>
        {
            var session = new Session(streams, json: false);
            var here = parsed.GetValue(target) ?? NativeTarget.Widest;
            if (!NativeTarget.IsHere(here))
            {
                session.Report(FileDiagnostics.TargetNotHere, here.Name);
                return session.Finish();
            }

            var turns = parsed.GetValue(rounds);
            var counts = parsed.GetValue(threads) is { Length: > 0 } given ? given : [.. new[] { 1, Environment.ProcessorCount }.Distinct()];
            var calibrator = turns > 0
                ? new Calibrator(here, counts, CalibrationCases.OneOfEach, Budget.Smallest with { FewestTurns = turns })
                : new Calibrator(here, counts, CalibrationCases.All, Each);
            Run(session, calibrator, parsed.GetValue(output));
            return session.Finish();
        });
        return command;
    }

    // Of a path the user did not choose. One he did choose may be a mistake.
    private static bool MakeFolder(Session session, string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return true;
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            session.Report(FileDiagnostics.CannotWrite, path, Disk.Explain(problem));
            return false;
        }
    }

    private static void Run(Session session, Calibrator calibrator, string? output)
    {
        var path = output ?? ProfileFile.DefaultPath;
        // Measuring for a minute only to find that out would be unkind.
        if ((output is null && !MakeFolder(session, path)) || !session.Files.Writes(path))
        {
            return;
        }

        CSharpHost.WarmUp();
        var profile = session.Progress("calibrating", progress => calibrator.Run(ProfileFile.CompilerVersion, progress));
        if (Disk.Write(session, path, profile.Print()))
        {
            foreach (var rates in profile.Rates)
            {
                session.Output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{rates.Target}, {rates.Threads} {(rates.Threads == 1 ? "thread" : "threads")}: {rates.MacsPerNanosecond * 2:F0} GF/s, reads {string.Join(" / ", rates.Reads.Select(r => r.Rate.ToString("F0", CultureInfo.InvariantCulture)))} GB/s, {rates.Kernels.Sum(k => k.Points.Length)} kernels"));
            }

            session.Output.WriteLine(path);
        }
    }
}
