using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Analysis;

namespace SparseDsl.Backends.Tests.Llvm;

/// <summary>Hot loops in assembler text.</summary>
public class AssemblyReaderTests
{
    private const string X64 = """
        	.type	k.gemm.part.body,@function
        k.gemm.part.body:
        	pushq	%rbx
        .LBB0_1:
        	vxorps	%xmm0, %xmm0, %xmm0
        .LBB0_2:
        	vbroadcastss	(%rcx,%rax), %ymm4
        	vmovups	(%rdx), %ymm5
        	vfmadd231ps	%ymm4, %ymm5, %ymm0
        	vfmadd231ps	32(%rdx), %ymm4, %ymm1
        	vmulps	%ymm1, %ymm1, %ymm2
        	vmovaps	%ymm2, %ymm3
        	vmovups	%ymm3, 64(%rsp)
        	vmovups	64(%rsp), %ymm6
        	vmovups	%zmm6, (%rdx) {%k1}
        	addq	$4, %rax
        	cmpq	%rax, %rsi
        	jne	.LBB0_2
        	vaddps	%ymm0, %ymm1, %ymm0
        	decq	%rbx
        	jne	.LBB0_1
        .LBB0_3:
        	vmovups	(%rdx), %xmm0
        	jne	.LBB0_3
        	retq
        .Lfunc_end0:
        	.size	k.gemm.part.body, .Lfunc_end0-k.gemm.part.body

        """;

    private const string Arm64 = """
        	.type	k.spmm,@function
        k.spmm:
        .LBB1_4:
        	ldr	s5, [x12], #4
        	ld1w	{ z6.s }, p0/z, [x1, x13, lsl #2]
        	add	x2, x2, #1
        	mov	z5.s, s5
        	fmla	z4.s, p0/m, z5.s, z6.s
        	fmla	v7.4s, v5.4s, v6.s[0]
        	fadd	v7.4s, v5.4s, v6.4s
        	str	q7, [sp, #16]
        	st1w	{ z6.s }, p0, [x11, x29, lsl #2]
        	cbnz	x2, .LBB1_4
        	ret
        .Lfunc_end1:
        	.size	k.spmm, .Lfunc_end1-k.spmm
        	.type	k.none,@function
        k.none:
        	ret
        	.size	k.none, .Lfunc_end2-k.none

        """;

    [Fact]
    public void The_innermost_loop_with_most_vector_work_is_counted_on_x64()
    {
        var loop = Assert.Single(AssemblyReader.HotLoops(X64, LlvmArchitecture.X64));
        Assert.Equal("k.gemm.part.body", loop.Function);
        Assert.Equal(".LBB0_2:", loop.Lines[0]);
        Assert.Equal(new InstructionMix(Fma: 2, Arithmetic: 1, Loads: 3, Stores: 2, Moves: 1, Scalar: 2, Branches: 1, MemoryOperands: 1, VectorRegisters: 7, Spills: 2), loop.Mix);
        Assert.Equal(12, loop.Mix.Total);
    }

    [Fact]
    public void The_same_on_arm64()
    {
        var loop = Assert.Single(AssemblyReader.HotLoops(Arm64, LlvmArchitecture.Arm64));
        Assert.Equal(new InstructionMix(Fma: 2, Arithmetic: 1, Loads: 2, Stores: 2, Moves: 1, Scalar: 1, Branches: 1, MemoryOperands: 0, VectorRegisters: 4, Spills: 1), loop.Mix);
    }
}
