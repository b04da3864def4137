using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Backends.Reference;

/// <summary>
/// One run of a kernel. Statements and expressions become closures first, over lanes in preallocated arrays: every expression has an array of its
/// lanes, which its closure fills.
/// </summary>
internal sealed class LoopMachine
{
    private readonly Kernel kernel;
    private readonly IReadOnlyDictionary<string, long> dims;
    private readonly LoopInterpreterOptions options;
    private readonly LoopNumbers numbers;
    private readonly Dictionary<Buffer, LoopMemory> buffers = [];
    private readonly Dictionary<Variable, long[]> variables = [];
    private readonly Dictionary<Tile, long[][]> tiles = [];

    public LoopMachine(Kernel kernel, IReadOnlyDictionary<string, Array> memory, IReadOnlyDictionary<string, long> dims, LoopInterpreterOptions options)
    {
        this.kernel = kernel;
        this.dims = dims;
        this.options = options;
        numbers = new LoopNumbers(options.RoundToElement);
        foreach (var buffer in kernel.Buffers)
        {
            var array = memory.TryGetValue(buffer.Name, out var given) ? given : throw new LoopExecutionException($"no memory for the buffer '{buffer}'");
            buffers[buffer] = new LoopMemory(buffer, Count(buffer), array, buffer.Access is BufferAccess.Out or BufferAccess.Scratch && options.CheckUndefined);
        }

        foreach (var scalar in kernel.Scalars)
        {
            variables[scalar] = [dims[scalar.Name]];
        }
    }

    public void Run() => Compile(kernel.Body)();

    private long Count(Buffer buffer) => buffer.Count.Evaluate(n => dims[n]);

    // ---------------------------------------------------------------------------------------------------- statements

    private Action Compile(Stmt statement)
    {
        switch (statement)
        {
            case Stmt.Block s:
                Action[] steps = [.. s.Statements.Select(Compile)];
                return () => Array.ForEach(steps, step => step());
            case Stmt.Let s:
                return Set(Storage(s.Variable), s.Value);
            case Stmt.Local s:
                return Set(Storage(s.Variable), s.Value);
            case Stmt.Assign s:
                return Set(Storage(s.Variable), s.Value);
            case Stmt.DeclareTile s:
                return DeclareTile(s);
            case Stmt.SetTile s:
                return SetTile(s);
            case Stmt.Scratch s:
                var memory = new LoopMemory(s.Buffer, Count(s.Buffer), LoopInterpreter.NewArray(s.Buffer.Element, Count(s.Buffer)), options.CheckUndefined);
                buffers[s.Buffer] = memory;
                return memory.Forget;
            case Stmt.Store s:
                return Store(s);
            case Stmt.For s:
                return For(s);
            case Stmt.While s:
                return While(s);
            case Stmt.If s:
                return If(s);
            case Stmt.CompressStore s:
                return Compress(s);
            default:
                throw new CompilerBugException($"no meaning for {statement.GetType().Name}");
        }
    }

    private long[] Storage(Variable variable)
    {
        if (!variables.TryGetValue(variable, out var lanes))
        {
            variables[variable] = lanes = new long[variable.Type.Lanes];
        }

        return lanes;
    }

    private Action Set(long[] target, LoopExpr value)
    {
        var (lanes, step) = Compile(value);
        return () =>
        {
            step();
            Array.Copy(lanes, target, target.Length);
        };
    }

    private Action DeclareTile(Stmt.DeclareTile s)
    {
        var (lanes, step) = Compile(s.Value);
        var entries = Enumerable.Range(0, s.Tile.Shape.Aggregate(1, (a, b) => a * b)).Select(_ => new long[s.Tile.Type.Lanes]).ToArray();
        tiles[s.Tile] = entries;
        return () =>
        {
            step();
            Array.ForEach(entries, e => Array.Copy(lanes, e, e.Length));
        };
    }

    private Action SetTile(Stmt.SetTile s)
    {
        var entry = Entry(s.Tile, s.Subscripts);
        var (lanes, step) = Compile(s.Value);
        return () =>
        {
            step();
            Array.Copy(lanes, entry(), lanes.Length);
        };
    }

    private Func<long[]> Entry(Tile tile, IReadOnlyList<LoopExpr> subscripts)
    {
        (long[] Lanes, Action Step)[] parts = [.. subscripts.Select(Compile)];
        return () =>
        {
            long index = 0;
            for (var i = 0; i < parts.Length; i++)
            {
                parts[i].Step();
                var subscript = parts[i].Lanes[0];
                if (subscript < 0 || subscript >= tile.Shape[i])
                {
                    throw new LoopExecutionException($"subscript {subscript} of the tile '{tile.Name}' is outside its extent {tile.Shape[i]}");
                }

                index = (index * tile.Shape[i]) + subscript;
            }

            return tiles[tile][index];
        };
    }

