using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;

// Invariants of a kernel:
//   names      variables, tiles and buffers have unique identifiers that are no words of the text form; each is declared once, before its use, in a
//              block around the use; Assign and CompressStore name a Local; every other variable keeps its value
//   types      operands of an operation have one element type and the lanes of the result (a select's condition is bool); Float operations take
//              floats, bit operations integers; a constant of an integer type is an integer; lanes are powers of two
//   memory     offsets are i32 scalars, gather offsets i32 vectors, masks bool with the lanes of the access; a stored value has the buffer's element;
//              In buffers are not stored; scratch has a constant count
//   loops      bounds are i32 scalars; Parallel is outermost; step is positive, and 1 except for Serial loops; Unrolled bounds are constants or
//              functions of outer Unrolled variables
//   tiles      as many i32 scalar subscripts as the tile has extents; constant ones are inside
namespace SparseDsl.Compiler.Loops;

/// <summary>Checks the invariants of a kernel.</summary>
public sealed class LoopValidator
{
    private static readonly HashSet<string> Words = new(StringComparer.Ordinal)
    {
        "let", "local", "tile", "scratch", "compress", "for", "parallel", "unroll", "vector", "while", "if", "else", "true", "false", "inf", "nan",
    };

    private static readonly HashSet<CoreOp> IntegerOnly =
        [CoreOps.Mod, MachineOps.ShiftLeft, MachineOps.ShiftRight, MachineOps.BitAnd, MachineOps.BitOr, MachineOps.TrailingZeros];

    private static readonly HashSet<CoreOp> BoolOnly = [CoreOps.And, CoreOps.Or, CoreOps.Not];

    private readonly Kernel kernel;
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly HashSet<object> visible = [];
    private readonly HashSet<Variable> registers = [];
    private readonly HashSet<Variable> unrolled = [];
    private Stmt? current;

    private LoopValidator(Kernel kernel) => this.kernel = kernel;

    /// <summary>Checks a kernel at any stage of the loop pipeline.</summary>
    /// <exception cref="CompilerBugException">It breaks an invariant; the message has the statement.</exception>
    public static void Validate(Kernel kernel) => new LoopValidator(kernel).Run();

    private void Run()
    {
        foreach (var buffer in kernel.Buffers)
        {
            Declare(buffer.Name, buffer);
        }

        foreach (var scalar in kernel.Scalars)
        {
            Declare(scalar.Name, scalar);
            Require(scalar.Type == LoopType.Index, $"the dim '{scalar}' is not i32");
        }

        Block(kernel.Body, outermost: true);
    }

    private void Block(Stmt statement, bool outermost)
    {
        List<object> declared = [];
        foreach (var inner in statement is Stmt.Block block ? block.Statements : [statement])
        {
            if (inner is Stmt.Block)
            {
                Block(inner, outermost);
            }
            else
            {
                Statement(inner, outermost, declared);
            }
        }

        visible.ExceptWith(declared);
    }

    private void Statement(Stmt statement, bool outermost, List<object> declared)
    {
        current = statement;
        foreach (var expr in statement.Expressions())
        {
            Expression(expr);
        }

        switch (statement)
        {
            case Stmt.Let s:
                Introduce(s.Variable.Name, s.Variable, declared);
                Same(s.Variable.Type, s.Value.Type);
                break;
            case Stmt.Local s:
                Introduce(s.Variable.Name, s.Variable, declared);
                Same(s.Variable.Type, s.Value.Type);
                registers.Add(s.Variable);
                break;
            case Stmt.Assign s:
                Register(s.Variable);
                Same(s.Variable.Type, s.Value.Type);
                break;
            case Stmt.DeclareTile s:
                Introduce(s.Tile.Name, s.Tile, declared);
                Require(s.Tile.Shape.All(e => e > 0), $"the tile '{s.Tile.Name}' has no entries");
                Same(s.Tile.Type, s.Value.Type);
                break;
            case Stmt.SetTile s:
                Subscripts(s.Tile, s.Subscripts);
                Same(s.Tile.Type, s.Value.Type);
                break;
            case Stmt.Scratch s:
                Introduce(s.Buffer.Name, s.Buffer, declared);
                Require(s.Buffer.Access == BufferAccess.Scratch && s.Buffer.Count.Constant >= 0, $"the scratch '{s.Buffer}' has no constant count");
                break;
            case Stmt.Store s:
                Write(s.Buffer, s.Value, s.Mask);
                Index(s.Offset, "an offset");
                Require(s.Stride >= 1, "the stride is not positive");
                break;
            case Stmt.CompressStore s:
                Register(s.Position);
                Same(LoopType.Index, s.Position.Type);
                Write(s.Buffer, s.Value, s.Mask);
                break;
            case Stmt.For s:
                For(s, outermost);
                break;
            case Stmt.While s:
                Same(new LoopType(ElementType.Bool), s.Condition.Type);
                Block(s.Body, outermost: false);
                break;
            case Stmt.If s:
                Same(new LoopType(ElementType.Bool), s.Condition.Type);
                Block(s.Then, outermost: false);
                Block(s.Otherwise ?? new Stmt.Block([]), outermost: false);
                break;
            default:
                throw Bug($"unknown statement {statement.GetType().Name}");
        }
    }

