using System.Collections.Immutable;
using System.Globalization;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Import.Onnx.Programs;

namespace SparseDsl.Import.Onnx;

/// <summary>Gives the extents that the inputs leave open a name and a range.</summary>
/// <param name="options">What the caller knows about them.</param>
/// <param name="graph">The network.</param>
/// <param name="unit">Sides of pictures are multiples of this.</param>
internal sealed class InputDims(OnnxImportOptions options, OnnxGraph graph, int unit)
{
    private const int ShortestSide = 8;
    private readonly Dictionary<string, Dim> known = new(StringComparer.Ordinal);

    /// <summary>The dims of the model, as they are declared.</summary>
    public List<string> Declarations { get; } = [];

    /// <summary>The extents of an input.</summary>
    public ImmutableArray<Dim> Extents(OnnxValue input, ProgramNames names) =>
        [.. input.Shape!.Value.Select((dim, position) => Extent(input, dim, position, names))];

    private Dim Extent(OnnxValue input, OnnxDim dim, int position, ProgramNames names)
    {
        var place = FormattableString.Invariant($"{input.Name}[{position}]");
        if (dim.Size is { } size)
        {
            return Dim.Const(size);
        }

        var key = dim.Symbol ?? place;
        if (known.TryGetValue(key, out var same))
        {
            return same;
        }

        var given = options.Dims.GetValueOrDefault(place) ?? options.Dims.GetValueOrDefault(key) ?? Default(input.Shape!.Value, position);
        var extent = Dim.Const(given.Low);
        if (given.Low != given.High)
        {
            var name = names.Unique(given.Name);
            Declarations.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: dim {given.Low}..{given.High}"));
            extent = Dim.Symbol(name) * Dim.Const(given.Unit);
        }

        return known[key] = extent;
    }

    // A network whose last result is a sequence of letters reads lines of text,
    // all of one height.
    private ImportDim Default(ImmutableArray<OnnxDim> shape, int position)
    {
        var isSequence = graph.Outputs is [{ Shape: { Length: 3 } }];
        var isVector = graph.Outputs is [{ Shape: { Length: 2 } }];
        return (shape.Length, position) switch
        {
            (_, 0) => new ImportDim("N", 1, 64),
            (4, 2) when isSequence || isVector => ImportDim.Fixed(48),
            (4, 3) when isSequence => Side("W", 3200),
            (4, 3) when isVector => ImportDim.Fixed(192),
            (4, 2) => Side("H", 1280),
            (4, 3) => Side("W", 3200),
            _ => new ImportDim(FormattableString.Invariant($"D{position}"), 1, 4096),
        };
    }

    // A side of at least a letter and at most so many points.
    private ImportDim Side(string name, int longest) => new(name, Math.Max(1, ShortestSide / unit), longest / unit, unit);
}
