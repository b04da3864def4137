using System.Runtime.InteropServices;
using LLVMSharp.Interop;
using SparseDsl.Compiler;

namespace SparseDsl.Backends.Llvm.Toolchain;

/// <summary>Errors that LLVM gives as objects.</summary>
internal static unsafe class LlvmError
{
    /// <summary>The message, and frees the object; null for none.</summary>
    public static string? Take(LLVMOpaqueError* error)
    {
        if (error == null)
        {
            return null;
        }

        var message = LLVM.GetErrorMessage(error);
        var text = Marshal.PtrToStringUTF8((nint)message) ?? "";
        LLVM.DisposeErrorMessage(message);
        return text;
    }

    /// <summary>Throws for an error.</summary>
    public static void ThrowIf(LLVMOpaqueError* error)
    {
        if (Take(error) is { } message)
        {
            throw new CompilerBugException($"LLVM cannot load the code that it generated: {message}");
        }
    }
}
