using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Hosting;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Backends.Reference;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using static SparseDsl.Backends.Tests.CSharp.Ir;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Backends.Tests.CSharp;

/// <summary>Products of packed numbers, against arithmetic on single bytes and halves: every backend, with and without instructions for them.</summary>
public class PackedDotTests
{
    private const int Count = 256;

    /// <summary>Processors that LLVM makes code for, with the instructions that kernels use of them.</summary>
    public static TheoryData<string> Processors => [.. LlvmCpu.All.Where(c => c.IsHere).Select(c => c.Name), LlvmCpu.NativeName];

    [Theory]
    [MemberData(nameof(Targets), MemberType = typeof(Ir))]
    public void Four_bytes_are_exact(string target)
    {
        foreach (var lanes in new[] { 1, Find(target).Lanes(4) })
        {
            var (program, inputs, expected) = Bytes(lanes);
            AssertSameBits(expected, Run(program, target, 1, inputs)["y"], $"{lanes} lanes for {target}");
        }
    }

    [Theory]
    [MemberData(nameof(Targets), MemberType = typeof(Ir))]
    public void Two_halves_are_added_in_order(string target)
    {
        foreach (var lanes in new[] { 1, Find(target).Lanes(4) })
        {
            var (program, inputs, expected) = Halves(lanes);
            AssertSameBits(expected, Run(program, target, 1, inputs)["y"], $"{lanes} lanes for {target}");
        }
    }

    [Theory]
    [MemberData(nameof(Processors))]
    public void Every_processor_gives_the_same(string name)
    {
        Assert.SkipUnless(LlvmToolchain.IsThere, "libLLVM is not there");
        var cpu = name == LlvmCpu.NativeName ? LlvmToolchain.Native() : LlvmCpu.Find(name)!;
        foreach (var lanes in new[] { 1, 4, cpu.Target.Lanes(4) })
        {
            foreach (var (program, inputs, expected) in new[] { Bytes(lanes), Halves(lanes) })
            {
                using var model = LlvmHost.Load(program, cpu, _ => default, 1);
                AssertSameBits(expected, model.Run(inputs.ToDictionary(i => i.Name, i => i.Data))["y"], $"{lanes} lanes for {name}");
            }
        }
    }

    [Fact]
    public void The_interpreter_gives_the_same()
    {
        foreach (var (program, inputs, expected) in new[] { Bytes(4), Halves(4) })
        {
            var memory = inputs.ToDictionary(i => i.Name, i => i.Data.Type.IsFloat() ? (Array)i.Data.ToDoubles() : Enumerable.Range(0, Count).Select(k => i.Data.GetInt64(k)).ToArray());
            var y = LoopInterpreter.Run(program, memory, new Dictionary<string, long>(), new LoopInterpreterOptions(RoundToElement: true))["y"];
            AssertSameBits(expected, Tensor(expected.Type, y.Cast<object>().Select(v => Convert.ToDouble(v, null))), "interpreted");
        }
    }

    private static (LoopProgram Program, (string Name, TensorData Data)[] Inputs, TensorData Expected) Bytes(int lanes)
    {
        var random = new Random(3);
        int[] a = [.. Enumerable.Range(0, Count).Select(i => i < 4 ? -1 : (int)random.NextInt64(int.MinValue, 1L << 31))];
        int[] b = [.. Enumerable.Range(0, Count).Select(i => i < 2 ? unchecked((int)0x80808080) : i < 4 ? 0x7f7f7f7f : (int)random.NextInt64(int.MinValue, 1L << 31))];
        int[] c = [.. Enumerable.Range(0, Count).Select(i => i % 5 == 0 ? int.MaxValue - i : random.Next(-1000, 1000))];
        var y = a.Select((_, i) => (double)Enumerable.Range(0, 4).Aggregate(c[i], (sum, k) => unchecked(sum + ((byte)(a[i] >> (8 * k)) * (sbyte)(b[i] >> (8 * k))))));
        return (Kernel("dot4", ElementType.I32, lanes), Inputs(a, b, Tensor(ElementType.I32, c.Select(v => (double)v))), Tensor(ElementType.I32, y));
    }

    private static (LoopProgram Program, (string Name, TensorData Data)[] Inputs, TensorData Expected) Halves(int lanes)
    {
        var random = new Random(4);
        int[] a = [.. Enumerable.Range(0, Count).Select(_ => Pair(random))];
        int[] b = [.. Enumerable.Range(0, Count).Select(_ => Pair(random))];
        float[] c = [.. Enumerable.Range(0, Count).Select(_ => (float)((random.NextDouble() - 0.5) * 100))];
        var y = c.Select((sum, i) => (double)MathF.FusedMultiplyAdd(Low(a[i]), Low(b[i]), MathF.FusedMultiplyAdd(High(a[i]), High(b[i]), sum)));
        return (Kernel("dot2", ElementType.F32, lanes), Inputs(a, b, Tensor(ElementType.F32, c.Select(v => (double)v))), Tensor(ElementType.F32, y));

        static int Pair(Random random) => (Half(random) << 16) | Half(random);
        static int Half(Random random) => (BitConverter.SingleToInt32Bits((float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-6, 7)))) >> 16) & 0xffff;
        static float High(int pair) => BitConverter.Int32BitsToSingle(pair & -65536);
        static float Low(int pair) => BitConverter.Int32BitsToSingle(pair << 16);
    }

    private static (string Name, TensorData Data)[] Inputs(int[] a, int[] b, TensorData c) =>
        [("a", Tensor(ElementType.I32, a.Select(v => (double)v))), ("b", Tensor(ElementType.I32, b.Select(v => (double)v))), ("c", c)];

    private static LoopProgram Kernel(string operation, ElementType sum, int lanes)
    {
        var (a, b, c) = (new Buffer("a", ElementType.I32, Count, BufferAccess.In), new Buffer("b", ElementType.I32, Count, BufferAccess.In), new Buffer("c", sum, Count, BufferAccess.In));
        var y = new Buffer("y", sum, Count, BufferAccess.Out);
        var i = Index("i");
        var body = For(i, I(0), I(Count), lanes, Store(y, V(i), Op(operation, Load(a, V(i), lanes), Load(b, V(i), lanes), Load(c, V(i), lanes))));
        return Program(new Kernel("k", operation, [a, b, c, y], [], body));
    }
}
