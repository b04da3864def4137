using System.Collections.Immutable;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Lowering;

/// <summary>How an operand is read: the address of one element.</summary>
/// <param name="Buffer">The memory.</param>
/// <param name="Offset">Element offset, over index variables and dims.</param>
/// <param name="Guards">Conditions for the element to exist: each subscript must be at least 0 and below its extent. Empty when it always does.</param>
internal sealed record ReadAddress(Loops.Buffer Buffer, Dim Offset, ImmutableArray<(Dim Subscript, Dim Extent)> Guards);

/// <summary>
/// Writes scalar expressions as loop IR statements, for one element or for the lanes of a vector along one index.
/// </summary>
/// <remarks>
/// Equal subexpressions (the same object) are computed once per <i>lane group</i>: entry (row, vector) of a register tile. What does not depend on
/// the row index is shared by all rows, what does not depend on the vector index by all vectors.
/// </remarks>
internal sealed class ScalarLowering(KernelBuilder kernel, Func<ScalarExpr.Read, ReadAddress> address, string? vectorIndex, string? rowIndex)
{
    // Farther apart, lanes are gathered.
    private const int LargestLoadStride = 4;

    private readonly Dictionary<(ScalarExpr, int Row, int Vector), LoopExpr> done = [];
    private readonly Dictionary<ScalarExpr, (bool Row, bool Vector)> dependence = [];
    private readonly Dictionary<(Dim.AtomKind Kind, long Divisor, int Vector), LoopExpr> parts = [];

    /// <summary>Gives an expression (a reduction that was computed before) its value at an entry.</summary>
    public void SetKnown(ScalarExpr expr, int row, int vector, LoopExpr value)
    {
        var (onRow, onVector) = DependsOn(expr);
        done[(expr, onRow ? row : -1, onVector ? vector : -1)] = value;
    }

    /// <summary>Number of lanes; 1 for scalar code.</summary>
    public int Lanes { get; init; } = 1;

    /// <summary>The mask of a vector of the tile, or null where all its lanes exist.</summary>
    public Func<int, LoopExpr?> MaskOf { get; init; } = _ => null;

    /// <summary>What the row index is in row r of the tile.</summary>
    public Func<int, LoopExpr>? RowValue { get; init; }

    /// <summary>What the vector index is in lane 0 of vector t of the tile.</summary>
    public Func<int, LoopExpr>? VectorValue { get; init; }

    /// <summary>Statements that compute what was asked for, in order.</summary>
    public List<Stmt> Statements { get; } = [];

    /// <summary>The value of an expression at an entry of the tile.</summary>
    public LoopExpr Value(ScalarExpr expr, int row, int vector)
    {
        var (onRow, onVector) = DependsOn(expr);
        var key = (expr, onRow ? row : -1, onVector ? vector : -1);
        if (!done.TryGetValue(key, out var value))
        {
            value = Create(expr, row, vector);
            if (value is not (LoopExpr.Const or LoopExpr.Var))
            {
                value = Name(expr is ScalarExpr.Read ? "x" : "v", value);
            }

            done.Add(key, value);
        }

        return value;
    }

    /// <summary>Names a value so that it is computed once.</summary>
    public LoopExpr Name(string hint, LoopExpr value)
    {
        var variable = kernel.NewVariable(hint, value.Type);
        Statements.Add(new Stmt.Let(variable, value));
        return Loop.Get(variable);
    }

    private (bool Row, bool Vector) DependsOn(ScalarExpr expr)
    {
        if (!dependence.TryGetValue(expr, out var result))
        {
            var free = FreeVariables.Of(expr);
            foreach (var read in expr.All().OfType<ScalarExpr.Read>())
            {
                free.UnionWith(address(read).Offset.Symbols());
            }

            result = (rowIndex is not null && free.Contains(rowIndex), vectorIndex is not null && free.Contains(vectorIndex));
            dependence.Add(expr, result);
        }

        return result;
    }

