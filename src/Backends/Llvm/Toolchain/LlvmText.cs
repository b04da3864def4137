using System.Runtime.InteropServices;
using System.Text;

namespace SparseDsl.Backends.Llvm.Toolchain;

/// <summary>Strings across the border to LLVM.</summary>
internal static unsafe class LlvmText
{
    /// <summary>UTF-8 with a zero at the end.</summary>
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text + "\0");

    /// <summary>A message that LLVM allocated, which is freed.</summary>
    public static string Take(sbyte* message)
    {
        var text = Marshal.PtrToStringUTF8((nint)message) ?? "";
        if (message != null)
        {
            LLVMSharp.Interop.LLVM.DisposeMessage(message);
        }

        return text.TrimEnd();
    }
}
