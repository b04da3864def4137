using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using SparseDsl.Runtime;

namespace SparseDsl.Tests.Generator;

/// <summary>Whatever models, dims and tensors are called, and whatever types are around, the generated class compiles and computes.</summary>
public sealed class NamesTests
{
    private const int Elements = 19;

    // Types that a project may have beside its models.
    private const string Surroundings = """
        namespace App
        {
            public static class Math { } public static class MathF { } public static class Lanes { } public static class Vector512 { } public static class Vector512<T> { }
            public static class Vector256 { } public static class Vector128 { } public class ModelEngine { } public class Span<T> { } public class ReadOnlySpan<T> { } public class WeightFile { }
            public class ArgumentException { } public class MethodImplOptions { } public class System { } public class SparseDsl { } public class Half { } public class Align { } public class Max { }
        }
        namespace System.Deep { public class Math { } public class Lanes { } }
        """;

    [Theory]
    [InlineData("input", "model {1}() {{\n    input {0}: f32[19]\n    output result = {0} * 2 + 1\n}}\n")]
    [InlineData("output", "model {1}() {{\n    input x9: f32[19]\n    output {0} = x9 * 2 + 1\n}}\n")]
    [InlineData("dim", "model {1}({0}: dim 1..40) {{\n    input x9: f32[{0}]\n    output result = x9 * 2 + 1\n}}\n")]
    [InlineData("let", "model {1}(N: dim 1..40) {{\n    input x9: f32[N]\n    let {0} = exp(x9) * 0 + x9\n    output result = {0} * 2 + 1\n}}\n")]
    public void Tensors_and_dims_have_any_name(string role, string program)
    {
        var text = string.Concat(NastyNames.OfTensors.Select((name, i) => string.Format(System.Globalization.CultureInfo.InvariantCulture, program, name, $"M{i}")));
        var types = Compile(new Host(("net.dsl", text)));
        for (var i = 0; i < NastyNames.OfTensors.Count; i++)
        {
            Assert.True(Computes(types.GetType($"App.M{i}", throwOnError: true)!, dims: role is "dim" or "let" ? 1 : 0), NastyNames.OfTensors[i]);
        }
    }

    [Fact]
    public void Parameters_and_states_have_any_name()
    {
        var text = "import std.nn\n" + string.Concat(NastyNames.OfTensors.Select((name, i) =>
            $"model P{i}(N: dim 1..8) {{\n    input x9: f32[N, 8]\n    param {name}: f32[4, 8] @unstructured(zeros >= 50%)\n    output result = linear_no_bias(x9, {name})\n}}\n"));
        Compile(new Host(("net.dsl", text)));
    }

    [Fact]
    public void All_names_meet_in_one_model()
    {
        var inputs = string.Concat(NastyNames.OfTensors.Select(n => $"    input {n}: f32[19]\n"));
        Compile(new Host(("net.dsl", $"model All() {{\n{inputs}    output result = {string.Join(" + ", NastyNames.OfTensors)}\n}}\n")));
    }

    [Fact]
    public void Models_have_any_name()
    {
        var models = NastyNames.OfModels.DistinctBy(n => Backends.CSharp.ClassNames.Of(n), StringComparer.OrdinalIgnoreCase).ToList();
        var host = new Host(("net.dsl", string.Concat(models.Select(n => $"model {n}() {{\n    input x: f32[19]\n    output y = x * 2 + 1\n}}\n"))));
        var types = Compile(host, surroundings: false);
        Assert.All(models, n => Assert.True(Computes(types.GetType("App." + Backends.CSharp.ClassNames.Of(n), throwOnError: true)!, 0), n));
        Assert.NotNull(types.GetType("App.RunModel"));
        Assert.NotNull(types.GetType("App.Vector512"));
    }