    private LoopExpr Create(ScalarExpr expr, int row, int vector)
    {
        switch (expr)
        {
            case ScalarExpr.Literal literal:
                return new LoopExpr.Const(literal.Value, new LoopType(literal.Type, Lanes));
            case ScalarExpr.Index index:
                return Index(index, row, vector);
            case ScalarExpr.Read read:
                return Read(read, row, vector);
            case ScalarExpr.Cast cast:
                return Convert(Value(cast.Operand, row, vector), cast.Type);
            case ScalarExpr.Apply apply:
                return Apply(apply, row, vector);
            default:
                throw new CompilerBugException($"{expr.GetType().Name} in an element expression");
        }
    }

    private LoopExpr Apply(ScalarExpr.Apply apply, int row, int vector)
    {
        LoopExpr[] values = [.. apply.Arguments.Select(a => Value(a, row, vector))];
        if (Accumulating(apply.Op) is { } dot)
        {
            return Loop.Apply(dot, values[0], values[1], new LoopExpr.Const(0, new LoopType(apply.Type, Lanes)));
        }

        if (apply.Op == PackedOps.Pair)
        {
            return Pair(values[0], values[1]);
        }

        var first = apply.Op.Rule == ResultRule.Select ? 1 : 0;
        var common = values.Skip(first).Select(v => v.Type.Element).Aggregate(ScalarExpr.Common);
        if (apply.Op.Rule == ResultRule.Float && !common.IsFloat())
        {
            common = ElementType.F32;
        }

        for (var i = first; i < values.Length; i++)
        {
            values[i] = Convert(values[i], common);
        }

        return apply.Op == CoreOps.Mod && common.IsFloat() ? Convert(FloatModulo(values[0], values[1]), common) : Loop.Apply(apply.Op, values);
    }

    // The bits of a bf16 are the upper half of those of the same f32, whose lower half is 0.
    private static LoopExpr Pair(LoopExpr low, LoopExpr high)
    {
        var type = new LoopType(ElementType.I32, low.Type.Lanes);
        LoopExpr Bits(LoopExpr value) => new LoopExpr.BitCast(ElementType.I32, Convert(value, ElementType.F32));
        var lower = Loop.Apply(MachineOps.BitAnd, Loop.Apply(MachineOps.ShiftRight, Bits(low), new LoopExpr.Const(16, type)), new LoopExpr.Const(65535, type));
        return Loop.Apply(MachineOps.BitOr, lower, Bits(high));
    }

    /// <summary>The operation that adds products of packed numbers to a sum, where <paramref name="op"/> makes such products; else null.</summary>
    public static CoreOp? Accumulating(CoreOp op) => op == PackedOps.Mul4 ? MachineOps.Dot4 : op == PackedOps.Mul2 ? MachineOps.Dot2 : null;

    // x - floor(x / y) * y; of 16-bit types in f32, since the product needs more digits than its type has.
    private LoopExpr FloatModulo(LoopExpr x, LoopExpr y)
    {
        if (x.Type.Element != ElementType.F64)
        {
            (x, y) = (Convert(x, ElementType.F32), Convert(y, ElementType.F32));
        }

        var whole = Name("whole", Loop.Apply(CoreOps.Floor, Loop.Apply(CoreOps.Div, x, y)));
        return Loop.Apply(CoreOps.Sub, x, Loop.Apply(CoreOps.Mul, whole, y));
    }

    /// <summary>A value in an element type.</summary>
    public static LoopExpr Convert(LoopExpr value, ElementType type) => value switch
    {
        _ when value.Type.Element == type => value,
        LoopExpr.Const constant when type.IsFloat() => new LoopExpr.Const(constant.Value, value.Type with { Element = type }),
        _ => new LoopExpr.Cast(type, value),
    };

    private LoopExpr Index(ScalarExpr.Index index, int row, int vector)
    {
        var value = IndexVector(index.Value, row, vector);
        return Convert(value, index.Type);
    }

