using System.Globalization;
using SparseDsl.Backends.Hosting;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Onnx;
using SparseDsl.TestSupport;

namespace SparseDsl.Import.Tests.Onnx;

/// <summary>Imported networks, compiled, give what ONNX Runtime gives.</summary>
public sealed class ImportEqualityTests(ITestOutputHelper output)
{
    /// <summary>Shapes by position, the largest of a network's sizes last.</summary>
    [Theory]
    [InlineData("oww/alexa.onnx", "1,16,96")]
    [InlineData("oww/timer.onnx", "1,34,96")]
    [InlineData("oww/weather.onnx", "1,22,96")]
    [InlineData("oww/embedding.onnx", "1,76,32,1 2,76,32,1")]
    [InlineData("ocr/rec.onnx", "1,3,48,160 2,3,48,320 1,3,48,163 1,3,48,640")]
    [InlineData("ocr/cls.onnx", "1,3,48,192 3,3,48,192")]
    public void Outputs_equal_those_of_OnnxRuntime(string file, string shapes) => Compare(file, shapes, Noise);

    /// <summary>
    /// The detector sees pages, not noise. Its answer is a probability for every point, and on noise all of them are nearly 0: at 320 x 320 the largest is
    /// 8.7e-4, at 64 x 160 3.3e-7. ONNX Runtime's sigmoid is off by 1.2e-7 absolutely, which is 1.4e-4 and 0.18 of those; ours differs from the same
    /// network in f64 by 1.0e-5 and 7.6e-6 of them. On a page the largest is 1, and both are within 4e-5 of f64.
    /// </summary>
    [Theory]
    [InlineData("ocr/det.onnx", "1,3,320,320 1,3,64,160 1,3,640,960")]
    public void Pages_equal_those_of_OnnxRuntime(string file, string shapes) => Compare(file, shapes, Pages.Normalised);

    private void Compare(string file, string shapes, Func<int[], float[]> input)
    {
        var path = ModelFiles.Require(file);
        var import = OnnxImporter.Import(OnnxModel.Load(path), Path.GetFileNameWithoutExtension(path), new OnnxImportOptions { Source = file });
        Assert.Equal("", string.Concat(import.Diagnostics.Select(DiagnosticRenderer.Render)));
        Assert.Equal(import.Dsl, ImportedModel.Formatted(import.Dsl));
        output.WriteLine($"{file}: {import.Dsl.Count(c => c == '\n')} lines");
        using var model = ImportedModel.Compile(import);
        using var reference = new OrtModel(path, optimize: false);
        foreach (var shape in shapes.Split(' ').Select(s => s.Split(',').Select(e => int.Parse(e, CultureInfo.InvariantCulture)).ToArray()))
        {
            var error = Error(model, reference, shape, input(shape));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file} {string.Join('x', shape)}: {error:e2}"));
            Assert.True(error <= 1e-4, string.Create(CultureInfo.InvariantCulture, $"{file} [{string.Join(", ", shape)}]: {error}"));
        }
    }

    private static float[] Noise(int[] shape)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }

    // The largest difference over the largest value.
    private static double Error(CompiledModel model, OrtModel reference, int[] shape, float[] values)
    {
        var expected = reference.Run(shape, values);
        var found = model.Run(new Dictionary<string, TensorData> { [model.Inputs.Single().Name] = TensorData.FromFloats(values, shape) }).Values.Single();
        Assert.Equal(expected.Shape, found.Shape);
        var largest = expected.Floats.Max(Math.Abs);
        Assert.True(largest > 0, "a result of zeros compares nothing");
        return found.ToFloats().Zip(expected.Floats, (a, b) => (double)Math.Abs(a - b)).Max(d => double.IsNaN(d) ? double.PositiveInfinity : d) / largest;
    }
}
