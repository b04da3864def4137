using System.Collections.Immutable;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;

namespace SparseDsl.Compiler.Weights;

/// <summary>A parameter as far as its weights are concerned.</summary>
/// <param name="Path">Its name in the weights file.</param>
/// <param name="Type">Element type and shape.</param>
/// <param name="Sparsity">What is promised or imposed about zeros.</param>
/// <param name="Location">Where it is declared.</param>
/// <param name="Annotation">Where the sparsity annotation stands.</param>
public sealed record WeightDeclaration(string Path, TensorType Type, Sparsity? Sparsity, SourceLocation? Location, SourceLocation? Annotation)
{
    /// <summary>All parameters of a model, used or not.</summary>
    public static ImmutableArray<WeightDeclaration> Of(BoundModel model) =>
        [.. model.Params.Select(p => new WeightDeclaration(p.Path, p.Type, p.Sparsity, p.Location, p.AnnotationLocation))];

    /// <summary>The parameters a graph reads.</summary>
    public static ImmutableArray<WeightDeclaration> Of(Graph graph) =>
        [.. graph.Nodes.OfType<ParamNode>().Select(p => new WeightDeclaration(p.Path, p.Type, p.Sparsity, p.Origin.Location, p.AnnotationLocation)).DistinctBy(d => d.Path)];
}
