namespace SparseDsl.Examples.Ocr.Evaluation;

/// <summary>Measures how well text is read, on pictures drawn from fixed seeds.</summary>
internal static class Program
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int Misused = 2;

    // Of no set that calibrates.
    private const int Seed = 1;

    private static int Main(string[] arguments)
    {
        if (Settings.Parse(arguments) is not { } settings)
        {
            Console.Error.WriteLine(Settings.Usage);
            return Misused;
        }

        try
        {
            using var fonts = Fonts.Load();
            if (settings.Calibrate is { } folder)
            {
                Calibration.Write(fonts, settings.Models, folder);
            }
            else
            {
                Measure(settings, fonts);
            }

            return Done;
        }
        catch (Exception problem) when (problem is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine("evaluate: " + problem.Message.ReplaceLineEndings(" "));
            return Failed;
        }
    }

    private static void Measure(Settings settings, Fonts fonts)
    {
        using var networks = new Networks(settings);
        var report = new Report(Console.Out, settings.IsJson);
        var lines = new Lines(fonts, Seed);
        IReadOnlyList<Sample>[] sets = [lines.CleanEnglish(settings.Lines), lines.HardEnglish(settings.Lines), lines.HardChinese(settings.Lines)];
        report.Head("recogniser, lines", "clean en", "hard en", "hard zh");
        foreach (var (name, network) in networks.Recognizers)
        {
            report.Row(name, [.. sets.Select(set => Accuracy(new Recognizer(network, networks.Decoder), set))]);
        }

        var pages = new Pages(fonts, Seed);
        IReadOnlyList<Sample>[] pictures = [pages.Documents(settings.Pages), pages.Photos(settings.Pages * 2 / 3)];
        var dense = pictures.Select(set => Boxes(networks.Detectors[0].Network, set)).ToList();
        report.Head("detector, box F1 against dense", "documents", "photos");
        foreach (var (name, network) in networks.Detectors)
        {
            report.Row(name, [.. pictures.Select((set, i) => Agreement(dense[i], Boxes(network, set)))]);
        }

        report.Head("detector + recogniser, documents", "characters");
        foreach (var (detector, recognizer) in Pairs(networks))
        {
            report.Row($"{detector.Name} + {recognizer.Name}", Accuracy(OcrReader.Create(detector.Network, networks.Classifier, recognizer.Network, networks.Decoder), pictures[0]));
        }
    }

    // Each with the dense one of the other, and both pruned.
    private static IEnumerable<((string Name, INetwork Network) Detector, (string Name, INetwork Network) Recognizer)> Pairs(Networks networks)
    {
        var (detectors, recognizers) = (networks.Detectors, networks.Recognizers);
        for (var d = 0; d < detectors.Count; d++)
        {
            for (var r = 0; r < recognizers.Count; r++)
            {
                // ONNX Runtime's come second and are paired with each other.
                if ((d == 1) == (r == 1))
                {
                    yield return (detectors[d], recognizers[r]);
                }
            }
        }
    }

    private static double Accuracy(Recognizer recognizer, IReadOnlyList<Sample> samples)
    {
        var accuracy = new CharacterAccuracy();
        foreach (var sample in samples)
        {
            accuracy.Add(sample.Text, recognizer.Read(sample.Image).Text);
        }

        return accuracy.Value;
    }

    private static double Accuracy(OcrReader reader, IReadOnlyList<Sample> samples)
    {
        var accuracy = new CharacterAccuracy();
        foreach (var sample in samples)
        {
            accuracy.Add(sample.Text, string.Concat(reader.Read(sample.Image).Select(line => line.Text)));
        }

        return accuracy.Value;
    }

    private static List<IReadOnlyList<Quad>> Boxes(INetwork network, IReadOnlyList<Sample> samples)
    {
        var detector = new Detector(network, new TextRegions());
        return [.. samples.Select(s => detector.Find(s.Image))];
    }

    private static double Agreement(IEnumerable<IReadOnlyList<Quad>> expected, IEnumerable<IReadOnlyList<Quad>> actual)
    {
        var agreement = new BoxAgreement();
        foreach (var (a, b) in expected.Zip(actual))
        {
            agreement.Add(a, b);
        }

        return agreement.F1;
    }
}
