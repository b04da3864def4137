using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Dsl.Syntax;

/// <summary>One parse: the tokens, where mistakes go, and how deep the grammar is nested at the moment.</summary>
internal sealed class ParseState
{
    private readonly TokenInput?[] places;

    /// <summary>Starts a parse of balanced tokens.</summary>
    public ParseState(SourceText source, Token[] tokens, DiagnosticBag diagnostics)
    {
        Source = source;
        Tokens = tokens;
        Diagnostics = diagnostics;
        places = new TokenInput?[tokens.Length];
    }

    /// <summary>The text.</summary>
    public SourceText Source { get; }

    /// <summary>The tokens; the last is the end.</summary>
    public Token[] Tokens { get; }

    /// <summary>Where mistakes are reported.</summary>
    public DiagnosticBag Diagnostics { get; }

    /// <summary>Constructs open at the moment.</summary>
    public int Depth { get; set; }

    /// <summary>The place before a token.</summary>
    public TokenInput At(int position) => places[position] ??= new TokenInput(this, position);

    /// <summary>Reports a mistake at a span.</summary>
    public void Report(DiagnosticDescriptor descriptor, SourceSpan span, params string[] arguments) =>
        Diagnostics.Report(descriptor, new SourceLocation(Source, span), arguments);
}
