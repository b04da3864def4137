using SparseDsl.Compiler.Loops;

namespace SparseDsl.Compiler.Tests.Loops;

/// <summary>One broken kernel for each invariant.</summary>
public class LoopValidatorTests
{
    [Theory]
    [InlineData("let a = 1\n  let a = 2", "used twice")]
    [InlineData("for i in 0..3\n    let a = 1\n  let b = a", "'a' is not visible")]
    [InlineData("let a = 1\n  a = 2", "not a visible register")]
    [InlineData("local a: f32 = 1", "expected f32, not i32")]
    [InlineData("let a = 1 + 1.0", "operands of 'add'")]
    [InlineData("let a = splat4(1) + 1", "operands of 'add'")]
    [InlineData("let a = exp(1)", "'exp' of i32")]
    [InlineData("let a = 1.0 % 2.0", "'mod' of f32")]
    [InlineData("let a = 1 && 2", "'and' of i32")]
    [InlineData("let a = select(1, 2, 3)", "condition is not bool")]
    [InlineData("let a = x[1.0]", "an offset is f32")]
    [InlineData("let a = x[0 ..4 if true]", "a mask is bool, for 4 lanes")]
    [InlineData("let a = gather(x, splat4(1.0))", "gather offsets")]
    [InlineData("x[0] = 1.0", "only read")]
    [InlineData("y[0] = 1", "i32 is stored to f32")]
    [InlineData("for i in 0..2\n    parallel j in 0..2\n      y[j] = 1.0", "not outermost")]
    [InlineData("vector i in 0..8 step 2\n    y[i] = 1.0", "a step other than 1")]
    [InlineData("unroll i in 0..N\n    y[i] = 1.0", "not constant")]
    [InlineData("tile t: f32[2] = 0.0\n  t[2] = 1.0", "outside")]
    [InlineData("tile t: f32[2] = 0.0\n  t[0, 0] = 1.0", "extents")]
    [InlineData("if 1\n    y[0] = 1.0", "expected bool")]
    [InlineData("while 1\n    y[0] = 1.0", "expected bool")]
    [InlineData("let a = splat3(1.0)", "power of two")]
    [InlineData("let a = hsum(1.0)", "of a scalar")]
    [InlineData("let a = as_i64(1.0)", "bit cast")]
    [InlineData("scratch s: f32[N]", "no constant count")]
    [InlineData("let let = 1", "not a name")]
    public void A_broken_kernel_is_a_compiler_bug(string body, string problem)
    {
        var kernel = LoopParser.ParseKernel($"kernel k(x: in f32[N], y: out f32[N]; N: i32)\n  {body}\n");
        var bug = Assert.Throws<CompilerBugException>(() => LoopValidator.Validate(kernel));
        Assert.Contains(problem, bug.Message, StringComparison.Ordinal);
        Assert.StartsWith("kernel 'k': ", bug.Message, StringComparison.Ordinal);
    }
}
