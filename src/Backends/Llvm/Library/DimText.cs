using SparseDsl.Backends.Llvm.Emit;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Backends.Llvm.Library;

/// <summary>Sizes and lengths in 64-bit arithmetic over the values of dims.</summary>
internal sealed class DimText(Function f, IReadOnlyDictionary<string, string> values)
{
    private static readonly LoopType Wide = new(ElementType.I64);

    private readonly ValueWriter arithmetic = new(f, new Scope());

    /// <summary>The value of an expression: an i64 operand.</summary>
    public string Write(Dim dim)
    {
        var sum = "0";
        foreach (var (coefficient, factors) in dim.Terms())
        {
            var product = factors.Select(Atom).Aggregate(LlvmTypes.Digits(coefficient), (a, b) => f.Set($"mul i64 {a}, {b}"));
            sum = sum == "0" ? product : f.Set($"add i64 {sum}, {product}");
        }

        return sum;
    }

    private string Atom(Dim.Atom atom)
    {
        if (atom.Kind == Dim.AtomKind.Symbol)
        {
            return values[atom.Name];
        }

        var (left, right) = (Write(atom.Left!), Write(atom.Right!));
        return atom.Kind switch
        {
            Dim.AtomKind.FloorDiv => arithmetic.FloorDivide(Wide, left, right),
            Dim.AtomKind.Mod => f.Set($"sub i64 {left}, {f.Set($"mul i64 {right}, {arithmetic.FloorDivide(Wide, left, right)}")}"),
            Dim.AtomKind.Min => f.Call("i64", "llvm.smin.i64", $"i64 {left}", $"i64 {right}"),
            _ => f.Call("i64", "llvm.smax.i64", $"i64 {left}", $"i64 {right}"),
        };
    }
}
