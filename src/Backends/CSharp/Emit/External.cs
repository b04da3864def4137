using SparseDsl.Dsl;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>
/// The types of the framework and the runtime that generated text names. A generated class lives among types that nobody here knows, and a name like <c>Math</c> means
/// the nearest of them: so types are written from <c>global::</c> on, and those that kernels are full of through aliases that nobody else uses. At last
/// <see cref="TypeNames"/> shortens those that mean nothing else where the class will be.
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

    /// <summary>How full names begin.</summary>
    public const string Global = "global::";

    private static readonly int[] Widths = [128, 256, 512];

    private static readonly string[] Full =
    [
        ReadOnlySpan, Span, Half, ArgumentException, ArgumentNullException, ArgumentOutOfRangeException, ObjectDisposedException, PlatformNotSupportedException, IOException, Path,
        AppContext, MethodImpl, MethodImpl + "Attribute", MethodImplOptions, SkipLocalsInit, SkipLocalsInit + "Attribute", NativeMemory, ICompiledModel, IProfiledModel, MemoryWeights,
        ModelException, WeightFile, WeightSource, WorkerTeam,
    ];

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
    public static IReadOnlyCollection<string> FullNames { get; } =
        new HashSet<string>(Aliases.Select(a => a.Type.Split('<')[0]).Concat(Full).Select(name => name.Substring(Global.Length)), StringComparer.Ordinal);

    /// <summary>What stands for types in text, aliases and full names: the namespace of each, its name and how it is written where the namespace is used.</summary>
    public static IReadOnlyDictionary<string, (string Space, string Name, string Short)> Types { get; } =
        Aliases.Concat(Full.Select(name => (Alias: name, Type: name))).ToDictionary(t => t.Alias, t => Parts(t.Type), StringComparer.Ordinal);

    /// <summary>The class of the functions over vectors of some bits.</summary>
    public static string VectorClass(int width) => FormattableString.Invariant($"__Vector{width}");

    /// <summary>Whether a name is one of the aliases.</summary>
    public static bool IsAlias(string name) => Aliases.Any(a => a.Alias == name);

    private static (string Space, string Name, string Short) Parts(string type)
    {
        var name = type.Split('<')[0];
        var dot = name.LastIndexOf('.');
        return (name.Substring(Global.Length, dot - Global.Length), name.Substring(dot + 1), type.Substring(dot + 1));
    }
}
