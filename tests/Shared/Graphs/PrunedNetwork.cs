using System.Globalization;
using System.Text;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Evaluation;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Tests.Graphs;

/// <summary>
/// A random network of the layers that convolutional networks are made of, in whose weights whole rows, columns and elements are zero at random.
/// Equal seeds give equal networks. Its input is x, its output y, its dim N from 1 to 3.
/// </summary>
internal sealed class PrunedNetwork
{
    private readonly Random random;
    private readonly int unit;
    private readonly StringBuilder lines = new();
    private readonly List<(string Name, int Channels, int Height, int Width)> images = [];
    private int names;

    /// <param name="seed">Of everything random.</param>
    /// <param name="unit">Convolutions have multiples of so many channels.</param>
    public PrunedNetwork(int seed, int unit = 1)
    {
        this.unit = unit;
        random = new Random(seed);
        images.Add(("x", random.Next(2, 6), random.Next(5, 9), random.Next(5, 9)));
        var input = images[0];
        for (var count = random.Next(3, 9); count > 0; count--)
        {
            Layer();
        }

        var features = Linear(images[^1]);
        var parameters = Weights.Select(w => $"    param {w.Key}: f32[{string.Join(", ", w.Value.Shape)}]\n");
        Text = $$"""
            import std.nn
            model Net(N: dim 1..3) {
                input x: f32[N, {{input.Channels}}, {{input.Height}}, {{input.Width}}]
            {{string.Concat(parameters)}}{{lines}}    output y = {{features}}
            }
            """.ReplaceLineEndings("\n");
        var diagnostics = new DiagnosticBag();
        var module = Compilation.Bind(new SourceText("net.dsl", Text), ModuleResolver.LibraryOnly(), diagnostics);
        Model = diagnostics.HasErrors ? throw new InvalidOperationException(Text + string.Join("\n", diagnostics.Items.Select(d => d.Message))) : module.Models.Single();
        Graph = BuildGraph.Run(Model);
    }

    /// <summary>The program.</summary>
    public string Text { get; }

    /// <summary>The program, bound.</summary>
    public BoundModel Model { get; }

    /// <summary>The graph as built.</summary>
    public Graph Graph { get; }

    /// <summary>The weights by path.</summary>
    public Dictionary<string, TensorData> Weights { get; } = new(StringComparer.Ordinal);