    private void For(Stmt.For loop, bool outermost)
    {
        Same(LoopType.Index, loop.Variable.Type);
        Index(loop.Begin, "a bound");
        Index(loop.End, "a bound");
        Require(loop.Step >= 1 && (loop.Step == 1 || loop.Kind == LoopKind.Serial), "a step other than 1 is for serial loops");
        Require(outermost || loop.Kind != LoopKind.Parallel, "a parallel loop is not outermost");
        Require(loop.Kind != LoopKind.Unrolled || (IsStatic(loop.Begin) && IsStatic(loop.End)), "the bounds of an unrolled loop are not constant");
        if (loop.Kind == LoopKind.Unrolled)
        {
            unrolled.Add(loop.Variable);
        }

        Declare(loop.Variable.Name, loop.Variable);
        Block(loop.Body, outermost: false);
        visible.Remove(loop.Variable);
    }

    private bool IsStatic(LoopExpr expr) => expr is LoopExpr.Const || (expr is LoopExpr.Var v && unrolled.Contains(v.Variable))
        || (expr is LoopExpr.Op op && op.Children.All(IsStatic));

    private void Expression(LoopExpr expr)
    {
        foreach (var child in expr.Children)
        {
            Expression(child);
        }

        Require((expr.Type.Lanes & (expr.Type.Lanes - 1)) == 0 && expr.Type.Lanes > 0, $"{expr.Type.Lanes} lanes are not a power of two");
        switch (expr)
        {
            case LoopExpr.Const e:
                Require(e.Type.Element.IsFloat() || e.Value == Math.Floor(e.Value), $"{e.Value} is not {e.Type}");
                break;
            case LoopExpr.Var e:
                Require(visible.Contains(e.Variable), $"the variable '{e.Variable}' is not visible");
                break;
            case LoopExpr.Op e:
                Operation(e);
                break;
            case LoopExpr.BitCast e:
                Require(e.Type.Element.Size() == e.Children[0].Type.Element.Size(), "the sizes of a bit cast differ");
                break;
            case LoopExpr.Splat e:
                Require(e.Children[0].Type.Lanes == 1 && e.Type.Lanes > 1, "a splat of a vector, or to one lane");
                break;
            case LoopExpr.Ramp e:
                Index(e.Children[0], "a ramp's start");
                break;
            case LoopExpr.FirstLanes e:
                Index(e.Children[0], "a lane count");
                break;
            case LoopExpr.Horizontal e:
                Require(e.Children[0].Type.Lanes > 1, "a horizontal reduction of a scalar");
                break;
            case LoopExpr.Load e:
                Require(visible.Contains(e.Buffer), $"the buffer '{e.Buffer}' is not visible");
                Index(e.Offset, "an offset");
                Mask(e.Mask, e.Type.Lanes);
                Require(e.Stride >= 1, "the stride is not positive");
                break;
            case LoopExpr.Gather e:
                Require(visible.Contains(e.Buffer), $"the buffer '{e.Buffer}' is not visible");
                Require(e.Offsets.Type.Element == ElementType.I32 && e.Type.Lanes > 1, "gather offsets are not an i32 vector");
                Mask(e.Mask, e.Type.Lanes);
                break;
            case LoopExpr.BitLanes e:
                Index(e.Children[0], "the bits of a mask");
                Require(e.Type.Lanes <= 32, "more lanes than bits");
                break;
            case LoopExpr.CountBits e:
                Index(e.Children[0], "the bits to count");
                Require(e.Count is >= 1 and <= 32, "more bits than there are");
                break;
            case LoopExpr.Expand e:
                Require(visible.Contains(e.Buffer), $"the buffer '{e.Buffer}' is not visible");
                Index(e.Offset, "an offset");
                Require(e.Type.Lanes > 1, "an expansion to one lane");
                Mask(e.Mask, e.Type.Lanes);
                break;
            case LoopExpr.TileGet e:
                Subscripts(e.Tile, e.Children);
                break;
        }
    }

