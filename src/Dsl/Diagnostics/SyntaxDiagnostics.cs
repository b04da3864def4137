using System.Collections.Immutable;

namespace SparseDsl.Dsl.Diagnostics;

/// <summary>SD1xxx: what does not parse.</summary>
public static class SyntaxDiagnostics
{
    /// <summary>A character that no token contains.</summary>
    public static readonly DiagnosticDescriptor UnknownCharacter = new(
        "SD1001", Severity.Error,
        "'{0}' is not a character of the language",
        "names use ASCII letters, digits and '_'; comments begin with '//'",
        "const classes = 10 # digits");

    /// <summary>A string without its second quote.</summary>
    public static readonly DiagnosticDescriptor UnterminatedString = new(
        "SD1002", Severity.Error,
        "this string does not end on its line",
        "close it with '\"'; a line end inside a string is written '\\n'",
        "const file = \"weights.npy");

    /// <summary>A comment without its end.</summary>
    public static readonly DiagnosticDescriptor UnterminatedComment = new(
        "SD1003", Severity.Error,
        "this comment does not end",
        "close it with '*/'",
        "const a = 1 /* and so on");

    /// <summary>Digits that make no number.</summary>
    public static readonly DiagnosticDescriptor MalformedNumber = new(
        "SD1004", Severity.Error,
        "'{0}' is not a number",
        "write 3, 0.5, 1e-5 or 90%; a name cannot begin with a digit",
        "const a = 1.e5");

    /// <summary>A backslash before something that is not an escape.</summary>
    public static readonly DiagnosticDescriptor UnknownEscape = new(
        "SD1005", Severity.Error,
        "'\\{0}' is no escape sequence",
        "the escapes are '\\n', '\\t', '\\\"' and '\\\\'",
        "const file = \"C:\\weights\"");

    /// <summary>An opening bracket that is never closed.</summary>
    public static readonly DiagnosticDescriptor UnclosedBracket = new(
        "SD1006", Severity.Error,
        "a '{1}' is missing: '{0}' is not closed",
        "insert '{1}' here or at an earlier place",
        "model M {\n    let a = relu(x\n    let b = a\n}");

    /// <summary>A closing bracket that closes nothing.</summary>
    public static readonly DiagnosticDescriptor UnmatchedCloser = new(
        "SD1007", Severity.Error,
        "'{0}' closes nothing",
        "remove it, or insert the opening bracket before it",
        "const a = (1 + 2))");

    /// <summary>A token that nothing can be made of here.</summary>
    public static readonly DiagnosticDescriptor UnexpectedToken = new(
        "SD1008", Severity.Error,
        "expected {1}, found {0}",
        "the grammar on the language page says what may stand here",
        "const = 3");

    /// <summary>An operator, comma or sign of equality with nothing behind it.</summary>
    public static readonly DiagnosticDescriptor MissingExpression = new(
        "SD1009", Severity.Error,
        "an expression is missing after '{0}'",
        "",
        "const a = 2 *");

    /// <summary>Nearly a keyword.</summary>
    public static readonly DiagnosticDescriptor MisspeltKeyword = new(
        "SD1010", Severity.Error,
        "'{0}' is not a keyword: did you mean '{1}'?",
        "write '{1}'",
        "modle Digits { }");

    /// <summary>A single sign of equality between two operands.</summary>
    public static readonly DiagnosticDescriptor BindingInExpression = new(
        "SD1011", Severity.Error,
        "'=' gives a name to a value and does not compare",
        "to compare write '=='; to pass an argument by name write 'name: value'",
        "op f(x) = 1 if x = 0 else x");

    /// <summary>A comparison where a name is bound.</summary>
    public static readonly DiagnosticDescriptor ComparisonInBinding = new(
        "SD1012", Severity.Error,
        "'==' compares and does not give a name to a value",
        "write '='",
        "const a == 3");

