namespace SparseDsl.Tests;

/// <summary>Names that a model, its dims and its tensors may have, and that generated code uses for something of its own.</summary>
public static class NastyNames
{
    /// <summary>Names of inputs, outputs, parameters, states and dims.</summary>
    public static IReadOnlyList<string> OfTensors { get; } =
    [
        // Parameters and variables of generated methods, and what is made of them.
        "arena", "team", "tensors", "dims", "weights", "extents", "size", "threads", "owned", "context", "begin", "end", "origin", "arguments", "count", "constants", "part", "slot0",
        "engine", "_engine", "x_pointer", "xPointer", "arguments2", "arguments_2", "memory", "state", "lap",
        // Types and functions of the framework and the runtime.
        "Math", "MathF", "Lanes", "Vector128", "Vector512", "Avx512F", "Span", "System", "SparseDsl", "Half", "BitConverter", "NativeMemory", "Max", "Min", "Align", "__Math", "__Vector512Single",
        // Members.
        "Run", "Dispose", "Team", "Weights", "ModelHash", "Execute", "Plan", "Avx512Kernels", "ScalarEngine", "YPart", "Y",
        // Words of C#.
        "class", "int", "float", "base", "this", "new", "fixed", "checked", "unsafe", "object", "string", "void", "byte", "ref", "params", "var", "dynamic", "nint", "nuint", "await", "async",
        "global", "record", "scoped", "field", "value", "from", "where", "yield", "partial", "required", "when", "with", "managed", "unmanaged", "stackalloc", "nameof",
    ];

    /// <summary>Names of models.</summary>
    public static IReadOnlyList<string> OfModels { get; } =
    [
        "Run", "Dispose", "CreateContext", "ResetState", "ModelHash", "KernelTicks", "CheckDims", "Constants", "Constant0", "run_model", "RunModel",
        "Vector512", "Vector128", "Math", "MathF", "Lanes", "LaneFunctions", "Avx512F", "Avx512BW", "ModelEngine", "WeightFile", "WeightSource", "WorkerTeam", "ICompiledModel", "MemoryWeights",
        "Span", "ReadOnlySpan", "Half", "Object", "String", "ToString", "Equals", "GetHashCode", "GetType", "Finalize", "MemberwiseClone", "Max", "Min", "Align", "Exp",
        "System", "SparseDsl", "Runtime", "Generated", "Program", "Demo", "Console", "Convert", "Linq", "Nint", "Dynamic", "Var",
        "class", "int", "new", "var", "record", "nint", "dynamic", "global", "__Math", "x",
        "Avx512Engine", "Avx512Kernels", "Avx2Engine", "Avx2Kernels", "Vector128Engine", "Vector128Kernels", "ScalarEngine", "ScalarKernels",
    ];
}
