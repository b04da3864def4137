using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Backends.Tests.CSharp;

/// <summary>Short spellings of loop IR, and programs of one kernel each.</summary>
internal static class Ir
{
    public static TheoryData<string> Targets => [.. TwoBackends.Targets.Select(t => t.Name)];

    public static Target Find(string target) => TwoBackends.Targets.Single(t => t.Name == target);

    public static LoopExpr I(int value) => new LoopExpr.Const(value, LoopType.Index);

    public static LoopExpr F(double value, int lanes = 1) => new LoopExpr.Const(value, new LoopType(ElementType.F32, lanes));

    public static LoopExpr V(Variable variable) => new LoopExpr.Var(variable);

    public static Variable Index(string name) => new(name, LoopType.Index);

    public static LoopExpr Op(string name, params LoopExpr[] arguments) => Op(MachineOps.Find(name)!, arguments);

    public static LoopExpr Op(CoreOp op, params LoopExpr[] arguments)
    {
        var type = arguments[^1].Type;
        return new LoopExpr.Op(op, [.. arguments], op.Rule == ResultRule.Bool ? type with { Element = ElementType.Bool } : type);
    }

    public static LoopExpr Load(Buffer buffer, LoopExpr offset, int lanes = 1, int stride = 1, LoopExpr? mask = null) =>
        new LoopExpr.Load(buffer, offset, lanes, stride, mask);

    public static Stmt Store(Buffer buffer, LoopExpr offset, LoopExpr value, int stride = 1, LoopExpr? mask = null) =>
        new Stmt.Store(buffer, offset, value, stride, mask);

    public static Stmt Block(params Stmt[] statements) => new Stmt.Block([.. statements]);

    public static Stmt For(Variable variable, LoopExpr begin, LoopExpr end, int step, params Stmt[] body) =>
        new Stmt.For(LoopKind.Serial, variable, begin, end, step, Block(body));

    public static Stmt Parallel(Variable variable, LoopExpr end, params Stmt[] body) =>
        new Stmt.For(LoopKind.Parallel, variable, I(0), end, 1, Block(body));

    /// <summary>A program whose kernels read inputs and write outputs; every buffer is the region of its name.</summary>
    public static LoopProgram Program(params Kernel[] kernels) => Program("Test", [], kernels);

    public static LoopProgram Program(string name, SymbolicDim[] dims, params Kernel[] kernels)
    {
        var regions = new Dictionary<string, Region>();
        foreach (var buffer in kernels.SelectMany(k => k.Buffers))
        {
            var type = new TensorType(buffer.Element, [buffer.Count]);
            regions.TryAdd(buffer.Name, buffer.Access == BufferAccess.In ? new Region.Input(buffer.Name, type) : new Region.Output(buffer.Name, type));
        }

        return new LoopProgram(name, [.. dims], [.. regions.Values], [.. kernels.Select(k => new KernelCall(k, [.. k.Buffers.Select(b => b.Name)]))], []);
    }

    public static Dictionary<string, TensorData> Run(LoopProgram program, string target, int threads, params (string Name, TensorData Data)[] inputs)
    {
        using var model = TwoBackends.Load(program, Find(target), _ => default, threads);
        return model.Run(inputs.ToDictionary(i => i.Name, i => i.Data));
    }

    /// <summary>A tensor of any element type from doubles; integers truncate and saturate.</summary>
    public static TensorData Tensor(ElementType element, IEnumerable<double> values)
    {
        double[] array = [.. values];
        return TensorData.FromDoubles(array, array.Length).ConvertTo(element);
    }

    public static void AssertSameBits(TensorData expected, TensorData actual, string what)
    {
        Assert.Equal(expected.ToString(), actual.ToString());
        for (var i = 0; i < expected.Count; i++)
        {
            var (a, b) = expected.Type.IsFloat() ? (expected.GetDouble(i), actual.GetDouble(i)) : (expected.GetInt64(i), actual.GetInt64(i));
            var same = expected.Type is ElementType.I64 ? expected.GetInt64(i) == actual.GetInt64(i) : BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b) || (double.IsNaN(a) && double.IsNaN(b));
            Assert.True(same, $"{what}: element {i} is {b:R}, not {a:R}");
        }
    }
}
