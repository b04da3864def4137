using SparseDsl.Backends.Llvm.Emit;

namespace SparseDsl.Backends.Llvm.Library;

/// <summary>Results of a library's functions; the header lists them.</summary>
internal enum LibraryStatus
{
    Ok,
    OutOfMemory,
    BadWeights,
    OtherWeights,
    BadDim,
    Busy,
    Null,
    OtherProcessor,
}

/// <summary>Instructions that the functions of a library have in common.</summary>
internal static class LibraryText
{
    /// <summary>The number of a status.</summary>
    public static string Code(LibraryStatus status) => LlvmTypes.Digits((int)status);

    /// <summary>The address so many bytes on.</summary>
    public static string At(Function f, string address, int bytes) => f.Set($"getelementptr i8, ptr {address}, i64 {LlvmTypes.Digits(bytes)}");

    /// <summary>Sets bytes to zero.</summary>
    public static void Clear(Function f, string memory, string bytes) => f.CallVoid("llvm.memset.p0.i64", $"ptr {memory}", "i8 0", $"i64 {bytes}", "i1 false");

    /// <summary>Goes to another block unless the condition holds.</summary>
    public static void Require(Function f, string condition, string otherwise)
    {
        var go = f.NewBlock("go");
        f.Branch(condition, go, otherwise);
        f.Begin(go);
    }

    /// <summary>Returns a status unless the condition holds.</summary>
    public static void Check(Function f, string condition, LibraryStatus status)
    {
        var bad = f.NewBlock("bad");
        var go = f.NewBlock("go");
        f.Branch(condition, go, bad);
        f.Begin(bad);
        f.Do($"ret i32 {Code(status)}");
        f.Begin(go);
    }
}
