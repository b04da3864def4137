using System.Collections.Immutable;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Evaluation;

/// <summary>
/// Turns a scalar expression into nested closures over an array of index variable values. Several times faster than walking the tree for
/// every element, and still independent of every code generator, so that it can be their oracle. Floats are computed in float64, integers in
/// 64 bits and wrapped to their types.
/// </summary>
internal sealed partial class ScalarCompiler(IReadOnlyList<DenseTensor> operands, Func<string, long> dims)
{
    private readonly Dictionary<string, int> slots = new(StringComparer.Ordinal);
    private readonly Dictionary<ScalarExpr, Func<double>> compiled = [];
    private readonly HashSet<ScalarExpr> shared = [];
    private long[] values = new long[8];
    private long stamp;

    /// <summary>Declares an index variable; returns its slot for <see cref="Set"/>.</summary>
    public int Declare(string name)
    {
        if (!slots.TryGetValue(name, out var slot))
        {
            slot = slots.Count;
            slots.Add(name, slot);
            if (slot >= values.Length)
            {
                Array.Resize(ref values, values.Length * 2);
            }
        }

        return slot;
    }

    /// <summary>Gives an index variable its next value.</summary>
    public void Set(int slot, long value)
    {
        values[slot] = value;
        stamp++;
    }

    /// <summary>The closure of an expression; variables it binds itself are declared on the way.</summary>
    public Func<double> Compile(ScalarExpr expr)
    {
        Prepare(expr);
        return Visit(expr);
    }

    /// <summary>The closure of an expression of an integer type.</summary>
    public Func<long> CompileInteger(ScalarExpr expr)
    {
        Prepare(expr);
        return Integer(expr);
    }

    private void Prepare(ScalarExpr expr)
    {
        foreach (var reduce in expr.All().OfType<ScalarExpr.Reduce>())
        {
            foreach (var variable in reduce.Vars)
            {
                Declare(variable.Name);
            }
        }

        var seen = new HashSet<ScalarExpr>();
        foreach (var child in expr.All().SelectMany(e => e.Children()).Where(c => c.Children().Any()))
        {
            if (!seen.Add(child))
            {
                shared.Add(child);
            }
        }
    }

    /// <summary>An integer expression over declared variables and dims.</summary>
    public Func<long> Compile(Dim dim)
    {
        var constant = 0L;
        var linear = new List<(int Slot, long Coefficient)>();
        foreach (var (coefficient, factors) in dim.Terms())
        {
            if (factors.All(f => f.Kind == Dim.AtomKind.Symbol && !slots.ContainsKey(f.Name)))
            {
                constant += factors.Aggregate(coefficient, (a, f) => a * dims(f.Name));
            }
            else if (factors.Count == 1 && factors[0].Kind == Dim.AtomKind.Symbol)
            {
                linear.Add((slots[factors[0].Name], coefficient));
            }
            else
            {
                return () => dim.Evaluate(n => slots.TryGetValue(n, out var slot) ? values[slot] : dims(n));
            }
        }

        return Linear(constant, [.. linear]);
    }

    private Func<long> Linear(long constant, (int Slot, long Coefficient)[] terms)
    {
        switch (terms)
        {
            case []:
                return () => constant;
            case [(var slot, var coefficient)]:
                return () => constant + (values[slot] * coefficient);
            default:
                return () =>
                {
                    var sum = constant;
                    foreach (var (slot, coefficient) in terms)
                    {
                        sum += values[slot] * coefficient;
                    }

                    return sum;
                };
        }
    }

    private Func<double> Visit(ScalarExpr expr)
    {
        if (expr.Type.IsInteger())
        {
            var integer = Integer(expr);
            return () => integer();
        }

        if (compiled.TryGetValue(expr, out var known))
        {
            return known;
        }

        var result = Create(expr);
        if (shared.Contains(expr))
        {
            result = Remember(result);
        }

        compiled.Add(expr, result);
        return result;
    }

