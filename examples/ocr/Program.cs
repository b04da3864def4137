using System.Diagnostics;
using System.Globalization;

namespace SparseDsl.Examples.Ocr;

/// <summary>Reads the text of a picture: prints the lines, and on the error stream where the time went.</summary>
internal static class Program
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int Misused = 2;

    private static int Main(string[] arguments)
    {
        if (Options.Parse(arguments) is not { } options)
        {
            Console.Error.WriteLine(Options.Usage);
            return Misused;
        }

        try
        {
            Read(options);
            return Done;
        }
        catch (Exception problem) when (problem is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine("ocr: " + problem.Message.ReplaceLineEndings(" "));
            return Failed;
        }
    }

    private static void Read(Options options)
    {
        // First what is quickly found to be wrong.
        var image = ImageFile.Load(options.Image);
        var decoder = CtcDecoder.FromKeys(Path.Combine(options.Models, "keys.txt"));
        var start = Stopwatch.GetTimestamp();
        using var detector = Network("det", options);
        using var classifier = Network("cls", options);
        using var recognizer = Network("rec", options);
        var compiling = Stopwatch.GetElapsedTime(start);

        var (detect, orient, recognize) = (new TimedNetwork(detector), new TimedNetwork(classifier), new TimedNetwork(recognizer));
        start = Stopwatch.GetTimestamp();
        var lines = OcrReader.Create(detect, orient, recognize, decoder).Read(image);
        var reading = Stopwatch.GetElapsedTime(start);
        foreach (var line in lines)
        {
            Console.Out.WriteLine(line.Text);
        }

        ReportTime("compile 3 networks", compiling);
        ReportTime("detect", detect.Elapsed);
        ReportTime(Times(orient, "orient"), orient.Elapsed);
        ReportTime(Times(recognize, "recognise"), recognize.Elapsed);
        ReportTime("scale, crop, decode", reading - detect.Elapsed - orient.Elapsed - recognize.Elapsed);
        ReportTime("read", reading);
    }

    private static SparseNetwork Network(string name, Options options) =>
        SparseNetwork.Load(NetworkImporter.Ensure(Path.Combine(options.Models, name + ".onnx"), Options.Networks), options.Threads);

    private static string Times(TimedNetwork network, string what) => string.Create(CultureInfo.InvariantCulture, $"{what} ({network.Calls} pieces)");

    private static void ReportTime(string what, TimeSpan time) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-24}{time.TotalMilliseconds,10:F1} ms"));
}
