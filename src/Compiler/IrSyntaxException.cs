namespace SparseDsl.Compiler;

/// <summary>Text that is not the text form of an IR. IR text is written by the compiler and its tests, not by users.</summary>
/// <param name="message">What was expected and what was found.</param>
/// <param name="line">One-based line.</param>
/// <param name="column">One-based column.</param>
public sealed class IrSyntaxException(string message, int line, int column)
    : Exception(FormattableString.Invariant($"{line}:{column}: {message}"))
{
    /// <summary>One-based line.</summary>
    public int Line { get; } = line;

    /// <summary>One-based column.</summary>
    public int Column { get; } = column;
}
