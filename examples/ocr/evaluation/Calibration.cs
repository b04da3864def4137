using System.Globalization;
using SparseDsl.Compiler.Data;
using SparseDsl.Import.Data;

namespace SparseDsl.Examples.Ocr.Evaluation;

/// <summary>Writes what the networks are given, for <c>sparsedsl prune --calibration</c>: <c>DIR/rec</c> and <c>DIR/det</c>, a file a picture.</summary>
internal static class Calibration
{
    private const int English = 96;
    private const int Chinese = 80;
    private const int Photos = 20;
    private const int Documents = 8;

    // Seeds of their own: no line or page that accuracy is measured on.
    private const int Seed = 1001;

    /// <summary>Writes both sets.</summary>
    public static void Write(Fonts fonts, string models, string folder)
    {
        var decoder = CtcDecoder.FromKeys(Path.Combine(models, "keys.txt"));
        var recognizer = new CaptureNetwork(_ => new Tensor([1, 1, decoder.ClassCount], new float[decoder.ClassCount]));
        var lines = new Lines(fonts, Seed);
        foreach (var sample in lines.HardEnglish(English).Concat(lines.HardChinese(Chinese)))
        {
            new Recognizer(recognizer, decoder).Read(sample.Image);
        }

        Write(Path.Combine(folder, "rec"), recognizer.Inputs);

        var detector = new CaptureNetwork(input => new Tensor([1, 1, input.Shape[2], input.Shape[3]], new float[input.Shape[2] * input.Shape[3]]));
        var pages = new Pages(fonts, Seed);
        foreach (var sample in pages.Photos(Photos).Concat(pages.Documents(Documents)))
        {
            new Detector(detector, new TextRegions()).Find(sample.Image);
        }

        Write(Path.Combine(folder, "det"), detector.Inputs);
    }

    private static void Write(string folder, IReadOnlyList<Tensor> inputs)
    {
        Directory.CreateDirectory(folder);
        for (var i = 0; i < inputs.Count; i++)
        {
            Npy.Write(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{i:000}.npy")), TensorData.FromFloats(inputs[i].Values, inputs[i].Shape));
        }

        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{inputs.Count} inputs in {folder}"));
    }
}
