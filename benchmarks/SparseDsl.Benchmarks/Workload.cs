using SparseDsl.Examples.Ocr;

namespace SparseDsl.Benchmarks;

/// <summary>A network at one input size, to be run by us and by a peer.</summary>
/// <param name="Name">In tables: <c>rec 48x320</c>.</param>
/// <param name="Model">The ONNX file under the models folder.</param>
/// <param name="Shape">Shape of the one input.</param>
/// <param name="MegaFlop">Work of one call of the dense network as published, a multiply-add counted as two.</param>
internal sealed record Workload(string Name, string Model, int[] Shape, double MegaFlop)
{
    /// <summary>The recogniser of the OCR example on a short line.</summary>
    public static Workload Recogniser { get; } = new("rec 48x320", "ocr/rec.onnx", [1, 3, 48, 320], 1450);

    /// <summary>The detector of the OCR example on a page.</summary>
    public static Workload Detector { get; } = new("det 640x960", "ocr/det.onnx", [1, 3, 640, 960], 7129);

    /// <summary>The orientation classifier of the OCR example.</summary>
    public static Workload Classifier { get; } = new("cls 48x192", "ocr/cls.onnx", [1, 3, 48, 192], 36);

    /// <summary>The speech embedding of the wake-word networks.</summary>
    public static Workload Embedding { get; } = new("embedding 76x32", "oww/embedding.onnx", [1, 76, 32, 1], 85);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Workload> All { get; } = [Recogniser, Detector, Classifier, Embedding];

    /// <summary>Path of the ONNX file.</summary>
    /// <exception cref="InvalidDataException">It was not fetched.</exception>
    public string Onnx
    {
        get
        {
            var path = Path.Combine(Folders.Models, Model);
            return File.Exists(path) ? path : throw new InvalidDataException($"{path} is not there: run scripts/fetch-models");
        }
    }

    /// <summary>The program, imported where it was not yet.</summary>
    public string Program => NetworkImporter.Ensure(Onnx, Folders.Imported);

    /// <summary>The same values in every process, about as large as a normalised picture's.</summary>
    public float[] MakeInput()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, Shape.Aggregate((a, b) => a * b)).Select(_ => (float)(2 * random.NextDouble() - 1))];
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
