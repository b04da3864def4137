using System.Globalization;

namespace SparseDsl.Examples.Ocr.Evaluation;

/// <summary>The command line.</summary>
internal sealed record Settings
{
    public const string Usage = """
        usage: evaluate [--rec PROGRAM]… [--det PROGRAM]… [--lines N] [--pages N] [--threads N] [--models DIR] [--json]
               evaluate calibrate --out DIR [--models DIR]

        Prints how well lines and pages are read by the recogniser and the detector: ours, those of pruned programs, and ONNX Runtime's.
        With --json an object a line. A PROGRAM is a .dsl file with its weights beside it, as 'sparsedsl prune' writes it.
        """;

    /// <summary>Where to write calibration data; null to measure.</summary>
    public string? Calibrate { get; private init; }

    /// <summary>Recognisers to compare.</summary>
    public IReadOnlyList<string> Recognizers { get; private init; } = [];

    /// <summary>Detectors to compare.</summary>
    public IReadOnlyList<string> Detectors { get; private init; } = [];

    /// <summary>Lines of each set.</summary>
    public int Lines { get; private init; } = 100;

    /// <summary>Documents; photos are as many less a third.</summary>
    public int Pages { get; private init; } = 16;

    /// <summary>Whether to print an object a line.</summary>
    public bool IsJson { get; private init; }

    /// <summary>Threads of each network.</summary>
    public int Threads { get; private init; } = 1;

    /// <summary>Where det.onnx, cls.onnx, rec.onnx and keys.txt lie.</summary>
    public string Models { get; private init; } = Path.Combine(Example, "..", "..", "models", "ocr");

    /// <summary>The folder of the example.</summary>
    public static string Example { get; } = FindExample();

    /// <summary>Null where the arguments are not as <see cref="Usage"/> says.</summary>
    public static Settings? Parse(string[] arguments)
    {
        Settings? settings = new();
        var isCalibration = arguments is ["calibrate", ..];
        var rest = arguments.AsSpan(isCalibration ? 1 : 0);
        while (rest.Length > 0 && settings is not null)
        {
            var isFlag = rest[0] == "--json";
            settings = isFlag ? settings with { IsJson = true } : rest.Length > 1 ? settings.With(rest[0], rest[1]) : null;
            rest = rest[Math.Min(isFlag ? 1 : 2, rest.Length)..];
        }

        return settings is null || isCalibration != (settings.Calibrate is not null) ? null : settings;
    }

    private Settings? With(string option, string value) => option switch
    {
        "--out" => this with { Calibrate = value },
        "--rec" => this with { Recognizers = [.. Recognizers, value] },
        "--det" => this with { Detectors = [.. Detectors, value] },
        "--models" => this with { Models = value },
        "--lines" when Count(value) is { } count => this with { Lines = count },
        "--pages" when Count(value) is { } count => this with { Pages = count },
        "--threads" when Count(value) is { } count => this with { Threads = count },
        _ => null,
    };

    private static int? Count(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is >= 1 and <= 1024 ? value : null;

    // The program runs from its build output, wherever it is called.
    private static string FindExample()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Ocr.csproj")))
            {
                return folder;
            }
        }

        return Directory.GetCurrentDirectory();
    }
}
