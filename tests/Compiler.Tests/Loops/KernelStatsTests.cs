using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Passes.Loops;

namespace SparseDsl.Compiler.Tests.Loops;

public class KernelStatsTests
{
    [Fact]
    public void Counts_what_emitters_bound()
    {
        var kernel = LoopParser.ParseKernel("""
            kernel k(x: in f32[64], y: out f32[64])
              let a = x[0]
              for i in 0..2
                let v = x[i*16 ..16]
                y[i*16 ..16] = v*splat16(a)
                y[i + 40] = a

            """);
        Assert.Equal(new KernelStats(Statements: 5, VectorStatements: 2, LongestRun: 3, Variables: 3, VectorOperations: 3), KernelStats.Of(kernel));
    }
}