    /// <summary>A reserved word as a name.</summary>
    public static readonly DiagnosticDescriptor ReservedName = new(
        "SD1013", Severity.Error,
        "'{0}' is a keyword and cannot be a name here",
        "choose another name, for instance '{0}_'",
        "fn f(in) { in }");

    /// <summary>A word of a later version of the language.</summary>
    public static readonly DiagnosticDescriptor ReservedForLater = new(
        "SD1014", Severity.Error,
        "'{0}' is reserved for a later version of the language",
        "remove it, or choose another name",
        "train Digits { }");

    /// <summary>Two module lines.</summary>
    public static readonly DiagnosticDescriptor SecondModule = new(
        "SD1015", Severity.Error,
        "a file is one module and has one 'module' line",
        "remove this line, or move what follows into a file of its own",
        "module a\nmodule b");

    /// <summary>A module line below other lines.</summary>
    public static readonly DiagnosticDescriptor ModuleNotFirst = new(
        "SD1016", Severity.Error,
        "the 'module' line stands first in a file",
        "move it to the top",
        "const a = 1\nmodule b");

    /// <summary>An import below an item.</summary>
    public static readonly DiagnosticDescriptor ImportNotFirst = new(
        "SD1017", Severity.Error,
        "imports stand before all declarations",
        "move it below the 'module' line",
        "const a = 1\nimport std.nn");

    /// <summary>A statement at the top level.</summary>
    public static readonly DiagnosticDescriptor StatementOutsideBlock = new(
        "SD1018", Severity.Error,
        "'{0}' belongs inside a model, layer, function or block",
        "move it into one; a number for the whole file is declared with 'const'",
        "let a = 1");

    /// <summary>An item inside a block.</summary>
    public static readonly DiagnosticDescriptor ItemInBlock = new(
        "SD1019", Severity.Error,
        "'{0}' declares something for the whole file and cannot stand inside a block",
        "move it before or after this declaration",
        "model M {\n    op f(x) = x\n}");

    /// <summary>More text behind a complete statement.</summary>
    public static readonly DiagnosticDescriptor TextAfterStatement = new(
        "SD1020", Severity.Error,
        "{0} does not belong to this statement, which is complete",
        "an operator or a comma is missing before it, or a line end or ';'",
        "const a = 1 2");

    /// <summary>A bracket on its own line that looks like an argument list.</summary>
    public static readonly DiagnosticDescriptor DetachedBracket = new(
        "SD1021", Severity.Error,
        "this '{0}' begins a new statement: brackets of a call or an index stand on the line of what they belong to",
        "move '{0}' to the end of the line above",
        "fn f(x) {\n    relu\n    (x)\n}");

    /// <summary>Remainder without a space.</summary>
    public static readonly DiagnosticDescriptor ModuloWithoutSpace = new(
        "SD1022", Severity.Error,
        "a remainder needs a space before '%'",
        "write '{0} % …'; a number right before '%' is a percentage",
        "op f(x[i]) -> y[i] = x[i%2]");

    /// <summary>A percentage followed by an operand.</summary>
    public static readonly DiagnosticDescriptor PercentBeforeOperand = new(
        "SD1023", Severity.Error,
        "'{0}%' is a percentage, and nothing joins it to '{1}'",
        "for a remainder write '{0} % {1}'",
        "const a = 8% 3");

    /// <summary>A chain of comparisons.</summary>
    public static readonly DiagnosticDescriptor ChainedComparison = new(
        "SD1024", Severity.Error,
        "comparisons do not chain",
        "join two of them with '&': a < b & b < c",
        "mask m(q, k) = 0 < q < k");

    /// <summary>A pipe into something that cannot take a value.</summary>
    public static readonly DiagnosticDescriptor PipeIntoValue = new(
        "SD1025", Severity.Error,
        "'|>' leads into a call or a name",
        "write the stage as a call; the value on the left becomes its first argument",
        "fn f(x) { x |> 3 }");

