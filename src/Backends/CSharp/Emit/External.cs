using SparseDsl.Dsl;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>
/// The types of the framework and the runtime that generated text names. A generated class lives among types that nobody here knows, and a name like <c>Math</c> means
/// the nearest of them: so types are written from <c>global::</c> on, and those that kernels are full of through aliases that nobody else uses.
/// </summary>
internal static class External
{
    public const string Math = "__Math";
    public const string MathF = "__MathF";
    public const string BitConverter = "__BitConverter";
    public const string BitOperations = "__BitOperations";
    public const string Lanes = "__Lanes";
    public const string LaneFunctions = "__LaneFunctions";
    public const string Avx = "__Avx";
    public const string Avx2 = "__Avx2";
    public const string Fma = "__Fma";
    public const string Avx512F = "__Avx512F";
    public const string Avx512FVL = Avx512F + ".VL";
    public const string Avx512BW = "__Avx512BW";
    public const string Avx512DQ = "__Avx512DQ";
    public const string ModelEngine = "__ModelEngine";

    public const string ReadOnlySpan = "global::System.ReadOnlySpan";
    public const string Span = "global::System.Span";
    public const string Half = "global::System.Half";
    public const string ArgumentException = "global::System.ArgumentException";
    public const string ArgumentNullException = "global::System.ArgumentNullException";
    public const string ArgumentOutOfRangeException = "global::System.ArgumentOutOfRangeException";
    public const string ObjectDisposedException = "global::System.ObjectDisposedException";
    public const string PlatformNotSupportedException = "global::System.PlatformNotSupportedException";
    public const string IOException = "global::System.IO.IOException";
    public const string Path = "global::System.IO.Path";
    public const string AppContext = "global::System.AppContext";
    public const string MethodImpl = "global::System.Runtime.CompilerServices.MethodImpl";
    public const string MethodImplOptions = "global::System.Runtime.CompilerServices.MethodImplOptions";
    public const string SkipLocalsInit = "global::System.Runtime.CompilerServices.SkipLocalsInit";
    public const string NativeMemory = "global::System.Runtime.InteropServices.NativeMemory";
    public const string ICompiledModel = "global::SparseDsl.Runtime.ICompiledModel";
    public const string IProfiledModel = "global::SparseDsl.Runtime.IProfiledModel";
    public const string MemoryWeights = "global::SparseDsl.Runtime.MemoryWeights";
    public const string ModelException = "global::SparseDsl.Runtime.ModelException";
    public const string WeightFile = "global::SparseDsl.Runtime.WeightFile";
    public const string WeightSource = "global::SparseDsl.Runtime.WeightSource";
    public const string WorkerTeam = "global::SparseDsl.Runtime.WorkerTeam";

    private const string Global = "global::";

    private static readonly int[] Widths = [128, 256, 512];

    /// <summary>Aliases and the types they stand for, in the order in which a file lists those it uses.</summary>
    public static IReadOnlyList<(string Alias, string Type)> Aliases { get; } =
    [
        (Math, Global + "System.Math"),
        (MathF, Global + "System.MathF"),
        (BitConverter, Global + "System.BitConverter"),
        (BitOperations, Global + "System.Numerics.BitOperations"),
        .. Widths.Select(w => (VectorClass(w), FormattableString.Invariant($"{Global}System.Runtime.Intrinsics.Vector{w}"))),
        .. from w in Widths
           from element in ((ElementType[])Enum.GetValues(typeof(ElementType))).Select(e => (Library: CSharpTypes.Library(e), Name: CSharpTypes.Memory(e))).Distinct()
           select (VectorClass(w) + element.Library, FormattableString.Invariant($"{Global}System.Runtime.Intrinsics.Vector{w}<{element.Name}>")),
        .. new[] { Avx, Avx2, Fma, Avx512F, Avx512BW, Avx512DQ }.Select(isa => (isa, $"{Global}System.Runtime.Intrinsics.X86.{isa.TrimStart('_')}")),
        (ModelEngine, Global + "SparseDsl.Runtime.ModelEngine"),
        (Lanes, Global + "SparseDsl.Runtime.Lanes"),
        (LaneFunctions, Global + "SparseDsl.Runtime.LaneFunctions"),
    ];

    /// <summary>Full names of all types, without <c>global::</c>.</summary>
    public static IReadOnlyCollection<string> FullNames { get; } = new HashSet<string>(
        Aliases.Select(a => a.Type.Split('<')[0]).Concat(
        [
            ReadOnlySpan, Span, Half, ArgumentException, ArgumentNullException, ArgumentOutOfRangeException, ObjectDisposedException, PlatformNotSupportedException, IOException, Path,
            AppContext, MethodImpl, MethodImpl + "Attribute", MethodImplOptions, SkipLocalsInit, SkipLocalsInit + "Attribute", NativeMemory, ICompiledModel, IProfiledModel, MemoryWeights,
            ModelException, WeightFile, WeightSource, WorkerTeam,
        ]).Select(name => name.Substring(Global.Length)),
        StringComparer.Ordinal);

    /// <summary>The class of the functions over vectors of some bits.</summary>
    public static string VectorClass(int width) => FormattableString.Invariant($"__Vector{width}");

    /// <summary>Whether a name is one of the aliases.</summary>
    public static bool IsAlias(string name) => Aliases.Any(a => a.Alias == name);

    /// <summary>The lines that a file needs for the aliases in its text.</summary>
    public static IEnumerable<string> Usings(string text)
    {
        var aliases = Aliases.Where(a => IsIn(text, a.Alias)).Select(a => $"using {a.Alias} = {a.Type};");
        // x.AsInt32() extends vectors of every width, and which one x is, is not said where it is written.
        return text.Contains(".As") ? aliases.Prepend($"using {Global}System.Runtime.Intrinsics;") : aliases;
    }

    private static bool IsIn(string text, string name)
    {
        for (var at = text.IndexOf(name, StringComparison.Ordinal); at >= 0; at = text.IndexOf(name, at + name.Length, StringComparison.Ordinal))
        {
            var end = at + name.Length;
            if (end == text.Length || !(char.IsLetterOrDigit(text[end]) || text[end] == '_'))
            {
                return true;
            }
        }

        return false;
    }
}
