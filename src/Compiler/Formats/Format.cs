using System.Collections.Immutable;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Formats;

/// <summary>
/// How a tensor is stored: a list of levels from the outermost in. The dense row-major format has one dense level for each index.
/// </summary>
/// <param name="Source">Name, logical indices and levels as written or chosen.</param>
/// <param name="Pattern">Which elements are stored, where that is known and a level's coordinates are to be written into code; else null.</param>
public sealed record Format(BoundFormat Source, Pattern? Pattern = null)
{
    /// <summary>For messages: <c>csr</c>, <c>bsr(4, 4)</c>.</summary>
    public string Name => Source.Name;

    /// <summary>Whether it is the row-major dense format.</summary>
    public bool IsDense => Source.Levels.Length == Source.Indices.Length
        && Source.Levels.Zip(Source.Indices, (l, i) => l.Kind == "dense" && l.Index.SymbolName == i).All(x => x);

    /// <summary>Row-major dense storage of a tensor with this many indices.</summary>
    public static Format Dense(int rank)
    {
        ImmutableArray<string> indices = [.. Enumerable.Range(0, rank).Select(i => FormattableString.Invariant($"i{i}"))];
        return new Format(new BoundFormat("dense", indices, [.. indices.Select(i => new BoundLevel("dense", null, Dim.Symbol(i)))]));
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
