using System.Collections.Immutable;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Passes.Graphs;

namespace SparseDsl.Compiler.Pipeline;

/// <summary>What is known about a graph. A pass names what it needs and what it gives; the runner checks the order.</summary>
[Flags]
public enum Facts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>One reduction a node at most (GraphValidator).</summary>
    NormalForm = 1,

    /// <summary>Elementwise work sits in its producers.</summary>
    Fused = 2,

    /// <summary>Parts over weights only are nodes of their own.</summary>
    ConstantsApart = 4,

    /// <summary>Nodes over weights only are constants.</summary>
    ConstantsFolded = 8,

    /// <summary>Reductions do not read past edges.</summary>
    Padded = 16,

    /// <summary>Every parameter and constant has a storage format.</summary>
    LevelsChosen = 32,
}

/// <summary>One pass over graphs.</summary>
/// <param name="Name">For dumps and timing.</param>
/// <param name="Needs">Facts that must hold before.</param>
/// <param name="Gives">Facts that hold afterwards, besides those before.</param>
/// <param name="Breaks">Facts that no longer hold afterwards.</param>
/// <param name="Run">The pass.</param>
public sealed record GraphPass(string Name, Facts Needs, Facts Gives, Facts Breaks, Func<Graph, Graph> Run);

/// <summary>Runs graph passes in order, checks what they need, validates in between.</summary>
public static class GraphPipeline
{
    /// <summary>The passes from the graph as built to the graph that is lowered, without the choice of storage.</summary>
    /// <param name="weights">A parameter's tensor by path, null when weights are not loaded.</param>
    /// <param name="deferred">Whether weights that are not loaded come later: the graph is then as with them, constants without elements.</param>
    /// <param name="keepsSlices">Whether slices that weights make constant or unread stay, so that shapes do not depend on weights.</param>
    /// <param name="removed">Is told of tensors that lost slices; null for nobody.</param>
    public static ImmutableArray<GraphPass> Passes(
        Func<string, TensorData?>? weights, bool deferred = false, bool keepsSlices = false, ICollection<RemovedSlices>? removed = null)
    {
        var known = weights ?? (_ => null);
        return
        [
            // Products of quantised tensors, while their real values are nodes of their own.
            new("packed-products", Facts.NormalForm, Facts.None, Facts.None, PackedProducts.Run),

            // Literals and single-element reductions, so that patterns below see the plain forms.
            new("simplify", Facts.NormalForm, Facts.None, Facts.None, SimplifyScalars.Run),

            // Transposed convolutions without conditions, before anything is fused around them.
            new("phases", Facts.NormalForm, Facts.None, Facts.None, DecomposePhases.Run),

            // Equal nodes become one before use counts matter.
            new("common", Facts.None, Facts.None, Facts.None, EliminateCommon.Run),

            // Bias, activation, normalisation and residual go into the sums they follow.
            new("fuse", Facts.NormalForm, Facts.Fused, Facts.None, FuseElementwise.Run),

            // A scale behind a sum of products goes into the weights. Without weights it would be work at run time: left alone then.
            .. weights is null && !deferred ? [] : new[] { new GraphPass("fold-scale", Facts.NormalForm | Facts.Fused, Facts.None, Facts.None, FoldScale.Run) },

            // What depends on weights only is computed once.
            new("hoist-constants", Facts.NormalForm, Facts.ConstantsApart, Facts.None, HoistConstants.Run),
            new("fold-constants", Facts.ConstantsApart, Facts.ConstantsFolded, Facts.None, g => FoldConstants.Run(g, known, deferred)),
            new("simplify", Facts.NormalForm, Facts.None, Facts.None, SimplifyScalars.Run),

            // What zeros in weights make superfluous goes, while reads still say what lies past an edge. Weights that come later would need other shapes: not then.
            .. weights is null || deferred || keepsSlices ? [] : new[]
            {
                new GraphPass("remove-slices", Facts.NormalForm | Facts.ConstantsFolded, Facts.None, Facts.None, g => RemoveSlices.Run(g, known, removed)),
                new GraphPass("simplify", Facts.NormalForm, Facts.None, Facts.None, SimplifyScalars.Run),
            },

            // Edges are handled by a copy outside the inner loops.
            new("pad", Facts.NormalForm, Facts.Padded, Facts.None, MaterialisePadding.Run),
            new("common", Facts.None, Facts.None, Facts.None, EliminateCommon.Run),
        ];
    }

    /// <summary>Runs passes over a valid graph.</summary>
    /// <param name="graph">A graph in normal form.</param>
    /// <param name="passes">The passes, in order.</param>
    /// <param name="dump">Called after every pass with its name and result; null for nobody.</param>
    public static Graph Run(Graph graph, ImmutableArray<GraphPass> passes, Action<string, Graph>? dump = null)
    {
        var facts = Facts.NormalForm;
        GraphValidator.Validate(graph, "build");
        foreach (var pass in passes)
        {
            if ((facts & pass.Needs) != pass.Needs)
            {
                throw new CompilerBugException($"pass '{pass.Name}' needs {pass.Needs & ~facts}, which no pass before it gives");
            }

            graph = GraphValidator.Validate(pass.Run(graph), pass.Name);
            facts = (facts | pass.Gives) & ~pass.Breaks;
            dump?.Invoke(pass.Name, graph);
        }

        return graph;
    }
}