    private LoopExpr IndexVector(Dim dim, int row, int vector)
    {
        if (Lanes == 1)
        {
            return Offset(dim, row, vector);
        }

        if (vectorIndex is null || !dim.Mentions(vectorIndex))
        {
            return new LoopExpr.Splat(Offset(dim, row, vector), Lanes);
        }

        return Linear.In(dim, vectorIndex) is var (coefficient, _)
            ? new LoopExpr.Ramp(Offset(dim, row, vector), (int)coefficient.Constant!.Value, Lanes)
            : Parts(dim, row, vector);
    }

    /// <summary>Whether <see cref="IndexVector"/> can write an integer expression: linear in the vector index, or in its quotient and remainder by a constant.</summary>
    public static bool IsVectorIndex(Dim dim, string vector) => Linear.In(dim, vector) is { } linear
        ? linear.Coefficient.Constant is not null
        : dim.Terms().All(t => !t.Factors.Any(f => f.ToDim().Mentions(vector)) || (t.Factors.Count == 1 && IsPart(t.Factors[0], vector)));

    private static bool IsPart(Dim.Atom atom, string vector) =>
        atom.Kind is Dim.AtomKind.FloorDiv or Dim.AtomKind.Mod && atom.Left!.SymbolName == vector && atom.Right!.Constant is > 1;

    private LoopExpr Parts(Dim dim, int row, int vector)
    {
        var fixedPart = Dim.Zero;
        LoopExpr? sum = null;
        foreach (var (coefficient, factors) in dim.Terms())
        {
            if (factors is [var atom] && IsPart(atom, vectorIndex!))
            {
                var part = Part(atom, vector);
                part = coefficient == 1 ? part : Loop.Apply(CoreOps.Mul, part, Splat(coefficient));
                sum = sum is null ? part : Loop.Apply(CoreOps.Add, sum, part);
            }
            else
            {
                fixedPart += factors.Aggregate(Dim.Const(coefficient), (product, f) => product * f.ToDim());
            }
        }

        return fixedPart.Constant == 0 ? sum! : Loop.Apply(CoreOps.Add, sum!, IndexVector(fixedPart, row, vector));
    }

    // There is no division of integer lanes. The index is below 2^20, so a half more than it times the reciprocal is never off by one.
    private LoopExpr Part(Dim.Atom atom, int vector)
    {
        var divisor = atom.Right!.Constant!.Value;
        var key = (atom.Kind, divisor, vector);
        if (parts.TryGetValue(key, out var known))
        {
            return known;
        }

        var index = new LoopExpr.Ramp(VectorValue!(vector), 1, Lanes);
        var type = new LoopType(ElementType.F32, Lanes);
        var shifted = Loop.Apply(CoreOps.Add, new LoopExpr.Cast(ElementType.F32, index), new LoopExpr.Const(0.5, type));
        var quotient = Name("quotient", new LoopExpr.Cast(ElementType.I32, Loop.Apply(CoreOps.Mul, shifted, new LoopExpr.Const((float)(1.0 / divisor), type))));
        var value = atom.Kind == Dim.AtomKind.FloorDiv ? quotient
            : Name("remainder", Loop.Apply(CoreOps.Sub, index, Loop.Apply(CoreOps.Mul, quotient, Splat(divisor))));
        parts.Add(key, value);
        return value;
    }

    private LoopExpr Splat(long value) => new LoopExpr.Const(value, new LoopType(ElementType.I32, Lanes));

    /// <summary>An integer expression at the first lane of an entry.</summary>
    public LoopExpr Offset(Dim dim, int row, int vector) => Loop.Lower(dim, name =>
        name == rowIndex ? RowValue!(row) : name == vectorIndex ? VectorValue!(vector) : kernel.Symbol(name));

