using SparseDsl.Compiler;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>C# text of <see cref="Dim"/>s.</summary>
internal static class DimWriter
{
    /// <summary>The expression over named values, or null when <paramref name="nameOf"/> gives none for a symbol.</summary>
    public static Code? TryWrite(Dim dim, Func<string, string?> nameOf) =>
        dim.Symbols().All(s => nameOf(s) is not null) ? Write(dim, nameOf) : null;

    /// <summary>The expression over named values.</summary>
    public static Code Write(Dim dim, Func<string, string?> nameOf)
    {
        Code? sum = null;
        foreach (var (coefficient, factors) in dim.Terms().OrderBy(t => t.Factors.Count == 0))
        {
            var term = Term(Math.Abs(coefficient), factors, nameOf);
            sum = sum is not { } left ? (coefficient < 0 ? Code.Unary("-", term) : term) : Code.Binary(coefficient < 0 ? "-" : "+", left, term);
        }

        return sum ?? new Code("0");
    }

    private static Code Term(long magnitude, IReadOnlyList<Dim.Atom> factors, Func<string, string?> nameOf)
    {
        Code? product = magnitude == 1 && factors.Count > 0 ? null : new Code(CSharpTypes.Digits(magnitude));
        foreach (var factor in factors)
        {
            var text = Atom(factor, nameOf);
            product = product is { } left ? Code.Binary("*", left, text) : text;
        }

        return product!.Value;
    }

    private static Code Atom(Dim.Atom atom, Func<string, string?> nameOf) => atom.Kind switch
    {
        Dim.AtomKind.Symbol => new(nameOf(atom.Name) ?? throw new CompilerBugException($"the dim '{atom.Name}' has no value here")),
        Dim.AtomKind.FloorDiv => Code.Lanes("FloorDiv", Write(atom.Left!, nameOf), Write(atom.Right!, nameOf)),
        Dim.AtomKind.Mod => Code.Lanes("FloorMod", Write(atom.Left!, nameOf), Write(atom.Right!, nameOf)),
        Dim.AtomKind.Min => Code.Call(External.Math + ".Min", Write(atom.Left!, nameOf), Write(atom.Right!, nameOf)),
        _ => Code.Call(External.Math + ".Max", Write(atom.Left!, nameOf), Write(atom.Right!, nameOf)),
    };
}
