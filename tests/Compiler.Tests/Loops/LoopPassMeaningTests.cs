using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Passes.Loops;

namespace SparseDsl.Compiler.Tests.Loops;

/// <summary>Every pass keeps the meaning of every kernel, for every target and extent.</summary>
public class LoopPassMeaningTests
{
    public static TheoryData<string, string> Cases
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var kernel in TestKernels.All.Keys)
            {
                foreach (var target in Target.Named)
                {
                    data.Add(kernel, target.Name);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_pass_of_the_pipeline_keeps_the_result(string name, string targetName)
    {
        var target = Target.Named.Single(t => t.Name == targetName);
        var kernel = TestKernels.Get(name);
        var stages = new List<(string Pass, Kernel Kernel)>();
        var final = LoopPipeline.Run(kernel, target, (pass, k) => stages.Add((pass, k)));
        foreach (var extent in TestKernels.Extents)
        {
            var expected = TestKernels.Execute(kernel, extent);
            foreach (var (pass, stage) in stages)
            {
                TestKernels.AssertClose(expected, TestKernels.Execute(stage, extent), 1e-5, $"{name} for {targetName}, N = {extent}, after {pass}");
            }

            TestKernels.AssertClose(expected, TestKernels.Execute(final, extent, round: true), 1e-3, $"{name} for {targetName}, N = {extent}, in f32");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_emitters_get_has_nothing_they_need_not_know(string name, string targetName)
    {
        var target = Target.Named.Single(t => t.Name == targetName);
        var final = LoopPipeline.Run(TestKernels.Get(name), target);
        Assert.DoesNotContain(final.Body.All(), s => s is Stmt.DeclareTile or Stmt.SetTile or Stmt.For { Kind: LoopKind.Unrolled or LoopKind.Vector });
        Assert.All(final.Body.AllExpressions(), e => Assert.True(e.Type.Lanes <= Math.Max(1, target.VectorBits / 32)));
        Assert.Equal(LoopPrinter.Print(final), LoopPrinter.Print(LoopParser.ParseKernel(LoopPrinter.Print(final))));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Cleaning_up_twice_changes_nothing_more(string name, string targetName)
    {
        var target = Target.Named.Single(t => t.Name == targetName);
        var once = Cse.Run(SimplifyIndices.Run(LoopPipeline.Run(TestKernels.Get(name), target), target), target);
        var twice = Cse.Run(SimplifyIndices.Run(once, target), target);
        Assert.Equal(LoopPrinter.Print(once), LoopPrinter.Print(twice));
    }
}
