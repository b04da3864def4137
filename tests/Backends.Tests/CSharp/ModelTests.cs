using System.Globalization;
using SparseDsl.Backends.CSharp;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Reference;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Dsl;
using SparseDsl.Runtime;
using SparseDsl.Tests;
using static SparseDsl.Backends.Tests.CSharp.Ir;

namespace SparseDsl.Backends.Tests.CSharp;

/// <summary>Whole models: memory, threads, checks, and the bits of the interpreter.</summary>
public class ModelTests
{
    // A register-tiled product with panels of weights, a tail of rows, a sparse product, a state and library functions.
    // L stands for the lanes, P for the width of a panel (4L), D for P doubled.
    private const string Model = """
        program Mixed(N: 1..40)
          slot N*P*4
          slot N*P*4
          input x: f32[N, 24]
          input scale: f32[P]
          output y: f32[N, P]
          output total: i32[1]
          state memory: f32[P]
          weight w: f32[E] array "val" of "w" "dense" [i0] -> dense(i0)
          weight ptr: i32[G] array "ptr" of "s" "csr" [i, j] -> dense(i), compressed(j)
          weight crd: i32[nnz] array "crd" of "s" "csr" [i, j] -> dense(i), compressed(j)
          weight val: f32[nnz2] array "val" of "s" "csr" [i, j] -> dense(i), compressed(j)
          temporary h: f32[N*P] slot 0
          temporary g: f32[N*P] slot 1
          call gemm(x, w, h)
          call spmm(h, ptr, crd, val, g)
          call finish(g, scale, memory, y)
          call count(y, total)
        kernel gemm(x: in f32[N*24], w: in f32[E], h: out f32[N*P]; N: i32) "matmul 24xP, register tile 4 x 4"
          parallel b in 0..(N + 3) / 4
            if b*4 + 4 <= N
              tile acc: f32xL[4, 4] = splatL(0.0)
              for k in 0..24
                tile v: f32xL[4] = splatL(0.0)
                unroll c0 in 0..4
                  v[c0] = w[k*P + c0*L ..L]
                unroll r in 0..4
                  unroll c in 0..4
                    acc[r, c] = fma(splatL(x[(b*4 + r)*24 + k]), v[c], acc[r, c])
              unroll r1 in 0..4
                unroll c1 in 0..4
                  h[(b*4 + r1)*P + c1*L ..L] = acc[r1, c1]
            else
              for rest in b*4..N
                for j in 0..P step L
                  local one: f32xL = splatL(0.0)
                  for q in 0..24
                    one = fma(splatL(x[rest*24 + q]), w[q*P + j ..L], one)
                  h[rest*P + j ..L] = one
        kernel spmm(h: in f32[N*P], ptr: in i32[G], crd: in i32[nnz], val: in f32[nnz2], g: out f32[N*P]; N: i32) "spmm with a square csr matrix, rows of h"
          parallel n in 0..N
            scratch row: f32[P]
            for i in 0..P
              local sum: f32 = 0.0
              for p in ptr[i]..ptr[i + 1]
                sum = sum + val[p]*h[n*P + crd[p]]
              row[i] = sum
            for j in 0..P step L
              let m = firstL(P - 3 - j)
              g[n*P + j ..L] = row[j ..L if m] + h[n*P + j ..L]
        kernel finish(g: in f32[N*P], scale: in f32[P], memory: inout f32[P], y: out f32[N*P]; N: i32) "scale, tanh, and a running maximum"
          for n in 0..N
            for j in 0..P step L
              let v = tanh(g[n*P + j ..L]*scale[j ..L])
              memory[j ..L] = max(memory[j ..L], v)
              y[n*P + j ..L] = v + memory[j ..L]
        kernel count(y: in f32[N*P], total: out i32[1]; N: i32) "elements above 0.5"
          local c: i32 = 0
          for i in 0..N*P step L
            let m = y[i ..L] > splatL(0.5)
            c = c + i32(hsum(select(m, splatL(1.0), splatL(0.0))))
          total[0] = c
        """;