    private Action Store(Stmt.Store s)
    {
        var memory = buffers[s.Buffer];
        var (offset, offsetStep) = Compile(s.Offset);
        var (value, valueStep) = Compile(s.Value);
        var (mask, maskStep) = CompileMask(s.Mask);
        return () =>
        {
            offsetStep();
            valueStep();
            maskStep();
            for (var lane = 0; lane < value.Length; lane++)
            {
                if (mask is null || mask[lane] != 0)
                {
                    memory.Store(offset[0] + ((long)lane * s.Stride), value[lane]);
                }
            }
        };
    }

    private Action For(Stmt.For s)
    {
        var (begin, beginStep) = Compile(s.Begin);
        var (end, endStep) = Compile(s.End);
        var variable = Storage(s.Variable);
        var body = Compile(s.Body);
        return () =>
        {
            beginStep();
            endStep();
            var last = end[0];
            for (var i = begin[0]; i < last; i += s.Step)
            {
                variable[0] = i;
                body();
            }
        };
    }

    private Action While(Stmt.While s)
    {
        var (condition, step) = Compile(s.Condition);
        var body = Compile(s.Body);
        return () =>
        {
            for (step(); condition[0] != 0; step())
            {
                body();
            }
        };
    }

    private Action If(Stmt.If s)
    {
        var (condition, step) = Compile(s.Condition);
        var then = Compile(s.Then);
        var otherwise = s.Otherwise is null ? () => { } : Compile(s.Otherwise);
        return () =>
        {
            step();
            (condition[0] != 0 ? then : otherwise)();
        };
    }

    private Action Compress(Stmt.CompressStore s)
    {
        var memory = buffers[s.Buffer];
        var position = Storage(s.Position);
        var (value, valueStep) = Compile(s.Value);
        var (mask, maskStep) = Compile(s.Mask);
        return () =>
        {
            valueStep();
            maskStep();
            for (var lane = 0; lane < value.Length; lane++)
            {
                if (mask[lane] != 0)
                {
                    memory.Store(position[0]++, value[lane]);
                }
            }
        };
    }

    // --------------------------------------------------------------------------------------------------- expressions

    private (long[] Lanes, Action Step) Compile(LoopExpr expr)
    {
        if (expr is LoopExpr.Var variable)
        {
            return (Storage(variable.Variable), () => { });
        }

        var result = new long[expr.Type.Lanes];
        (long[] Lanes, Action Step)[] parts = [.. expr.Children.Select(Compile)];
        var compute = Compute(expr, result, [.. parts.Select(p => p.Lanes)]);
        Action[] steps = [.. parts.Select(p => p.Step)];
        return (result, () =>
        {
            foreach (var step in steps)
            {
                step();
            }

            compute();
        }
        );
    }

    private (long[]? Lanes, Action Step) CompileMask(LoopExpr? mask) => mask is null ? (null, () => { }) : Compile(mask);

    private Action Compute(LoopExpr expr, long[] result, long[][] operands)
    {
        switch (expr)
        {
            case LoopExpr.Const e:
                Array.Fill(result, numbers.Constant(e.Value, e.Type.Element));
                return () => { };
            case LoopExpr.Op e:
                return Operation(e, result, operands);
            case LoopExpr.Cast e:
                return PerLane(numbers.Cast(e.Children[0].Type.Element, e.Type.Element), result, operands[0]);
            case LoopExpr.BitCast e:
                return PerLane(LoopNumbers.BitCast(e.Children[0].Type.Element, e.Type.Element), result, operands[0]);
            case LoopExpr.Splat:
                return () => Array.Fill(result, operands[0][0]);
            case LoopExpr.Ramp e:
                return () => Fill(result, lane => LoopNumbers.Wrap(operands[0][0] + ((long)lane * e.Step), e.Type.Element));
            case LoopExpr.FirstLanes:
                return () => Fill(result, lane => lane < operands[0][0] ? 1 : 0);
            case LoopExpr.Load e:
                var memory = buffers[e.Buffer];
                return () => Fill(result, lane => IsOn(operands, lane) ? memory.Load(operands[0][0] + ((long)lane * e.Stride)) : 0);
            case LoopExpr.BitLanes:
                return () => Fill(result, lane => (operands[0][0] >> lane) & 1);
            case LoopExpr.CountBits e:
                return () => result[0] = System.Numerics.BitOperations.PopCount((ulong)operands[0][0] & (ulong.MaxValue >> (64 - e.Count)));
            case LoopExpr.Expand e:
                return Expand(buffers[e.Buffer], result, operands[0], operands[1]);
            case LoopExpr.Gather e:
                var gathered = buffers[e.Buffer];
                return () => Fill(result, lane => IsOn(operands, lane) ? gathered.Load(operands[0][lane]) : 0);
            case LoopExpr.Horizontal e:
                return Horizontal(e, result, operands[0]);
            case LoopExpr.TileGet e:
                var entry = Entry(e.Tile, e.Children);
                return () => Array.Copy(entry(), result, result.Length);
            default:
                throw new CompilerBugException($"no meaning for {expr.GetType().Name}");
        }
    }