    /// <summary>A tree too deep.</summary>
    public static readonly DiagnosticDescriptor TooDeep = new(
        "SD1026", Severity.Error,
        "this is nested too deeply",
        "name an inner part with 'let' or move it into a function",
        "const a = " + Repeat("(", 120) + "1" + Repeat(")", 120));

    /// <summary>A chain of operators too long.</summary>
    public static readonly DiagnosticDescriptor ExpressionTooLong = new(
        "SD1027", Severity.Error,
        "this expression has more than {0} operators in a row",
        "name parts of it with 'let', or use a reduction or a loop",
        "const a = 1" + Repeat(" + 1", 2600));

    /// <summary>A path pattern that can match nothing.</summary>
    public static readonly DiagnosticDescriptor MalformedGlob = new(
        "SD1028", Severity.Error,
        "'{0}' is not a parameter path",
        "a path is segments with dots between: names with '*', '**' for any number of segments, '[3]' or '[*]' for an index",
        "sparsify M {\n    a..b : dense\n}");

    /// <summary>A label behind something that is no call.</summary>
    public static readonly DiagnosticDescriptor LabelWithoutCall = new(
        "SD1029", Severity.Error,
        "'as' names one use of a layer and follows its call",
        "write 'name(…) as label'",
        "fn f(x) { x as first }");

    /// <summary>A semicolon between arguments.</summary>
    public static readonly DiagnosticDescriptor SemicolonInArguments = new(
        "SD1030", Severity.Error,
        "arguments are separated by commas",
        "write ','; a semicolon separates operands from attributes only where an operator or a function is declared",
        "fn f(x) { conv(x; 3) }");

    /// <summary>A word or an operator of another language.</summary>
    public static readonly DiagnosticDescriptor ForeignSpelling = new(
        "SD1031", Severity.Error,
        "'{0}' is written '{1}' here",
        "write '{1}'",
        "mask m(q, k) = k <= q && k > 0");

    /// <summary>A dot that is neither a member access nor a matrix product.</summary>
    public static readonly DiagnosticDescriptor DotSpacing = new(
        "SD1032", Severity.Error,
        "this '.' is neither a member access nor a matrix product",
        "a matrix product has a space on both sides of the dot, a member access on none",
        "fn f(x, w) { x. w }");

    /// <summary>A string in single quotes.</summary>
    public static readonly DiagnosticDescriptor SingleQuotes = new(
        "SD1033", Severity.Error,
        "''' exchanges the last two indices of the value before it, and there is none",
        "a string is written in double quotes",
        "const file = 'w.npy'");

    /// <summary>An assignment.</summary>
    public static readonly DiagnosticDescriptor AssignmentWithoutLet = new(
        "SD1034", Severity.Error,
        "'{0}' is bound without 'let'",
        "write 'let {0} = …'; a name is bound once, and a later 'let' of the same name hides it",
        "fn f(x) {\n    y = x\n    y\n}");

    /// <summary>A return statement.</summary>
    public static readonly DiagnosticDescriptor Return = new(
        "SD1035", Severity.Error,
        "there is no 'return': the value of a block is its last line",
        "remove the word",
        "fn f(x) { return x }");

    /// <summary>Every row of this class, by id.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } =
    [
        UnknownCharacter, UnterminatedString, UnterminatedComment, MalformedNumber, UnknownEscape, UnclosedBracket,
        UnmatchedCloser, UnexpectedToken, MissingExpression, MisspeltKeyword, BindingInExpression, ComparisonInBinding,
        ReservedName, ReservedForLater, SecondModule, ModuleNotFirst, ImportNotFirst, StatementOutsideBlock, ItemInBlock,
        TextAfterStatement, DetachedBracket, ModuloWithoutSpace, PercentBeforeOperand, ChainedComparison, PipeIntoValue,
        TooDeep, ExpressionTooLong, MalformedGlob, LabelWithoutCall, SemicolonInArguments, ForeignSpelling, DotSpacing,
        SingleQuotes, AssignmentWithoutLet, Return,
    ];

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