    private LoopExpr Read(ScalarExpr.Read read, int row, int vector)
    {
        var (buffer, offset, guards) = address(read);
        if (guards.Length > 0)
        {
            return Guarded(read, buffer, offset, guards, row, vector);
        }

        var at = Offset(offset, row, vector);
        if (Lanes == 1)
        {
            return new LoopExpr.Load(buffer, at);
        }

        var stride = vectorIndex is null ? Dim.Zero : Linear.In(offset, vectorIndex)!.Value.Coefficient;
        return stride.Constant switch
        {
            0 => new LoopExpr.Splat(new LoopExpr.Load(buffer, at), Lanes),
            > LargestLoadStride and var s => new LoopExpr.Gather(buffer, new LoopExpr.Ramp(at, (int)s, Lanes), MaskOf(vector)),
            { } s => new LoopExpr.Load(buffer, at, Lanes, (int)s, buffer.Access == Loops.BufferAccess.Scratch ? null : MaskOf(vector)),
            _ => throw new CompilerBugException($"'{offset}' has a symbolic stride along the vector index"),
        };
    }

    /// <summary>Elements that may not exist: lanes outside are masked.</summary>
    private LoopExpr Masked(ScalarExpr.Read read, Loops.Buffer buffer, Dim offset, ImmutableArray<(Dim Subscript, Dim Extent)> guards, int row, int vector)
    {
        LoopExpr? inside = null;
        foreach (var (subscript, extent) in guards)
        {
            var (low, high) = subscript.Substitute(Known).Range(RangeOf);
            if (high < 0 || low >= extent.Constant)
            {
                return new LoopExpr.Const(read.Fill, new LoopType(read.Type, Lanes));
            }

            var lanes = new Lazy<LoopExpr>(() => IndexVector(subscript, row, vector));
            if (!(low >= 0))
            {
                And(CoreOps.Ge, lanes.Value, Splat(0));
            }

            if (!(high < extent.Constant))
            {
                And(CoreOps.Lt, lanes.Value, IndexVector(extent, row, vector));
            }
        }

        var tail = MaskOf(vector);
        var mask = inside is null ? tail : Name("inside", tail is null ? inside : Loop.Apply(CoreOps.And, inside, tail));
        var load = new LoopExpr.Load(buffer, Offset(offset, row, vector), Lanes, (int)Linear.In(offset, vectorIndex!)!.Value.Coefficient.Constant!.Value, mask);
        return inside is null || read.Fill == 0 ? load : Loop.Apply(CoreOps.Select, mask!, load, new LoopExpr.Const(read.Fill, load.Type));

        void And(CoreOp compare, LoopExpr a, LoopExpr b)
        {
            // A name for each: .NET 10's JIT gets long conjunctions of 256-bit comparisons wrong where it keeps them in mask registers.
            var condition = Name("test", Loop.Apply(compare, a, b));
            inside = inside is null ? condition : Loop.Apply(CoreOps.And, inside, condition);
        }

        // A window that is repeated in place has constants for its indices.
        Dim? Known(string name) =>
            name != vectorIndex && Loop.AsInt(name == rowIndex ? RowValue!(row) : kernel.Symbol(name)) is { } value ? Dim.Const(value) : null;

        (long? Low, long? High) RangeOf(string name) => name == vectorIndex ? (0, NarrowRows.MostElements) : kernel.Graph.RangeOf(name);
    }

    // An element that may not exist: scalar code with a branch. Schedules avoid this in hot loops.
    private LoopExpr Guarded(ScalarExpr.Read read, Loops.Buffer buffer, Dim offset, ImmutableArray<(Dim Subscript, Dim Extent)> guards, int row, int vector)
    {
        if (Lanes != 1)
        {
            return Masked(read, buffer, offset, guards, row, vector);
        }

        var register = kernel.NewVariable("x", new LoopType(read.Type));
        Statements.Add(new Stmt.Local(register, new LoopExpr.Const(read.Fill, register.Type)));
        var condition = guards.SelectMany(g => new[]
        {
            Loop.Apply(CoreOps.Ge, Offset(g.Subscript, row, vector), Loop.Int(0)),
            Loop.Apply(CoreOps.Lt, Offset(g.Subscript, row, vector), kernel.Lower(g.Extent)),
        }).Aggregate((a, b) => Loop.Apply(CoreOps.And, a, b));
        Statements.Add(new Stmt.If(condition, new Stmt.Assign(register, new LoopExpr.Load(buffer, Offset(offset, row, vector)))));
        return Loop.Get(register);
    }
}
