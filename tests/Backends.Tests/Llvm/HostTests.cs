using System.Globalization;
using SparseDsl.Backends.Hosting;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Hosting;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Backends.Tests.CSharp;
using SparseDsl.Backends.Tests.Numbers;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Runtime;

namespace SparseDsl.Backends.Tests.Llvm;

/// <summary>Models in this process whose code LLVM made: the same rules as for classes in C#.</summary>
public class HostTests
{
    private static readonly int Panel = ModelTests.Panel("avx2");

    public HostTests() => SuiteTests.Require();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_call_with_the_dims_of_the_call_before_allocates_nothing(int threads)
    {
        using var model = Load(threads: threads);
        model.Bind(ModelTests.Inputs(13, Panel));
        model.Invoke();
        model.Invoke();
        Assert.Equal(0, Quiet.Fewest(() =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                model.Invoke();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }));
    }

    [Fact]
    public void Copies_share_code_and_nothing_else()
    {
        var program = ModelTests.Lowered("avx2");
        var models = LlvmHost.LoadCopies(program, LlvmCpu.Find("x86-64-v3")!, Weights(program), copies: 2);
        var inputs = ModelTests.Inputs(5, Panel);
        var first = models[0].Run(inputs)["y"].ToBytes();
        models[0].Run(inputs);

        // The second has a state of its own, and lives on without the first.
        models[0].Dispose();
        Assert.Equal(first, models[1].Run(inputs)["y"].ToBytes());
        models[1].Dispose();
        Assert.Throws<ObjectDisposedException>(() => models[1].Run(inputs));
    }

    [Fact]
    public void A_long_model_is_compiled_in_parts_to_the_bits_of_the_whole()
    {
        // Of different widths, so that no two share a kernel.
        var weights = string.Concat(Enumerable.Range(0, 16).Select(i => $"    param w{i}: f32[{20 + i}, {21 + i}]\n"));
        var layers = string.Concat(Enumerable.Range(0, 16).Select(i => $"    let h{i + 1} = gelu(matmul(h{i}, w{i}))\n"));
        var bound = NumberModels.Bind($"import std.nn\nmodel M() {{\n    input h: f32[7, 20]\n    let h0 = h\n{weights}{layers}    output y = h16\n}}\n");
        var lowered = Compilation.Lower(bound, new CompilationOptions(Target.Avx2) { Weights = Weight }, new DiagnosticBag())!;
        Assert.InRange(LlvmEmitter.EmitParts(lowered.Program, LlvmCpu.Find("x86-64-v3")!).Count, 2, 8);
        var cache = new Dictionary<string, IReadOnlyDictionary<string, TensorData>>(StringComparer.Ordinal);
        using var model = TwoBackends.Load(lowered.Program, Target.Avx2, w => Compilation.Pack(w, Weight, cache));
        var y = model.Run(new Dictionary<string, TensorData>(StringComparer.Ordinal) { ["h"] = new(ElementType.F32, [7, 20], Floats(140)) })["y"];
        Assert.All(y.ToDoubles(), v => Assert.True(double.IsFinite(v)));

        static TensorData Weight(string path)
        {
            var rows = 20 + int.Parse(path[1..], CultureInfo.InvariantCulture);
            return new TensorData(ElementType.F32, [rows, rows + 1], Floats(rows * (rows + 1)));
        }

        static byte[] Floats(int count) => [.. Enumerable.Range(0, count).SelectMany(i => BitConverter.GetBytes((i % 13 - 6) * 0.01f))];
    }

    [Fact]
    public void A_profiled_model_times_every_kernel()
    {
        var program = ModelTests.Lowered("avx2");
        using var model = LlvmHost.Load(program, LlvmCpu.Find("x86-64-v3")!, Weights(program), isProfiled: true);
        model.Run(ModelTests.Inputs(40, Panel));
        Assert.Equal(program.Calls, model.KernelTimes().Select(t => t.Call));
        Assert.Contains(model.KernelTimes(), t => t.Milliseconds > 0);
    }

    [Fact]
    public void Inputs_and_weights_that_do_not_fit_are_refused_by_name()
    {
        using var model = Load();
        Assert.StartsWith("the dim N is 41; it must be from 1 to 40", Assert.Throws<ModelException>(() => model.Run(ModelTests.Inputs(41, Panel))).Message, StringComparison.Ordinal);
        var program = ModelTests.Lowered("avx2");
        var refused = Assert.Throws<ModelException>(() => LlvmHost.Load(program, LlvmCpu.Find("x86-64-v3")!, _ => new byte[4]));
        Assert.StartsWith("the weight '", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void This_machine_is_a_processor_that_it_has()
    {
        var native = LlvmToolchain.Native();
        Assert.True(native.IsHere);
        Assert.NotEqual("", native.LlvmName);
        Assert.All(LlvmCpu.All.Where(c => c.IsHere && c.Architecture == native.Architecture), c => Assert.True(c.Target.VectorBits <= native.Target.VectorBits));
    }

    private static WeightBinder Weights(LoopProgram program) => w => ModelTests.WeightTensor(w, program).ToBytes();

    private static CompiledModel Load(int threads = 1)
    {
        var program = ModelTests.Lowered("avx2");
        return LlvmHost.Load(program, LlvmCpu.Find("x86-64-v3")!, Weights(program), threads);
    }
}