    [Theory]
    [MemberData(nameof(Targets), MemberType = typeof(Ir))]
    public void A_model_gives_the_bits_of_the_interpreter_for_every_number_of_threads_and_call_after_call(string target)
    {
        var program = Lowered(target);
        var memory = new Dictionary<string, Array>();
        foreach (var weight in program.Regions.OfType<Region.Weight>())
        {
            memory[weight.Name] = Numbers(WeightTensor(weight, program));
        }

        memory["memory"] = new double[Panel(target)];
        using var one = TwoBackends.Load(program, Find(target), w => WeightTensor(w, program).ToBytes());
        using var three = TwoBackends.Load(program, Find(target), w => WeightTensor(w, program).ToBytes(), threads: 3);
        foreach (var rows in new[] { 5, 9, 1, 40, 40 })
        {
            var inputs = Inputs(rows, Panel(target));
            foreach (var (name, tensor) in inputs)
            {
                memory[name] = Numbers(tensor);
            }

            var expected = LoopInterpreter.Run(program, memory, new Dictionary<string, long> { ["N"] = rows }, new LoopInterpreterOptions(RoundToElement: true));
            var actual = one.Run(inputs);
            var threaded = three.Run(inputs);

            AssertSameBits(Tensor(ElementType.F32, (double[])expected["y"]), actual["y"].Reshape(rows * Panel(target)), $"{target}, {rows} rows");
            Assert.Equal(((long[])expected["total"])[0], actual["total"].GetInt64(0));
            Assert.Equal(actual["y"].ToBytes(), threaded["y"].ToBytes());
            Assert.Equal(actual["total"].ToBytes(), threaded["total"].ToBytes());
        }

        // The state came along; after a reset the first call repeats itself.
        one.ResetState();
        three.ResetState();
        Assert.Equal(three.Run(Inputs(5, Panel(target)))["y"].ToBytes(), one.Run(Inputs(5, Panel(target)))["y"].ToBytes());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_call_with_the_dims_of_the_call_before_allocates_nothing(int threads)
    {
        var program = Lowered("avx2");
        using var model = CSharpHost.Load(program, Find("avx2"), w => WeightTensor(w, program).ToBytes(), threads);
        model.Bind(Inputs(13, Panel("avx2")));
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
    public void Inputs_that_do_not_fit_are_refused_by_name()
    {
        var program = Lowered("scalar");
        using var model = CSharpHost.Load(program, Find("scalar"), w => WeightTensor(w, program).ToBytes());
        var good = Inputs(2, Panel("scalar"));

        AssertRefused("the input 'x' is missing; it must be f32[N, 24]", ("scale", good["scale"]));
        AssertRefused("the input 'x' is f32[48], not f32[N, 24]", ("x", good["x"].Reshape(48)), ("scale", good["scale"]));
        AssertRefused("the input 'x' is i32[2, 24], not f32[N, 24]", ("x", good["x"].ConvertTo(ElementType.I32)), ("scale", good["scale"]));
        AssertRefused("the input 'x' is f32[4, 12], not f32[N, 24]: dimension 1 must be 24", ("x", good["x"].Reshape(4, 12)), ("scale", good["scale"]));
        AssertRefused("the dim N is 41; it must be from 1 to 40", ("x", TensorData.FromFloats(new float[41 * 24], 41, 24)), ("scale", good["scale"]));
        AssertRefused("the model has no input 'X'; it has x, scale", ("X", good["x"]), ("scale", good["scale"]));

        void AssertRefused(string message, params (string Name, TensorData Data)[] inputs) =>
            Assert.Equal(message, Assert.Throws<ModelException>(() => model.Run(inputs.ToDictionary(i => i.Name, i => i.Data))).Message);
    }

    [Fact]
    public void Memory_is_had_by_name_between_bind_and_dispose()
    {
        var program = Lowered("scalar");
        var model = CSharpHost.Load(program, Find("scalar"), w => WeightTensor(w, program).ToBytes());
        Assert.Throws<InvalidOperationException>(() => { model.Memory<float>("x"); });
        Assert.Throws<InvalidOperationException>(() => model.ReadOutputs());
        model.Bind(Inputs(2, Panel("scalar")));
        Assert.Equal(48, model.Memory<float>("x").Length);
        var unknown = Assert.Throws<ModelException>(() => { model.Memory<float>("z"); });
        Assert.Equal("the model has no input or output 'z'; it has x, scale, y, total", unknown.Message);

        model.Dispose();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Bind(Inputs(2, Panel("scalar"))));
        Assert.Throws<ObjectDisposedException>(model.Invoke);
        Assert.Throws<ObjectDisposedException>(() => { model.Memory<float>("x"); });
        Assert.Throws<ObjectDisposedException>(() => model.ReadOutputs());
    }

    [Fact]
    public void Copies_of_tensors_are_used_in_turn()
    {
        var program = Lowered("scalar");
        using var model = CSharpHost.Load(program, Find("scalar"), w => WeightTensor(w, program).ToBytes());
        model.Bind(Inputs(2, Panel("scalar")), copies: 2);
        model.Invoke();
        var first = model.ReadOutputs()["y"].ToBytes();
        model.Memory<float>("x").Clear();
        model.ResetState();
        model.Invoke();
        Assert.Equal(first, model.ReadOutputs()["y"].ToBytes());
        model.ResetState();
        model.Invoke();
        Assert.NotEqual(first, model.ReadOutputs()["y"].ToBytes());
        Assert.All(model.Memory<float>("x").ToArray(), value => Assert.Equal(0, value));

        Assert.Throws<ArgumentOutOfRangeException>(() => model.Bind(Inputs(2, Panel("scalar")), copies: 0));
    }

    [Fact]
    public void Copies_of_a_model_share_code_and_outlive_each_other()
    {
        var program = Lowered("scalar");
        var copies = CSharpHost.LoadCopies(program, Find("scalar"), w => WeightTensor(w, program).ToBytes(), 3);
        var expected = copies[0].Run(Inputs(2, Panel("scalar")))["y"].ToBytes();
        copies[0].Dispose();
        copies[0].Dispose();
        Assert.Equal(expected, copies[1].Run(Inputs(2, Panel("scalar")))["y"].ToBytes());
        copies[1].Dispose();
        Assert.Equal(expected, copies[2].Run(Inputs(2, Panel("scalar")))["y"].ToBytes());
        copies[2].Dispose();
    }

    [Fact]
    public void Weights_that_do_not_fit_are_refused_by_name()
    {
        var program = Lowered("scalar");
        var error = Assert.Throws<ModelException>(() => CSharpHost.Load(program, Find("scalar"), w => new byte[w.Name == "w" ? 40 : 4]));
        Assert.Equal("the weight 'w' has 10 elements in the weights in memory, not 96", error.Message);
    }

    [Fact]
    public void Text_that_does_not_compile_is_a_bug_of_the_compiler_that_shows_the_line()
    {
        var program = Lowered("scalar");
        var text = CSharpEmitter.Emit(program, Find("scalar"), new CSharpOptions()).Replace("var sum", "bar sum", StringComparison.Ordinal).Replace("float sum", "bar sum", StringComparison.Ordinal);
        var error = Assert.Throws<CompilerBugException>(() => CSharpHost.Load(text, program, w => WeightTensor(w, program).ToBytes()));
        Assert.Contains("CS0246", error.Message, StringComparison.Ordinal);
        Assert.Contains("bar sum = 0f;", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_is_the_golden_one_and_does_not_depend_on_the_culture()
    {
        using var culture = new RussianCulture();

        // The kernels after the loop passes are kept as text too: what passes learn later must not change this golden.
        var program = LoopParser.ParseProgram(Golden.Read("csharp/mixed.avx512.loops.txt"));
        var text = CSharpEmitter.Emit(program, Find("avx512"), new CSharpOptions { Namespace = "Golden" });
        Golden.Check("csharp/mixed.avx512.cs.txt", text);
        Assert.DoesNotContain("\r", text, StringComparison.Ordinal);
    }

    internal static LoopProgram Lowered(string target) => Lowered(target, target);

    // The panel is as wide as four vectors of panelTarget.
    internal static LoopProgram Lowered(string target, string panelTarget)
    {
        var lanes = Find(target).Lanes(4);
        var panel = Panel(panelTarget);
        var text = Model
            .Replace("splatL", lanes == 1 ? "" : $"splat{lanes}", StringComparison.Ordinal)
            .Replace("f32xL", lanes == 1 ? "f32" : $"f32x{lanes}", StringComparison.Ordinal)
            .Replace("firstL", lanes == 1 ? "0 < " : $"first{lanes}", StringComparison.Ordinal)
            .Replace(" ..L if", lanes == 1 ? " if" : $" ..{lanes} if", StringComparison.Ordinal)
            .Replace(" ..L]", lanes == 1 ? "]" : $" ..{lanes}]", StringComparison.Ordinal)
            .Replace("hsum", lanes == 1 ? "" : "hsum", StringComparison.Ordinal);
        foreach (var (letter, value) in new[] { ("P", panel), ("L", lanes), ("E", 24 * panel), ("G", panel + 1) })
        {
            text = System.Text.RegularExpressions.Regex.Replace(text, $@"(?<![A-Za-z]){letter}(?![A-Za-z])", value.ToString(CultureInfo.InvariantCulture));
        }

        var symbols = text.Replace("nnz2", "val", StringComparison.Ordinal).Replace("nnz", "crd", StringComparison.Ordinal);
        return LoopPipeline.Run(LoopParser.ParseProgram(symbols + "\n"), Find(target));
    }

    internal static int Panel(string target) => 4 * Find(target).Lanes(4);

    internal static Dictionary<string, TensorData> Inputs(int rows, int panel)
    {
        var random = new Random(rows);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
        return new() { ["x"] = TensorData.FromFloats(Values(rows * 24), rows, 24), ["scale"] = TensorData.FromFloats(Values(panel), panel) };
    }

    internal static TensorData WeightTensor(Region.Weight weight, LoopProgram program)
    {
        var panel = (int)program.Regions.Single(r => r.Name == "memory").Count.Constant!.Value;
        var random = new Random(weight.Name.Length);
        return weight.Name switch
        {
            "w" => TensorData.FromFloats([.. Enumerable.Range(0, 24 * panel).Select(_ => random.NextSingle() - 0.5f)], 24 * panel),
            "ptr" => TensorData.FromInt32s([.. Enumerable.Range(0, panel + 1).Select(i => i * (i - 1) / 2 % 3 + (2 * i))], panel + 1),
            _ => Sparse(weight, panel),
        };
    }

    private static TensorData Sparse(Region.Weight weight, int panel)
    {
        var count = (panel * (panel - 1) / 2 % 3) + (2 * panel);
        return weight.Name == "crd"
            ? TensorData.FromInt32s([.. Enumerable.Range(0, count).Select(i => i * 7 % panel)], count)
            : TensorData.FromFloats([.. Enumerable.Range(0, count).Select(i => (i % 5 * 0.25f) - 0.5f)], count);
    }

    private static Array Numbers(TensorData tensor) => tensor.Type.IsFloat() ? tensor.ToDoubles() : tensor.ToInt64s();
}