    private void Operation(LoopExpr.Op op)
    {
        var (operation, arguments) = (op.Operation, op.Children);
        Require(arguments.Length == operation.Arity, $"'{operation}' has {arguments.Length} operands");
        var selects = operation.Rule == ResultRule.Select;
        var element = arguments[selects ? 1 : 0].Type.Element;
        var alike = operation.Rule == ResultRule.Last ? arguments.Take(arguments.Length - 1) : arguments.Skip(selects ? 1 : 0);
        Require(alike.All(a => a.Type.Element == element) && arguments.All(a => a.Type.Lanes == op.Type.Lanes),
            $"operands of '{operation}' are {string.Join(", ", arguments.Select(a => a.Type))}");
        Require(!selects || arguments[0].Type.Element == ElementType.Bool, "a select's condition is not bool");
        Require(operation.Rule != ResultRule.Float || element.IsFloat(), $"'{operation}' of {element.Name()}");
        Require(!IntegerOnly.Contains(operation) || element.IsInteger(), $"'{operation}' of {element.Name()}");
        Require((operation != MachineOps.Dot4 && operation != MachineOps.Dot2) || element == ElementType.I32, $"'{operation}' of {element.Name()}");
        Require(operation != MachineOps.Dot2 || op.Type.Element == ElementType.F32, $"'{operation}' into {op.Type}");
        Require(!BoolOnly.Contains(operation) || element == ElementType.Bool, $"'{operation}' of {element.Name()}");
        Same(LoopOps.ResultType(operation, arguments), op.Type);
    }

    private void Subscripts(Tile tile, IReadOnlyList<LoopExpr> subscripts)
    {
        Require(visible.Contains(tile), $"the tile '{tile.Name}' is not visible");
        Require(subscripts.Count == tile.Shape.Length, $"the tile '{tile.Name}' has {tile.Shape.Length} extents");
        for (var i = 0; i < subscripts.Count; i++)
        {
            Index(subscripts[i], "a subscript");
            Require(subscripts[i].IntValue() is not { } value || (value >= 0 && value < tile.Shape[i]), $"a subscript of '{tile.Name}' is outside");
        }
    }

    private void Write(Buffer buffer, LoopExpr value, LoopExpr? mask)
    {
        Require(visible.Contains(buffer), $"the buffer '{buffer}' is not visible");
        Require(buffer.Access != BufferAccess.In, $"the buffer '{buffer}' is only read");
        Require(value.Type.Element == buffer.Element, $"{value.Type} is stored to {buffer.Element.Name()}");
        Mask(mask, value.Type.Lanes);
    }

    private void Mask(LoopExpr? mask, int lanes) =>
        Require(mask is null || mask.Type == new LoopType(ElementType.Bool, lanes), $"a mask is {mask?.Type}, for {lanes} lanes");

    private void Index(LoopExpr expr, string what) => Require(expr.Type == LoopType.Index, $"{what} is {expr.Type}, not i32");

    private void Register(Variable variable) =>
        Require(registers.Contains(variable) && visible.Contains(variable), $"'{variable}' is not a visible register");

    private void Introduce(string name, object symbol, List<object> declared)
    {
        Declare(name, symbol);
        declared.Add(symbol);
    }

    private void Declare(string name, object symbol)
    {
        Require(names.Add(name), $"the name '{name}' is used twice");
        Require(LoopPrinter.IsIdentifier(name) && !Words.Contains(name), $"'{name}' is not a name");
        visible.Add(symbol);
    }

    private void Same(LoopType expected, LoopType actual) => Require(expected == actual, $"expected {expected}, not {actual}");

    private void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw Bug(problem);
        }
    }

    private CompilerBugException Bug(string problem)
    {
        var excerpt = current is null ? "" : LoopPrinter.Print(current);
        return new CompilerBugException($"kernel '{kernel.Name}': {problem}, in\n{(excerpt.Length > 600 ? excerpt.Substring(0, 600) + "…" : excerpt)}");
    }
}
