using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LLVMSharp.Interop;
using SparseDsl.Backends.Llvm.Toolchain;

namespace SparseDsl.Backends.Llvm.Hosting;

/// <summary>Machine code in this process, unloaded when the last of those who share it is done. Its creator is the first of them.</summary>
internal sealed unsafe class LlvmCode : IDisposable
{
    private const byte Exported = 1;
    private const byte Callable = 4;

    private readonly LLVMOrcOpaqueLLJIT* jit;
    private int users = 1;

    /// <summary>Loads object files, which may call each other.</summary>
    public LlvmCode(IReadOnlyList<byte[]> images)
    {
        LLVMOrcOpaqueLLJIT* created;
        LlvmError.ThrowIf(LLVM.OrcCreateLLJIT(&created, null));
        jit = created;
        var library = LLVM.OrcLLJITGetMainJITDylib(jit);
        DefineFunctions(library);
        for (var i = 0; i < images.Count; i++)
        {
            fixed (byte* start = images[i], name = LlvmText.Bytes("kernels" + Emit.LlvmTypes.Digits(i)))
            {
                var buffer = LLVM.CreateMemoryBufferWithMemoryRangeCopy((sbyte*)start, (nuint)images[i].Length, (sbyte*)name);
                LlvmError.ThrowIf(LLVM.OrcLLJITAddObjectFile(jit, library, buffer));
            }
        }
    }

    /// <summary>The address of a function.</summary>
    public nint Find(string name)
    {
        ulong address;
        fixed (byte* text = LlvmText.Bytes(name))
        {
            LlvmError.ThrowIf(LLVM.OrcLLJITLookup(jit, &address, (sbyte*)text));
        }

        return (nint)address;
    }

    /// <summary>One more user.</summary>
    public LlvmCode Share()
    {
        Interlocked.Increment(ref users);
        return this;
    }

    /// <summary>A user is done.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref users) == 0)
        {
            LlvmError.ThrowIf(LLVM.OrcDisposeLLJIT(jit));
        }
    }

    // Kernels of f64 call functions of the C library; here they get those that C# uses, and so its results.
    private void DefineFunctions(LLVMOrcOpaqueJITDylib* library)
    {
        (string Name, nint Address)[] functions =
        [
            ("exp", (nint)(delegate* unmanaged[Cdecl]<double, double>)&Exp),
            ("log", (nint)(delegate* unmanaged[Cdecl]<double, double>)&Log),
            ("tanh", (nint)(delegate* unmanaged[Cdecl]<double, double>)&Tanh),
            ("erf", (nint)(delegate* unmanaged[Cdecl]<double, double>)&Erf),
            ("sin", (nint)(delegate* unmanaged[Cdecl]<double, double>)&Sin),
            ("cos", (nint)(delegate* unmanaged[Cdecl]<double, double>)&Cos),
            ("pow", (nint)(delegate* unmanaged[Cdecl]<double, double, double>)&Pow),
            ("fma", (nint)(delegate* unmanaged[Cdecl]<double, double, double, double>)&FusedMultiplyAdd),
        ];
        var pairs = stackalloc LLVMOrcCSymbolMapPair[functions.Length];
        for (var i = 0; i < functions.Length; i++)
        {
            fixed (byte* name = LlvmText.Bytes(functions[i].Name))
            {
                pairs[i].Name = LLVM.OrcLLJITMangleAndIntern(jit, (sbyte*)name);
            }

            pairs[i].Sym = new LLVMJITEvaluatedSymbol { Address = (ulong)functions[i].Address, GenericFlags = Exported | Callable };
        }

        LlvmError.ThrowIf(LLVM.OrcJITDylibDefine(library, LLVM.OrcAbsoluteSymbols(pairs, (nuint)functions.Length)));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static double Exp(double x) => Math.Exp(x);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static double Log(double x) => Math.Log(x);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static double Tanh(double x) => Math.Tanh(x);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static double Erf(double x) => Runtime.Lanes.Erf(x);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static double Sin(double x) => Math.Sin(x);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static double Cos(double x) => Math.Cos(x);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static double Pow(double x, double y) => Math.Pow(x, y);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static double FusedMultiplyAdd(double x, double y, double z) => Math.FusedMultiplyAdd(x, y, z);
}
