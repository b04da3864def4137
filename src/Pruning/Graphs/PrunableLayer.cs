using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl.Binding;
using SparseDsl.Pruning.Numerics;

namespace SparseDsl.Pruning.Graphs;

/// <summary>A parameter that is a factor of sums of products <c>y[.., o] = sum(i) x[.., i] * w[o, i]</c>: as a matrix, outputs × inputs.</summary>
/// <remarks>Inputs are the indices summed over, in the order of the tensor: (channel, row, column) of a convolution.</remarks>
public sealed class PrunableLayer
{
    internal PrunableLayer(string path, TensorType type, ImmutableArray<int> rowAxes, ImmutableArray<int> columnAxes, ImmutableArray<LayerUse> uses, LayerBias? bias)
    {
        Path = path;
        Type = type;
        RowAxes = rowAxes;
        ColumnAxes = columnAxes;
        Uses = uses;
        Bias = bias;
        Outputs = Product(rowAxes);
        Inputs = Product(columnAxes);
    }

    /// <summary>The parameter's path.</summary>
    public string Path { get; }

    /// <summary>Its type; the shape is constant.</summary>
    public TensorType Type { get; }

    /// <summary>Outputs: rows of the matrix.</summary>
    public int Outputs { get; }

    /// <summary>Terms of one sum: columns of the matrix.</summary>
    public int Inputs { get; }

    /// <summary>The parameter added to the outputs, when there is one that nothing else reads.</summary>
    public string? BiasPath => Bias?.Path;

    /// <summary>Axes of the tensor that are outputs, outermost first.</summary>
    internal ImmutableArray<int> RowAxes { get; }

    /// <summary>Axes of the tensor that are summed over.</summary>
    internal ImmutableArray<int> ColumnAxes { get; }

    /// <summary>The sums it is a factor of.</summary>
    internal ImmutableArray<LayerUse> Uses { get; }

    /// <summary>What can take up a change of the outputs' mean.</summary>
    internal LayerBias? Bias { get; }

    /// <summary>Whether the first axis of the tensor is the only one of outputs, so that the tensor in its order is the matrix.</summary>
    internal bool IsRowMajor => RowAxes is [0] || (RowAxes.IsEmpty && Outputs == 1);

    /// <summary>The tensor as a matrix.</summary>
    internal Matrix<float> ToMatrix(TensorData tensor)
    {
        var matrix = new Matrix<float>(Outputs, Inputs);
        var values = tensor.ToFloats();
        ForEach((place, row, column) => matrix[row, column] = values[place]);
        return matrix;
    }

    /// <summary>A matrix as the tensor.</summary>
    internal TensorData ToTensor(Matrix<float> matrix)
    {
        int[] shape = [.. Type.Shape.Select(d => (int)d.Constant!.Value)];
        var values = new float[Outputs * Inputs];
        ForEach((place, row, column) => values[place] = matrix[row, column]);
        return TensorData.FromFloats(values, shape).ConvertTo(Type.Element);
    }

    private int Product(ImmutableArray<int> axes) => axes.Aggregate(1, (product, axis) => checked(product * (int)Type.Shape[axis].Constant!.Value));

    private void ForEach(Action<int, int, int> visit)
    {
        int[] shape = [.. Type.Shape.Select(d => (int)d.Constant!.Value)];
        var subscripts = new int[shape.Length];
        for (var place = 0; place < Outputs * Inputs; place++)
        {
            visit(place, Flat(RowAxes, subscripts, shape), Flat(ColumnAxes, subscripts, shape));
            for (var axis = shape.Length - 1; axis >= 0 && ++subscripts[axis] == shape[axis]; axis--)
            {
                subscripts[axis] = 0;
            }
        }
    }

    private static int Flat(ImmutableArray<int> axes, int[] subscripts, int[] shape)
    {
        var flat = 0;
        foreach (var axis in axes)
        {
            flat = (flat * shape[axis]) + subscripts[axis];
        }

        return flat;
    }
}

/// <summary>One sum of products that reads a weight.</summary>
/// <param name="Node">The node of the sum.</param>
/// <param name="Input">The other factor's tensor.</param>
/// <param name="Patches">Which of its elements make the terms of one result.</param>
internal sealed record LayerUse(ComputeNode Node, Node Input, PatchMap Patches);

/// <summary>A parameter added to the outputs of a layer, one element for each.</summary>
/// <param name="Path">The parameter.</param>
/// <param name="Sign">1 where it is added, -1 where it is subtracted (a mean).</param>
internal sealed record LayerBias(string Path, int Sign);
