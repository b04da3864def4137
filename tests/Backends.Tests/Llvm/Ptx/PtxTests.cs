using System.Diagnostics;
using SparseDsl.Backends.Hosting;
using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Ptx;
using SparseDsl.Backends.Llvm.Ptx.Cuda;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Tests.Graphs;

namespace SparseDsl.Backends.Tests.Llvm.Ptx;

/// <summary>What is written for GPUs, and how a model is run there. That the numbers are right is tested where numbers are: see <see cref="TwoBackends"/>.</summary>
public sealed class PtxTests
{
    private const int Size = 37;

    [Theory]
    [InlineData("conv-bn-hardswish", "sm_80")]
    [InlineData("softmax", "sm_90a")]
    [InlineData("views", "sm_80")]
    public void The_text_is_as_it_was_and_of_known_forms(string name, string cpu)
    {
        SuiteTests.Require();
        var code = PtxEmitter.Emit(Lowered(name), LlvmCpu.Find(cpu)!);

        var ptx = PtxEmitter.Assemble(code);

        Assert.Null(PtxForms.Problem(ptx));
        Golden.Check($"ptx/{name}.{cpu}.ptx", ptx);
    }

    [Theory]
    [InlineData("\tfma.rn.f32 %f1, %f2, %f3, %f4;", "\tfma.rn.ftz.f32 %f1, %f2, %f3, %f4;")] // a modifier that nobody looked at
    [InlineData("\tadd.s64 %rd1, %rd2, %rd3;", "\tadd.s64 %rd1, %r2, %rd3;")] // registers of another width
    [InlineData("\tbar.warp.sync -1;", "\tbar.warp.sync;")]
    [InlineData("\tsqrt.rn.f32 %f1, %f2;", "\tsqrt.approx.f32 %f1, %f2;")]
    [InlineData("\tret;", ".extern .func exp")]
    public void Forms_that_are_not_in_the_table_are_reported(string good, string bad)
    {
        const string Head = ".version 7.0\n.target sm_80\n";
        Assert.Null(PtxForms.Problem(Head + good));
        Assert.Equal(bad.Trim(), PtxForms.Problem(Head + bad));
    }

    [Fact]
    public void Forms_younger_than_the_target_are_reported() =>
        Assert.Equal("dp4a.u32.s32 %r1, %r2, %r3, %r4;", PtxForms.Problem(".version 5.0\n.target sm_60\ndp4a.u32.s32 %r1, %r2, %r3, %r4;\n"));

    [Fact]
    public void Parallel_loops_become_grids_of_warps()
    {
        var code = PtxEmitter.Emit(Lowered("conv-bn-hardswish"), LlvmCpu.Find("sm_80")!);

        Assert.Contains(code.Launches, l => l.Kernel.IsParallel && l.Kernel.Grid(_ => 40) > 1 && l.Kernel.Block == 128);
        Assert.All(code.Launches.Where(l => !l.Kernel.IsParallel), l => Assert.Equal((1, 32), (l.Kernel.Grid(_ => 40), l.Kernel.Block)));
    }

    // The emulator is worth something only if it notices.
    [Fact]
    public void A_kernel_that_does_not_wait_gives_something_else()
    {
        Require();
        var program = Exchanging();
        var right = Run(PtxEmitter.Emit(program, LlvmCpu.Find("sm_80")!));
        var code = PtxEmitter.Emit(program, LlvmCpu.Find("sm_80")!);
        Assert.Contains("@llvm.nvvm.bar.warp.sync(i32 -1)", code.Text, StringComparison.Ordinal);

        var wrong = Run(code with { Text = code.Text.Replace("  call void @llvm.nvvm.bar.warp.sync(i32 -1)\n", "", StringComparison.Ordinal) });

        Assert.Equal(Enumerable.Range(0, 32).Select(i => 31.0 - i), right);
        Assert.NotEqual(right, wrong);
    }

    [Fact]
    public void Everything_is_given_back_and_kernels_are_timed()
    {
        Require();
        var before = FakeCuda.Live;
        var program = Exchanging();
        using (var model = PtxModel.Load(program, _ => default, isProfiled: true))
        {
            Assert.True(FakeCuda.Live > before);
            model.Run(Inputs());
            Assert.Equal(program.Calls.Length, model.KernelTimes().Count);
            Assert.All(model.KernelTimes(), t => Assert.True(t.Milliseconds >= 0));
        }

        Assert.Equal(before, FakeCuda.Live);
    }

