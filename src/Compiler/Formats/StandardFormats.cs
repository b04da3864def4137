using System.Collections.Immutable;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Formats;

/// <summary>The usual storage formats, as the library module <c>std.formats</c> declares them, for choices the compiler makes itself.</summary>
public static class StandardFormats
{
    private static readonly Dim I = Dim.Symbol("i");
    private static readonly Dim J = Dim.Symbol("j");

    /// <summary>Compressed rows: <c>dense(i), compressed(j)</c>.</summary>
    public static Format Csr { get; } = Matrix("csr", Dense(I), Compressed(J));

    /// <summary>Compressed columns: <c>dense(j), compressed(i)</c>.</summary>
    public static Format Csc { get; } = Matrix("csc", Dense(J), Compressed(I));

    /// <summary>Coordinate list: <c>compressed(i), singleton(j)</c>.</summary>
    public static Format Coo { get; } = Matrix("coo", Compressed(I), new BoundLevel("singleton", null, J));

    /// <summary>Compressed rows without empty rows: <c>compressed(i), compressed(j)</c>.</summary>
    public static Format Dcsr { get; } = Matrix("dcsr", Compressed(I), Compressed(J));

    /// <summary>A matrix by columns: <c>dense(j), dense(i)</c>.</summary>
    public static Format DenseTransposed { get; } = Matrix("columns", Dense(J), Dense(I));

    /// <summary>Row-major storage of a tensor with this many indices.</summary>
    public static Format Dense(int rank) => Format.Dense(rank);

    /// <summary>Blocks of r by c: <c>dense(i / r), compressed(j / c), dense(i % r), dense(j % c)</c>. An extent of 1 has no level of its own.</summary>
    public static Format Bsr(int r, int c) => Matrix(
        FormattableString.Invariant($"bsr({r}, {c})"),
        [Dense(Dim.FloorDiv(I, r)), Compressed(Dim.FloorDiv(J, c)), .. Inner(I, r), .. Inner(J, c)]);

    /// <summary>Panels of r rows, dense, all rows of a column side by side: <c>dense(i / r), dense(j), dense(i % r)</c>.</summary>
    public static Format Panels(int r) => Matrix(FormattableString.Invariant($"panels({r})"), [Dense(Dim.FloorDiv(I, r)), Dense(J), .. Inner(I, r)]);

    // A panel of the dense operand that stays in a first-level cache of 32 KB: rows of seven vectors of 16 lanes. Measured, as is the fewest elements.
    private const int RowsOfPanel = 64;
    private const int VectorsOfPanel = 7;
    private const int LanesOfPanel = 16;
    private const double FewestElementsOfRow = 6;
    private const double MostOverfull = 1.25;

    /// <summary>
    /// Rows of the dense operand that a block of columns reads, for <c>csr_blocks</c>: as many as fill a first-level cache, or a few more where a row of the
    /// weight would have too few elements in a block to be worth its start and its end, and any number where that is not enough.
    /// </summary>
    /// <param name="reuse">Results an element of the weight contributes to: elements of a row of the dense operand.</param>
    /// <param name="stored">Stored elements over elements.</param>
    /// <param name="isWindow">Whether the rows are windows of an image, which are copied in any case.</param>
    public static int PanelRows(double reuse, double stored, bool isWindow = false)
    {
        var vectors = Math.Max(1, Math.Min(VectorsOfPanel, Math.Ceiling(reuse / LanesOfPanel)));
        var rows = isWindow ? RowsOfPanel : (int)(RowsOfPanel * VectorsOfPanel / vectors) / 16 * 16;
        var wanted = FewestElementsOfRow / stored;
        return wanted <= rows ? rows : isWindow ? (int)Math.Min(2 * rows, wanted) : wanted <= MostOverfull * rows ? (int)wanted : int.MaxValue;
    }

    /// <summary>One bit an element and packed values, in groups of w columns: <c>dense(i), dense(j / w), bitmask(j % w)</c>.</summary>
    public static Format Bits(int w) => Matrix(
        FormattableString.Invariant($"bits({w})"), Dense(I), Dense(Dim.FloorDiv(J, w)), new BoundLevel("bitmask", null, Dim.Mod(J, w)));

    /// <summary>Rows with one bit an element, and packed values: <c>dense(i), bitmask(j)</c>.</summary>
    public static Format BitRows { get; } = Matrix("bit_rows", Dense(I), new BoundLevel("bitmask", null, J));

    /// <summary>n values of every m along a row: <c>dense(i), dense(j / m), pick(n)(j % m)</c>.</summary>
    public static Format NOfM(int n, int m) => Matrix(
        FormattableString.Invariant($"nm({n}, {m})"), Dense(I), Dense(Dim.FloorDiv(J, m)), new BoundLevel("pick", n, Dim.Mod(J, m)));

    /// <summary>
    /// Compressed rows of a tensor of any rank of at least 1: the first <paramref name="outer"/> indices are dense, the others are one coordinate in
    /// row-major order: a filter [o, c, r, s] is <c>dense(o), compressed(c*R*S + r*S + s)</c>.
    /// </summary>
    public static Format FlattenedCsr(ImmutableArray<int> shape, int outer = 1) => Flattened("csr", shape, outer, [], 1);

    /// <summary>As <see cref="FlattenedCsr"/> with blocks of r along the first index: <c>dense(o / r), compressed(…), dense(o % r)</c>.</summary>
    public static Format FlattenedBsr(ImmutableArray<int> shape, int r) =>
        Flattened(FormattableString.Invariant($"bsr({r}, 1)"), shape, 1, Inner(Dim.Symbol("i0"), r), r);

    private static Format Flattened(string name, ImmutableArray<int> shape, int outer, BoundLevel[] last, int rows)
    {
        ImmutableArray<string> indices = [.. shape.Select((_, i) => FormattableString.Invariant($"i{i}"))];
        var flat = Dim.Zero;
        for (var i = outer; i < shape.Length; i++)
        {
            flat = (flat * shape[i]) + Dim.Symbol(indices[i]);
        }

        var first = indices.Take(outer).Select((index, i) => Dense(i == 0 ? Dim.FloorDiv(Dim.Symbol(index), rows) : Dim.Symbol(index)));
        return new Format(new BoundFormat(name, indices, [.. first, Compressed(flat), .. last]));
    }

    private static Format Matrix(string name, params BoundLevel[] levels) => new(new BoundFormat(name, ["i", "j"], [.. levels]));

    private static BoundLevel Dense(Dim index) => new("dense", null, index);

    private static BoundLevel Compressed(Dim index) => new("compressed", null, index);

    private static BoundLevel[] Inner(Dim index, int extent) => extent == 1 ? [] : [Dense(Dim.Mod(index, extent))];
}
