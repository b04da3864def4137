using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Import.Onnx;

/// <summary>Evaluates the nodes that compute shapes. They leave no trace in the program.</summary>
internal static class ShapeFolder
{
    /// <summary>The integers of a constant of at most one axis; null for anything else.</summary>
    public static ImportValue.Shape? Constant(TensorData? tensor) =>
        tensor is { Rank: <= 1, Type: ElementType.I64 or ElementType.I32 }
            ? new ImportValue.Shape([.. tensor.ToInt64s().Select(Dim.Const)], tensor.Rank == 0)
            : null;

    /// <summary>The value of a node whose operands are all known; null when it is not one of shapes.</summary>
    public static ImportValue.Shape? Fold(OnnxNode node, ImmutableArray<ImportValue.Shape> operands) => (node.OpType, operands) switch
    {
        ("Cast" or "Identity", [var x]) => x,
        ("Unsqueeze", [var x, ..]) => new ImportValue.Shape(x.Items),
        ("Squeeze", [{ Items.Length: 1 } x, ..]) => new ImportValue.Shape(x.Items, true),
        ("Concat", _) => new ImportValue.Shape([.. operands.SelectMany(o => o.Items)]),
        ("Gather", [var x, var positions]) => Gather(x, positions),
        ("Slice", [var x, ..]) => Slice(node, operands, x),
        ("Add", [var a, var b]) => Zip(a, b, (x, y) => x + y),
        ("Sub", [var a, var b]) => Zip(a, b, (x, y) => x - y),
        ("Mul", [var a, var b]) => Zip(a, b, (x, y) => x * y),
        ("Div", [var a, var b]) when b.Items.All(d => d.Constant != 0) => Zip(a, b, Dim.FloorDiv),
        _ => null,
    };

    private static ImportValue.Shape? Zip(ImportValue.Shape a, ImportValue.Shape b, Func<Dim, Dim, Dim> combine)
    {
        var count = Math.Max(a.Items.Length, b.Items.Length);
        return (a.Items.Length == count || a.Items.Length == 1) && (b.Items.Length == count || b.Items.Length == 1)
            ? new ImportValue.Shape(
                [.. Enumerable.Range(0, count).Select(i => combine(a.Items[i % a.Items.Length], b.Items[i % b.Items.Length]))], a.IsScalar && b.IsScalar)
            : null;
    }

    private static ImportValue.Shape? Gather(ImportValue.Shape x, ImportValue.Shape positions)
    {
        var result = ImmutableArray.CreateBuilder<Dim>();
        foreach (var position in positions.Items)
        {
            if (position.Constant is not { } at || at < -x.Items.Length || at >= x.Items.Length)
            {
                return null;
            }

            result.Add(x.Items[(int)(at < 0 ? at + x.Items.Length : at)]);
        }

        return new ImportValue.Shape(result.ToImmutable(), positions.IsScalar);
    }

    private static ImportValue.Shape? Slice(OnnxNode node, ImmutableArray<ImportValue.Shape> operands, ImportValue.Shape x)
    {
        var start = node.GetInts("starts") is [var s] ? s : operands is [_, { Items: [{ Constant: { } t }] }, ..] ? t : (long?)null;
        var end = node.GetInts("ends") is [var e] ? e : operands is [_, _, { Items: [{ Constant: { } u }] }, ..] ? u : (long?)null;
        var step = operands is [_, _, _, _, { Items: [{ Constant: { } v }] }] ? v : 1;
        if (start is not { } from || end is not { } to || step != 1)
        {
            return null;
        }

        from = Clamp(from, x.Items.Length);
        to = Clamp(to, x.Items.Length);
        return new ImportValue.Shape([.. x.Items.Skip((int)from).Take((int)Math.Max(0, to - from))]);
    }

    private static long Clamp(long position, int count) => Math.Clamp(position < 0 ? position + count : position, 0, count);
}
