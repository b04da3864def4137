using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;

namespace SparseDsl.Backends.Llvm.Library;

/// <summary>What a library is called in C: identifiers of its functions, parameters and dims.</summary>
internal sealed class CNames
{
    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char", "class", "compl", "const", "constexpr", "continue", "default", "delete",
        "do", "double", "else", "enum", "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int", "long", "main", "mutable", "namespace", "new", "not",
        "not_eq", "operator", "or", "or_eq", "private", "protected", "public", "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "template", "this",
        "throw", "true", "try", "typedef", "typename", "union", "unsigned", "using", "virtual", "void", "volatile", "while", "xor", "xor_eq", "context", "weights", "size", "data", "status",
    };

    private readonly Dictionary<object, string> names = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> taken = new(StringComparer.Ordinal);

    public CNames(LoopProgram program, string? library)
    {
        Library = Identifier(library ?? program.Name);
        foreach (var region in program.Regions.Where(r => r is Region.Input or Region.Output))
        {
            names.Add(region, Take(Identifier(region.Name)));
        }

        foreach (var dim in program.Dims)
        {
            names.Add(dim, Take(Identifier(dim.Name)));
        }
    }

    /// <summary>What every name begins with.</summary>
    public string Library { get; }

    /// <summary>The same for constants.</summary>
    public string Constants => Library.ToUpperInvariant();

    public string this[Region region] => names[region];

    public string this[SymbolicDim dim] => names[dim];

    /// <summary>The C type of an element.</summary>
    public static string Type(ElementType element) => element switch
    {
        ElementType.Bool or ElementType.U8 => "uint8_t",
        ElementType.I8 => "int8_t",
        ElementType.I16 => "int16_t",
        ElementType.U16 or ElementType.F16 or ElementType.BF16 => "uint16_t",
        ElementType.I32 => "int32_t",
        ElementType.U32 => "uint32_t",
        ElementType.I64 => "int64_t",
        ElementType.F32 => "float",
        _ => "double",
    };

    /// <summary>A C identifier that is no word of C or C++.</summary>
    public static string Identifier(string name)
    {
        var text = new string([.. name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')]);
        return Keywords.Contains(text) ? text + "_" : text.Length == 0 || char.IsAsciiDigit(text[0]) || text[0] == '_' ? "x" + text : text;
    }

    private string Take(string name)
    {
        var free = name;
        for (var number = 2; !taken.Add(free); number++)
        {
            free = name + Emit.LlvmTypes.Digits(number);
        }

        return free;
    }
}
