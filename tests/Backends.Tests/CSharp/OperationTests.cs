using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;
using static SparseDsl.Backends.Tests.CSharp.Ir;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Backends.Tests.CSharp;

/// <summary>Every operation, on every type it makes sense for, means in C# what its row says.</summary>
public class OperationTests
{
    private const int Count = 192;

    private static readonly ElementType[] Elements =
        [ElementType.F32, ElementType.F64, ElementType.I32, ElementType.I64, ElementType.U32, ElementType.U8, ElementType.I16, ElementType.F16, ElementType.BF16];

    private static readonly string[] FloatOnly = ["recip", "exp", "log", "sqrt", "rsqrt", "tanh", "erf", "sin", "cos", "pow", "floor", "round"];
    private static readonly string[] IntegerOnly = ["shl", "shr", "bitand", "bitor", "ctz"];

    public static TheoryData<string, ElementType> Cases
    {
        get
        {
            var cases = new TheoryData<string, ElementType>();
            foreach (var target in Target.All.Concat(TwoBackends.Targets.Where(t => t == Target.Warp)))
            {
                foreach (var element in Elements)
                {
                    cases.Add(target.Name, element);
                }
            }

            return cases;
        }
    }

    private static IEnumerable<CoreOp> All => CoreOps.All.Concat(MachineOps.All);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_operation_means_what_its_row_says(string target, ElementType element)
    {
        // Vectors of narrow types are as long as the 32-bit vectors they are computed in.
        var lanes = Find(target).Lanes(Math.Max(4, element.Size()));
        CoreOp[] operations = [.. All.Where(o => Applies(o, element) && (target != Target.Warp.Name || !ExpandMath.Expanded.Contains(o)))]; // a GPU computes no functions
        Assert.NotEmpty(operations);
        var program = Program([.. operations.Select(o => KernelFor(o, element, lanes))]);
        var inputs = new[] { "a", "b", "c" }.Select((name, i) => (name, Tensor(element, Values(element, i)))).ToArray();

        var outputs = Run(program, target, 1, inputs);

        foreach (var op in operations)
        {
            AssertSameBits(Expected(op, element, [.. inputs.Select(i => i.Item2)]), outputs["y_" + op.Name], $"{op.Name} of {element.Name()}x{lanes}");
        }
    }

    [Theory]
    [MemberData(nameof(Targets), MemberType = typeof(Ir))]
    public void Bool_operations_are_exact(string target)
    {
        var lanes = Find(target).Lanes(4);
        string[] names = ["and", "or", "not", "eq", "ne", "select"];
        var program = Program([.. names.Select(n => KernelFor(MachineOps.Find(n)!, ElementType.Bool, lanes))]);
        var inputs = Enumerable.Range(0, 3).Select(i => ("abc"[i..(i + 1)], Tensor(ElementType.Bool, Enumerable.Range(0, Count).Select(k => (double)((k >> i) & 1))))).ToArray();

        var outputs = Run(program, target, 1, inputs);

        foreach (var name in names)
        {
            AssertSameBits(Expected(MachineOps.Find(name)!, ElementType.Bool, [.. inputs.Select(i => i.Item2)]), outputs["y_" + name], name);
        }
    }

    private static bool Applies(CoreOp op, ElementType element) =>
        !(op.Name is "and" or "or" or "not")
        && (element.IsFloat() ? !IntegerOnly.Contains(op.Name) : !FloatOnly.Contains(op.Name))
        && op.Name is not "dot2" && (op.Name is not "dot4" || element == ElementType.I32) // see PackedDotTests
        && !(op.Name == "fma" && element is ElementType.F16 or ElementType.BF16); // not an operation of any machine

    private static Kernel KernelFor(CoreOp op, ElementType element, int lanes)
    {
        Buffer[] sources = [.. new[] { "a", "b", "c" }.Select(n => new Buffer(n, element, Count, BufferAccess.In))];
        var result = op.Rule == ResultRule.Bool ? ElementType.Bool : element;
        var target = new Buffer("y_" + op.Name, result, Count, BufferAccess.Out);
        var i = Index("i");
        LoopExpr[] arguments = [.. sources.Take(op.Arity).Select(s => Load(s, V(i), lanes))];
        if (op.Name == "select" && element != ElementType.Bool)
        {
            arguments[0] = Op("lt", arguments[0], Load(sources[1], V(i), lanes));
        }

        var body = For(i, I(0), I(Count), lanes, Store(target, V(i), Op(op, arguments)));
        return new Kernel("k_" + op.Name, op.Name, [.. sources, target], [], body);
    }

    private static TensorData Expected(CoreOp op, ElementType element, TensorData[] inputs)
    {
        var result = new double[Count];
        for (var i = 0; i < Count; i++)
        {
            double[] a = [.. inputs.Take(op.Arity).Select(t => t.GetDouble(i))];
            if (op.Name == "select" && element != ElementType.Bool)
            {
                a[0] = a[0] < a[1] ? 1 : 0;
            }

            result[i] = Wrapped(Meaning(op, element, a), element);
        }

        return TensorData.FromDoubles(result, Count).ConvertTo(op.Rule == ResultRule.Bool ? ElementType.Bool : element);
    }

    private static double Wrapped(double value, ElementType element) => element switch
    {
        ElementType.U8 => unchecked((byte)(long)value),
        ElementType.I16 => unchecked((short)(long)value),
        ElementType.U32 => unchecked((uint)(long)value),
        ElementType.I32 => unchecked((int)(long)value),
        _ => value,
    };

    // The fold is in float64; integers wrap and divide downwards, fma rounds once.
    private static double Meaning(CoreOp op, ElementType element, double[] a) => (op.Name, element) switch
    {
        ("fma", ElementType.F32) => MathF.FusedMultiplyAdd((float)a[0], (float)a[1], (float)a[2]),
        ("fma", ElementType.F64) => Math.FusedMultiplyAdd(a[0], a[1], a[2]),
        ("ctz", _) => a[0] == 0 ? 8 * element.Size() : System.Numerics.BitOperations.TrailingZeroCount((long)a[0]),
        ("div", _) when element.IsInteger() => Math.Floor(a[0] / a[1]),
        _ => op.Fold(a),
    };

    // Floats with every special value in both places of a pair; integers small enough that nothing overflows.
    private static IEnumerable<double> Values(ElementType element, int operand)
    {
        var random = new Random(17 + operand);
        double[] special = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, -0.0, 0.5, 1.5, 2.5, -2.5, 1e-40, 1, -1];
        for (var i = 0; i < Count; i++)
        {
            if (!element.IsFloat())
            {
                yield return Integer(element, operand, random);
            }
            else if (i < special.Length * special.Length && i < 150)
            {
                yield return operand == 1 ? special[i / special.Length] : special[i % special.Length];
            }
            else
            {
                yield return (random.NextDouble() * 8) - 4;
            }
        }
    }

    // The second operand also divides and counts shifts: small and not 0. The first and third make sums and products wrap.
    private static long Integer(ElementType element, int operand, Random random)
    {
        var bits = Math.Min(40, 8 * element.Size());
        var unsigned = element is ElementType.U8 or ElementType.U32;
        return operand == 1 ? random.Next(1, 7)
            : unsigned ? random.NextInt64(0, 1L << bits)
            : random.NextInt64(-(1L << (bits - 1)), 1L << (bits - 1)) * random.Next(0, 2);
    }
}
