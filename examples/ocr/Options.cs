using System.Globalization;

namespace SparseDsl.Examples.Ocr;

/// <summary>The command line of the example.</summary>
internal sealed record Options
{
    public const string Usage = "usage: run IMAGE [--models DIR] [--threads N]";

    /// <summary>The picture to read.</summary>
    public required string Image { get; init; }

    /// <summary>Where det.onnx, cls.onnx, rec.onnx and keys.txt lie.</summary>
    public string Models { get; init; } = Path.GetFullPath(Path.Combine(Folder, "..", "..", "models", "ocr"));

    /// <summary>Number of threads of each network.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Where imported networks are kept.</summary>
    public static string Networks => Path.Combine(Folder, "networks");

    // The example runs from its build output, wherever it is called.
    private static string Folder { get; } = FindFolder();

    /// <summary>Null where the arguments are not as <see cref="Usage"/> says.</summary>
    public static Options? Parse(ReadOnlySpan<string> arguments)
    {
        var options = new Options { Image = "" };
        while (options is not null && arguments is [var first, .. var rest])
        {
            var hasValue = first is "--models" or "--threads";
            options = hasValue ? (rest is [var value, ..] ? options.With(first, value) : null) : options.WithImage(first);
            arguments = hasValue && options is not null ? rest[1..] : rest;
        }

        return options?.Image.Length > 0 ? options : null;
    }

    private Options? With(string option, string value)
    {
        if (option == "--models")
        {
            return this with { Models = value };
        }

        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var threads) && threads is > 0 and <= 1024
            ? this with { Threads = threads }
            : null;
    }

    private Options? WithImage(string argument) => argument.StartsWith('-') || Image.Length > 0 ? null : this with { Image = argument };

    private static string FindFolder()
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
