using SparseDsl.Cli.Data;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Pruning;

namespace SparseDsl.Cli.Pruning;

/// <summary>
/// Calibration data: one <c>.npy</c> file a sample (or batch), in the order of their names. A model of one input has them in the folder itself or in
/// one of the input's name; one of several inputs has a folder for each, with the same names of files in all.
/// </summary>
internal static class CalibrationFolder
{
    private const string Files = "*.npy";

    /// <summary>The samples; null after a report.</summary>
    public static IReadOnlyList<CalibrationSample>? Read(Session session, BoundModel model, string folder)
    {
        if (model.Inputs.IsEmpty || Names(session, model, folder) is not { } names)
        {
            return model.Inputs.IsEmpty ? Missing(session, folder, $"'{model.Name}' has no inputs") : null;
        }

        var samples = new List<CalibrationSample>();
        foreach (var name in names)
        {
            var sources = model.Inputs.Select(i => new KeyValuePair<string, string>(i.Name, PathOf(folder, i.Name, name))).ToList();
            if (ModelInputs.Read(session, model, sources, []) is not { } inputs)
            {
                return null;
            }

            samples.Add(new CalibrationSample(inputs.Tensors, inputs.Dims));
        }

        return samples;
    }

    private static string[]? Names(Session session, BoundModel model, string folder)
    {
        if (!Directory.Exists(folder))
        {
            return Missing<string[]>(session, folder, "there is no such folder");
        }

        try
        {
            var byInput = model.Inputs.Select(i => (i.Name, Files: In(Path.Combine(folder, i.Name)))).ToList();
            if (byInput is [{ Files: null }])
            {
                byInput = [(byInput[0].Name, In(folder))];
            }

            if (byInput.FirstOrDefault(i => i.Files is null) is { Name: { } missing })
            {
                return Missing<string[]>(session, folder, $"it has no folder '{missing}' for that input");
            }

            if (byInput.FirstOrDefault(i => !i.Files!.SequenceEqual(byInput[0].Files!)) is { Name: { } other })
            {
                return Missing<string[]>(session, folder, $"the folders '{byInput[0].Name}' and '{other}' do not have the same files");
            }

            return byInput[0].Files!.Length > 0 ? byInput[0].Files : Missing<string[]>(session, folder, "it has no .npy files");
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            session.Report(FileDiagnostics.CannotRead, folder, Disk.Explain(problem));
            return null;
        }
    }

    private static string[]? In(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, Files).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)] : null;

    private static string PathOf(string folder, string input, string name) =>
        Directory.Exists(Path.Combine(folder, input)) ? Path.Combine(folder, input, name) : Path.Combine(folder, name);

    private static IReadOnlyList<CalibrationSample>? Missing(Session session, string folder, string why) => Missing<IReadOnlyList<CalibrationSample>>(session, folder, why);

    private static T? Missing<T>(Session session, string folder, string why)
        where T : class
    {
        session.Report(PruningDiagnostics.NoSamples, folder, why);
        return null;
    }
}
