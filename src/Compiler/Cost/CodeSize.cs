using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Cost;

/// <summary>
/// About how many statements of straight-line code an expression becomes. Compilers like RyuJIT keep track of some thousand local variables in a method and
/// spill what is beyond: a statement then costs two to three times as much, and past twelve hundred nothing is optimised at all. So what repeats code in
/// place (fusion, register tiles, unrolled reductions) stays below <see cref="MostStatements"/>.
/// </summary>
public static class CodeSize
{
    /// <summary>Most statements in one block of a kernel.</summary>
    public const int MostStatements = 400;

    // Of library functions: what their expansions (Passes/Loops/Math) are as statements of C#.
    private static readonly Dictionary<CoreOp, int> Functions = new()
    {
        [CoreOps.Exp] = 9,
        [CoreOps.Log] = 16,
        [CoreOps.Tanh] = 16,
        [CoreOps.Erf] = 19,
        [CoreOps.Sin] = 12,
        [CoreOps.Cos] = 12,
        [CoreOps.Pow] = 45,
    };

    /// <summary>Statements for one element.</summary>
    /// <param name="expressions">The expressions, each object once.</param>
    public static int Of(IEnumerable<ScalarExpr> expressions) => expressions.Sum(Own);

    /// <summary>Statements for one element of what follows a reduction, without the reduction itself.</summary>
    /// <param name="body">An expression with at most one reduction.</param>
    public static int OfEpilogue(ScalarExpr body)
    {
        var seen = new HashSet<ScalarExpr>();
        Collect(body);
        return Of(seen);

        void Collect(ScalarExpr expr)
        {
            if (expr is not ScalarExpr.Reduce && seen.Add(expr))
            {
                foreach (var child in expr.Children())
                {
                    Collect(child);
                }
            }
        }
    }

    /// <summary>Statements of one step of a reduction over a tile. Reads are shared by a row or a column of the tile; what is done to them is not.</summary>
    /// <param name="reduce">The reduction.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="vectors">Vectors of a row.</param>
    public static int OfStep(ScalarExpr.Reduce reduce, int rows, int vectors)
    {
        var all = reduce.Body.All();
        var reads = all.OfType<ScalarExpr.Read>().Count();
        return (reads * (rows + vectors)) + (Math.Max(1, Of(all) - reads) * rows * vectors);
    }

    private static int Own(ScalarExpr expr) => expr switch
    {
        ScalarExpr.Literal or ScalarExpr.Index => 0,
        ScalarExpr.Apply apply => Functions.TryGetValue(apply.Op, out var size) ? size : 1,
        _ => 1,
    };
}