    private static Action Expand(LoopMemory memory, long[] result, long[] offset, long[] mask) => () =>
    {
        var at = offset[0];
        for (var lane = 0; lane < result.Length; lane++)
        {
            result[lane] = mask[lane] != 0 ? memory.Load(at++) : 0;
        }
    };

    // The second operand of a load or gather is its mask. The bits of 0.0 are 0, so 0 stands for both kinds of zero.
    private static bool IsOn(long[][] operands, int lane) => operands.Length < 2 || operands[1][lane] != 0;

    private static void Fill(long[] result, Func<int, long> valueOf)
    {
        for (var lane = 0; lane < result.Length; lane++)
        {
            result[lane] = valueOf(lane);
        }
    }

    private static Action PerLane(Func<long, long> map, long[] result, long[] operand) => () => Fill(result, lane => map(operand[lane]));

    private Action Operation(LoopExpr.Op e, long[] result, long[][] operands)
    {
        var element = e.Children[e.Operation.Rule == ResultRule.Select ? 1 : 0].Type.Element;
        var compute = numbers.Operation(e.Operation, element);
        var a = operands[0];
        var b = operands.Length > 1 ? operands[1] : a;
        var c = operands.Length > 2 ? operands[2] : a;
        return () =>
        {
            for (var lane = 0; lane < result.Length; lane++)
            {
                result[lane] = compute(a[lane], b[lane], c[lane]);
            }
        };
    }

    private Action Horizontal(LoopExpr.Horizontal e, long[] result, long[] operand)
    {
        var combine = numbers.Operation(e.Kind.Combine(), e.Type.Element);
        var lanes = new long[operand.Length];
        return () =>
        {
            Array.Copy(operand, lanes, lanes.Length);
            for (var half = lanes.Length / 2; half > 0; half /= 2)
            {
                for (var lane = 0; lane < half; lane++)
                {
                    lanes[lane] = combine(lanes[lane], lanes[lane + half], 0);
                }
            }

            result[0] = lanes[0];
        };
    }
}

/// <summary>The elements of a buffer, with every access checked.</summary>
internal sealed class LoopMemory
{
    private readonly Buffer buffer;
    private readonly long count;
    private readonly double[]? floats;
    private readonly long[]? integers;
    private readonly bool[]? defined;

    public LoopMemory(Buffer buffer, long count, Array array, bool checkUndefined)
    {
        this.buffer = buffer;
        this.count = count;
        floats = array as double[];
        integers = array as long[];
        defined = checkUndefined ? new bool[count] : null;
        if ((buffer.Element.IsFloat() ? floats is null : integers is null) || array.LongLength < count)
        {
            throw new LoopExecutionException($"the memory of '{buffer}' is {array.GetType().Name} of {array.LongLength}, not {buffer.Element.Name()} of {count}");
        }
    }

    public void Forget()
    {
        if (defined is not null)
        {
            Array.Clear(defined);
        }
    }

    public long Load(long offset)
    {
        Check(offset, "load");
        return defined is not null && !defined[offset]
            ? throw new LoopExecutionException($"load of element {offset} of '{buffer}', which was not stored yet")
            : floats is not null ? LoopNumbers.FromDouble(floats[offset]) : integers![offset];
    }

    public void Store(long offset, long lane)
    {
        Check(offset, "store");
        if (defined is not null)
        {
            defined[offset] = true;
        }

        if (floats is not null)
        {
            floats[offset] = LoopNumbers.ToDouble(lane);
        }
        else
        {
            integers![offset] = lane;
        }
    }

    private void Check(long offset, string what)
    {
        if (offset < 0 || offset >= count)
        {
            throw new LoopExecutionException($"{what} at offset {offset} of '{buffer}', which has {count} elements");
        }
    }
}