    [Theory]
    [InlineData("public static class Math { } public static class Lanes { } public static class Vector256 { } public struct Span<T> { } public struct Half { }")] // no namespace is outermost
    [InlineData("global using Math = System.Text.StringBuilder; global using Lanes = System.String;")]
    [InlineData("namespace App { partial class Net { public int Math; public int Lanes; public static class Vector512 { } public sealed class Span { } public void ModelEngine() { } } }")]
    [InlineData("namespace App { public class Parts { protected const int Vector512 = 0, Avx2 = 1; } partial class Net : Parts { } }")]
    [InlineData("namespace App.Lanes { public static class Math { } } namespace System { public static class Lanes { } } namespace SparseDsl.Runtime { public static class Math { } }")]
    public void What_is_around_is_never_meant(string around)
    {
        var host = new Host(("net.dsl", "model net(N: dim 1..40) {\n    input x: f32[N]\n    output y = max(x * 2 + 1, 0) + exp(x) * 0\n}\n"));
        host.AddCSharp(around);
        Assert.True(Computes(Compile(host, surroundings: false).GetType("App.Net", throwOnError: true)!, 1));
    }

    [Theory]
    [InlineData("System", "ModelEngine")]
    [InlineData("SparseDsl.Other", "Runtime")]
    [InlineData("App.class", "Net")]
    [InlineData("System.Deep", "Net")]
    [InlineData("App.Math", "Lanes")]
    [InlineData("global", "Net")]
    public void Namespaces_hide_nothing(string space, string name)
    {
        var host = new Host(("net.dsl", "model net(N: dim 1..40) {\n    input x: f32[N]\n    output y = x * 2 + 1\n}\n"));
        host.Set("build_property.SparseDslNamespace", space);
        host.Set("build_metadata.AdditionalFiles.SparseDslClassName", name, "net.dsl");
        Assert.True(Computes(Compile(host, space.StartsWith("System", StringComparison.Ordinal)).GetType($"{space}.{name}", throwOnError: true)!, 1));
    }

    [Theory]
    [InlineData("App", "Run")]
    [InlineData("App", "Constant7")]
    [InlineData("App", "Avx2Kernels")]
    [InlineData("App", "__Math")]
    [InlineData("App", "class")]
    [InlineData("App", "var")]
    [InlineData("System", "Math")]
    [InlineData("System", "Runtime")]
    [InlineData("SparseDsl", "Runtime")]
    [InlineData("System.Math", "Net")]
    [InlineData("System.Math.Deep", "Net")]
    public void Names_that_cannot_be_are_refused(string space, string name)
    {
        var host = new Host(("net.dsl", "model net() {\n    input x: f32[4]\n    output y = x\n}\n"));
        host.Set("build_property.SparseDslNamespace", space);
        host.Set("build_metadata.AdditionalFiles.SparseDslClassName", name, "net.dsl");
        var mistake = Assert.Single(host.Diagnostics);
        Assert.Equal("SD5305", mistake.Id);
        Assert.Contains($"'{space}.{name}'", mistake.GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    private static Assembly Compile(Host host, bool surroundings = true)
    {
        if (surroundings)
        {
            host.AddCSharp(Surroundings);
        }

        Assert.Empty(host.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error));
        using var image = new MemoryStream();
        var result = host.Output.Emit(image);
        Assert.Empty(result.Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning));
        image.Position = 0;
        return new AssemblyLoadContext("names", isCollectible: true).LoadFromStream(image);
    }

    private static unsafe bool Computes(Type type, int dims)
    {
        using var model = (ICompiledModel)Activator.CreateInstance(type, BindingFlags.OptionalParamBinding, null, [1], null)!;
        float[] x = [.. Enumerable.Range(0, Elements).Select(i => i * 0.5f)];
        var y = new float[Elements];
        fixed (float* px = x, py = y)
        {
            model.Run([(nint)px, (nint)py], dims == 0 ? [] : [Elements]);
        }

        return y.SequenceEqual(x.Select(v => (v * 2) + 1));
    }
}