    /// <summary>Values for the input x.</summary>
    public TensorData Input(int batch)
    {
        var shape = Graph.Inputs.Single().Type.Shape.Select(d => (int)d.Evaluate(_ => batch)).ToArray();
        var values = new Random(batch);
        return TensorData.FromFloats([.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => (float)((values.NextDouble() * 2) - 1))], shape);
    }

    /// <summary>The output of a graph of this network, in float64.</summary>
    public DenseTensor Evaluate(Graph graph, int batch) =>
        GraphEvaluator.Run(graph, _ => DenseTensor.From(Input(batch)), p => DenseTensor.From(Weights[p]), _ => batch)["y"];

    private void Layer()
    {
        var image = images[random.Next(Math.Max(0, images.Count - 3), images.Count)];
        switch (random.Next(13))
        {
            case 0 or 1 or 2:
                images.Add(Activated(Convolution(image, unit * random.Next(1, 9))));
                break;
            case 3:
                images.Add(Activated(Depthwise(image)));
                break;
            case 4:
                images.Add(Activated(Normalised(Convolution(image, unit * random.Next(2, 7), bias: false))));
                break;
            case 5:
                images.Add(Normalised(image));
                break;
            case 6 or 7:
                images.Add(Residual(image));
                break;
            case 8:
                var other = Convolution(image, unit * random.Next(1, 5), size: 1);
                images.Add(Let($"concat({image.Name}, {other.Name}, axis: 1)", (image.Name, image.Channels + other.Channels, image.Height, image.Width)));
                break;
            case 9:
                images.Add(SqueezeExcite(image));
                break;
            case 10:
                images.Add(Let($"max_pool({image.Name}, kernel: 3, stride: 1, pad: 1)", image));
                break;
            case 11:
                images.Add(Let($"instance_norm({image.Name}, {Weight("s", image.Channels)}, {Weight("b", image.Channels)})", image));
                break;
            default:
                var from = random.Next(image.Channels);
                images.Add(Let($"{image.Name}[:, {from}:, :, :]", (image.Name, image.Channels - from, image.Height, image.Width)));
                break;
        }
    }

    private (string Name, int Channels, int Height, int Width) Convolution(
        (string Name, int Channels, int Height, int Width) x, int channels, bool bias = true, int? size = null)
    {
        var kernel = size ?? (random.Next(2) == 0 ? 1 : 3);
        var pad = kernel == 1 ? 0 : x.Height > 4 && x.Width > 4 && size is null ? random.Next(2) : 1;
        var less = kernel - 1 - (2 * pad);
        var sum = $"conv2d({x.Name}, {Weight("f", channels, x.Channels, kernel, kernel)}, pad: {pad})";
        return Let(bias ? $"channel_bias({sum}, {Weight("b", channels)})" : sum, (x.Name, channels, x.Height - less, x.Width - less));
    }

    private (string Name, int Channels, int Height, int Width) Depthwise((string Name, int Channels, int Height, int Width) x) =>
        Let($"channel_bias(depthwise_conv2d({x.Name}, {Weight("d", x.Channels, 1, 3, 3)}, pad: 1), {Weight("b", x.Channels)})", x);

    private (string Name, int Channels, int Height, int Width) Normalised((string Name, int Channels, int Height, int Width) x)
    {
        var variance = Weight("v", x.Channels);
        Weights[variance] = TensorData.FromFloats([.. Weights[variance].ToFloats().Select(v => 0.5f + Math.Abs(v))], x.Channels);
        return Let($"batch_norm({x.Name}, {Weight("s", x.Channels)}, {Weight("b", x.Channels)}, {Weight("m", x.Channels)}, {variance})", x);
    }

    private (string Name, int Channels, int Height, int Width) Residual((string Name, int Channels, int Height, int Width) x)
    {
        var channels = random.Next(2) == 0 ? x.Channels : unit * random.Next(2, 7);
        var left = channels == x.Channels && random.Next(2) == 0 ? x : Convolution(x, channels, size: 1);
        var right = Convolution(Activated(Convolution(x, unit * random.Next(2, 7), size: 1)), channels, size: 3);
        return Activated(Let($"{left.Name} + {right.Name}", left));
    }

    private (string Name, int Channels, int Height, int Width) SqueezeExcite((string Name, int Channels, int Height, int Width) x)
    {
        var squeezed = Let($"global_avg_pool({x.Name})", (x.Name, x.Channels, 1, 1));
        var inner = Let($"relu({Convolution(squeezed, random.Next(2, 5), size: 1).Name})", (x.Name, Weights.Last().Value.Shape[0], 1, 1));
        return Let($"{x.Name} * hard_sigmoid({Convolution(inner, x.Channels, size: 1).Name})", x);
    }

    private (string Name, int Channels, int Height, int Width) Activated((string Name, int Channels, int Height, int Width) x) =>
        Let($"{new[] { "relu", "hard_swish", "sigmoid", "relu" }[random.Next(4)]}({x.Name})", x);

    private string Linear((string Name, int Channels, int Height, int Width) x)
    {
        var flat = $"flatten({x.Name}, from: 1)";
        var hidden = $"relu(linear({flat}, {Weight("w", 6, x.Channels * x.Height * x.Width)}, {Weight("b", 6)}))";
        return random.Next(2) == 0 ? hidden : $"linear({hidden}, {Weight("w", 4, 6)}, {Weight("b", 4)})";
    }

    private (string Name, int Channels, int Height, int Width) Let(string expression, (string Name, int Channels, int Height, int Width) shape)
    {
        var name = Name("t");
        lines.Append(CultureInfo.InvariantCulture, $"    let {name} = {expression}\n");
        return shape with { Name = name };
    }

    private string Name(string stem) => stem + (names++).ToString(CultureInfo.InvariantCulture);

    /// <summary>A new parameter. Along each of the two outermost axes each slice is zero in three of ten cases.</summary>
    private string Weight(string stem, params int[] shape)
    {
        var zero = shape.Take(2).Select(extent => Enumerable.Range(0, extent).Select(_ => extent > 1 && random.NextDouble() < 0.3).ToArray()).ToArray();
        var inner = shape.Skip(2).Aggregate(1, (a, b) => a * b);
        var columns = shape.Length > 1 ? shape[1] : 1;
        var scale = 2 / Math.Sqrt(shape.Skip(1).Aggregate(1, (a, b) => a * b));
        var values = new float[shape.Aggregate(1, (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
        {
            var isZero = zero[0][i / inner / columns] || (shape.Length > 1 && zero[1][i / inner % columns]);
            values[i] = isZero ? 0 : (float)(((random.NextDouble() * 2) - 1) * scale);
        }

        var name = Name(stem);
        Weights.Add(name, TensorData.FromFloats(values, shape));
        return name;
    }
}