    private Func<T> Remember<T>(Func<T> compute)
        where T : struct
    {
        var at = -1L;
        var value = default(T);
        return () =>
        {
            if (at != stamp)
            {
                value = compute();
                at = stamp;
            }

            return value;
        };
    }

    private Func<double> Create(ScalarExpr expr)
    {
        switch (expr)
        {
            case ScalarExpr.Literal literal:
                var number = literal.Value;
                return () => number;
            case ScalarExpr.Index index:
                var dim = Compile(index.Value);
                return () => dim();
            case ScalarExpr.Read read:
                return Read(read);
            case ScalarExpr.Cast cast:
                return Conversion(Visit(cast.Operand), cast.Type);
            case ScalarExpr.Reduce reduce:
                return Reduce(reduce);
            case ScalarExpr.Apply apply:
                return Apply(apply);
            default:
                throw new InvalidOperationException(expr.GetType().Name);
        }
    }

    private Func<double> Read(ScalarExpr.Read read)
    {
        var values = operands[read.Operand].Values;
        var fill = read.Fill;
        var position = Position(read);
        return () => position() is >= 0 and var offset ? values[offset] : fill;
    }

    /// <summary>Where a read finds its element; -1 outside the operand.</summary>
    private Func<long> Position(ScalarExpr.Read read)
    {
        var subscripts = read.Subscripts.Select(Compile).ToArray();
        var shape = operands[read.Operand].Shape;
        return () =>
        {
            var offset = 0L;
            for (var i = 0; i < subscripts.Length; i++)
            {
                var subscript = subscripts[i]();
                if ((ulong)subscript >= (ulong)shape[i])
                {
                    return -1;
                }

                offset = (offset * shape[i]) + subscript;
            }

            return offset;
        };
    }

    private Func<double> Reduce(ScalarExpr.Reduce reduce)
    {
        var combine = reduce.Kind.Combine().Fold;
        var pair = new double[2];
        return Reduce(reduce, Visit(reduce.Body), reduce.Kind.Identity(reduce.Type), (a, b) =>
        {
            pair[0] = a;
            pair[1] = b;
            return combine(pair);
        });
    }

    private Func<T> Reduce<T>(ScalarExpr.Reduce reduce, Func<T> body, T identity, Func<T, T, T> combine)
    {
        var loops = reduce.Vars.Select(v => (Slot: slots[v.Name], Extent: Compile(v.Extent))).ToArray();
        return () =>
        {
            var accumulator = identity;
            Nest(0);
            stamp++;
            return accumulator;

            void Nest(int depth)
            {
                if (depth == loops.Length)
                {
                    // The body first: it may hold the same reduction.
                    var value = body();
                    accumulator = combine(accumulator, value);
                    return;
                }

                var (slot, extent) = loops[depth];
                var end = extent();
                for (var i = 0L; i < end; i++)
                {
                    Set(slot, i);
                    Nest(depth + 1);
                }
            }
        };
    }

    private Func<double> Apply(ScalarExpr.Apply apply)
    {
        ImmutableArray<Func<double>> arguments = [.. apply.Arguments.Select(Visit)];
        var fold = apply.Op.Fold;
        if (apply.Op == CoreOps.Select)
        {
            return () => arguments[0]() != 0 ? arguments[1]() : arguments[2]();
        }

        if (apply.Type == ElementType.Bool && apply.Arguments.Select(a => a.Type).Aggregate(ScalarExpr.Common) is var common && common.IsInteger())
        {
            return Comparison(apply, common);
        }

        return () =>
        {
            // A fresh array for every application: an argument may contain the same operation.
            var inputs = new double[arguments.Length];
            for (var i = 0; i < inputs.Length; i++)
            {
                inputs[i] = arguments[i]();
            }

            return fold(inputs);
        };
    }

    private static Func<double> Conversion(Func<double> operand, ElementType type) =>
        type == ElementType.Bool ? () => operand() != 0 ? 1 : 0 : operand;
}