    [Fact]
    public void A_driver_that_refuses_code_says_why()
    {
        Require();
        var code = PtxEmitter.Emit(Exchanging(), LlvmCpu.Find("sm_80")!, "Unheard");
        var before = FakeCuda.Live;

        var refused = Assert.Throws<CudaException>(() => new PtxHost(new CudaDriver(FakeCuda.Find)).Load(code, "nothing that was announced", _ => default));

        Assert.Equal("it refuses the code (line 1: no such model): as the test wants it (218)", refused.Message);
        Assert.Equal(before, FakeCuda.Live);
    }

    [Fact]
    public void A_driver_without_a_function_is_no_driver() =>
        Assert.Equal("the driver has no function cuLaunchKernel", Assert.Throws<CudaException>(() => new CudaDriver(n => n == "cuLaunchKernel" ? 0 : FakeCuda.Find(n))).Message);

    [Fact]
    public void Functions_of_f64_have_no_code()
    {
        var program = new LoopProgram("P", [], [], [new KernelCall(LoopParser.ParseKernel("""
            kernel k(x: in f64[32], y: out f64[32]) "exp"
              y[0] = exp(x[0])
            """), ["x", "y"])], []);

        Assert.Equal("exp", PtxLimits.Problem(program)?.Function);
        Assert.Null(PtxLimits.Problem(Exchanging()));
    }

    [Fact]
    public void The_header_says_what_the_host_does()
    {
        SuiteTests.Require();
        Assert.SkipUnless(File.Exists("/usr/bin/gcc"), "a C compiler is not installed");
        var program = Lowered("conv-bn-hardswish");
        var code = PtxEmitter.Emit(program, LlvmCpu.Find("sm_80")!, "net");
        var folder = Directory.CreateTempSubdirectory("sparsedsl-ptx-").FullName;
        try
        {
            var header = PtxEmitter.Write(program, LlvmCpu.Find("sm_80")!, "net").Single(f => f.Name == "net.h");
            File.WriteAllBytes(Path.Combine(folder, "net.h"), header.Content.ToArray());
            var scalars = string.Concat(Enumerable.Repeat($", {Size}", program.Dims.Length));
            File.WriteAllText(Path.Combine(folder, "main.c"), $$"""
                #include <stdio.h>
                #include "net.h"
                int main(void)
                {
                    for (int i = 0; i < NET_LAUNCHES; i++)
                        printf("%s %d %d\n", net_launch[i].kernel, (int)net_grid(i{{scalars}}), (int)net_launch[i].block);
                    for (int i = 0; i < NET_REGIONS; i++)
                        printf("%lld\n", (long long)net_region_bytes(i{{scalars}}));
                    return net_slot[0] > 1000;
                }

                """);
            Start("/usr/bin/gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-o", Path.Combine(folder, "main"), Path.Combine(folder, "main.c"));

            var expected = code.Launches.Select(l => FormattableString.Invariant($"{l.Kernel.Name} {l.Kernel.Grid(_ => Size)} {l.Kernel.Block}"))
                .Concat(program.Regions.Select(r => FormattableString.Invariant($"{r.Count.Evaluate(_ => Size) * r.Element.Size()}")));
            Assert.Equal(string.Join("\n", expected), Start(Path.Combine(folder, "main")).Trim());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Require() => Assert.SkipUnless(WarpEmulator.IsHere, SuiteTests.Missing);

    private static string Start(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEnd();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
        return output;
    }

    private static LoopProgram Lowered(string name)
    {
        var diagnostics = new DiagnosticBag();
        var program = LoopPipeline.Run(PlanMemory.Run(Lower.Run(GraphCases.Parse(name), Target.Warp, diagnostics)), Target.Warp);
        Assert.Empty(diagnostics.Items);
        return program;
    }

    // Lanes are stored, and taken back in reverse order.
    private static LoopProgram Exchanging() => CSharp.Ir.Program(LoopParser.ParseKernel("""
        kernel turn(x: in f32[32], y: out f32[32]) "turn"
          scratch t: f32[32]
          t[0 ..32] = x[0 ..32]
          y[0 ..32] = gather(t, splat32(31) - ramp32(0))
        """));

    private static Dictionary<string, Compiler.Data.TensorData> Inputs() => new() { ["x"] = CSharp.Ir.Tensor(ElementType.F32, Enumerable.Range(0, 32).Select(i => (double)i)) };

    private static double[] Run(PtxProgram code)
    {
        var ptx = PtxEmitter.Assemble(code);
        FakeCuda.Announce(ptx, code);
        using var model = new PtxHost(new CudaDriver(FakeCuda.Find)).Load(code, ptx, _ => default);
        return model.Run(Inputs())["y"].ToDoubles();
    }
}
