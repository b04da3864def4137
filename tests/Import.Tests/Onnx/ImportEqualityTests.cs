using System.Globalization;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
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
    [InlineData("ocr/rec.onnx", "1,3,48,160 2,3,48,320 1,3,48,640")]
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
        output.WriteLine($"{file}: {import.Dsl.Count(c => c == '\n')} lines");
        using var model = Compile(import);
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

    private static CompiledModel Compile(ImportResult import)
    {
        if (Environment.GetEnvironmentVariable("SPARSEDSL_IMPORTED") is { Length: > 0 } folder)
        {
            ImportWriter.Write(import, folder, import.Dsl.Split('\n')[1].Split(' ')[1]);
        }

        var target = System.Runtime.Intrinsics.X86.Avx2.IsSupported ? Target.Avx2 : Target.Scalar;
        var diagnostics = new DiagnosticBag();
        var module = Compilation.Bind(new SourceText("imported.dsl", import.Dsl), ModuleResolver.LibraryOnly(), diagnostics);
        Assert.Equal("", string.Concat(diagnostics.Items.Where(d => d.Severity == Severity.Error).Take(5).Select(DiagnosticRenderer.Render)));
        var bound = Assert.Single(module.Models);
        Assert.Equal(import.Weights.Keys.Order(StringComparer.Ordinal), bound.Params.Select(p => p.Path).Order(StringComparer.Ordinal));
        var options = new CompilationOptions(target) { Weights = p => import.Weights.GetValueOrDefault(p) };
        var lowered = Compilation.Lower(bound, options, diagnostics);
        Assert.True(lowered is not null, string.Concat(diagnostics.Items.Take(5).Select(DiagnosticRenderer.Render)));
        var cache = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
        return CSharpHost.Load(lowered.Program, target, w => Compilation.Pack(w, p => import.Weights[p], cache));
    }
}
