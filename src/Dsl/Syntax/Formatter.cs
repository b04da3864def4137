using System.Collections.Immutable;
using SparseDsl.Dsl.Syntax.Formatting;
using static SparseDsl.Dsl.Syntax.Formatting.Doc;

namespace SparseDsl.Dsl.Syntax;

/// <summary>
/// The canonical text of a program. Every comment stays: one on its own line before the entry it precedes, one at the end of a
/// line behind its entry, one inside an expression moves before its statement. At most one empty line stays between
/// entries. Lines are broken at pipelines, arguments and operators when longer than 110 characters.
/// </summary>
public sealed class Formatter
{
    private readonly CommentMap comments;
    private readonly ExpressionLayout expressions;

    private Formatter(SourceText source)
    {
        comments = new CommentMap(source);
        expressions = new ExpressionLayout(Block);
    }

    /// <summary>
    /// Formats a program without syntax errors; parsing the result gives the same tree, and formatting it again the same
    /// text. Lines end with LF.
    /// </summary>
    public static string Format(SourceText source, ModuleSyntax module)
    {
        var text = DocWriter.Write(new Formatter(source).Module(module));
        return text.Length == 0 ? "" : text.TrimEnd() + "\n";
    }

    private Doc Module(ModuleSyntax module)
    {
        List<Entry> entries = [];
        if (module.ModuleName is { } name)
        {
            entries.Add(new Entry(name.Span, Concat("module ", name.Text)));
        }

        entries.AddRange(module.Imports.Select(i => new Entry(i.Span, Concat("import ", i.Path.Text))));
        entries.AddRange(module.Items.Select((item, i) =>
            new Entry(item.Span, Item(item)) { HasSpaceAbove = i == 0 && entries.Count > 0 }));
        return Entries(CommentMap.TopLevel, entries);
    }

    // ------------------------------------------------------------------------------------------------ entries and comments

    /// <summary>A statement, item or rule with its layout.</summary>
    private sealed record Entry(SourceSpan Span, Doc Doc)
    {
        /// <summary>An empty line stands above even where the text has none.</summary>
        public bool HasSpaceAbove { get; init; }
    }

    /// <summary>Entries on lines of their own, with the comments of their region.</summary>
    private Doc Entries(int region, IReadOnlyList<Entry> entries)
    {
        var (before, trailing) = comments.Place(region, [.. entries.Select(e => e.Span)]);
        var parts = new List<Doc>();
        var end = int.MaxValue;
        for (var i = 0; i <= entries.Count; i++)
        {
            var needsSpace = i < entries.Count && entries[i].HasSpaceAbove;
            foreach (var comment in before[i])
            {
                StartLine(parts, end, comment.Anchor.Start, needsSpace);
                parts.Add(Verbatim(comment.Comment));
                end = comment.Anchor.End;
                needsSpace = false;
            }

            if (i < entries.Count)
            {
                StartLine(parts, end, entries[i].Span.Start, needsSpace);
                parts.Add(entries[i].Doc);
                parts.AddRange(trailing[i].Select(c => (Doc)new Doc.Comment(" " + Clean(c.Text))));
                end = trailing[i].Count > 0 ? trailing[i][trailing[i].Count - 1].Span.End : entries[i].Span.End;
            }
        }

        return Concat(parts);
    }

    private void StartLine(List<Doc> parts, int end, int start, bool needsSpace)
    {
        if (parts.Count == 0)
        {
            return;
        }

        parts.Add(Hard);
        if (needsSpace || comments.IsBlankBetween(end, start))
        {
            parts.Add(Hard);
        }
    }

    private static Doc Verbatim(Comment comment) => new Doc.Comment(Clean(comment.Text));

    private static string Clean(string comment) => comment.Replace("\r\n", "\n");

    private static Doc Braces(Doc content) => Concat("{", new Indent(Concat(Hard, content)), Hard, "}");

    private Doc Body(int region, IReadOnlyList<Entry> entries) =>
        entries.Count == 0 && comments.IsEmpty(region) ? "{ }" : Braces(Entries(region, entries));

    // -------------------------------------------------------------------------------------------------------------- items

    private Doc Item(ItemSyntax item) => item switch
    {
        ConstItem i => Concat("const ", i.Name.Text, " = ", expressions.Expression(i.Value)),
        OpItem i => Op(i),
        FunctionItem i => Function(i),
        ModelItem i => Model(i),
        FormatItem i => Format(i),
        MaskItem i => Mask(i),
        PatternItem i => Pattern(i),
        SparsifyItem i => Sparsify(i),
        _ => throw new ArgumentException($"no layout for {item.GetType().Name}", nameof(item)),
    };

    private Doc Op(OpItem op) => Concat(
        "op ", op.Name.Text, Sections(op.Operands.Select(Operand), op.Attributes.Select(Attribute)),
        op.Result is null ? "" : Concat(" -> ", Operand(op.Result)), Definition(op.Body));

    private Doc Function(FunctionItem function) => Concat(
        function.IsLayer ? "layer " : "fn ", function.Name.Text,
        Sections(function.Parameters.Select(Parameter), function.Attributes.Select(Attribute)),
        function.ResultType is null ? "" : Concat(" -> ", Type(function.ResultType)), " ", Block(function.Body));

    private Doc Model(ModelItem model)
    {
        var header = model.Dims.Length == 0 ? "" : ExpressionLayout.Enclosed("(", model.Dims.Select(Dim), ")");
        var end = model.Dims.Length == 0 ? model.Name.Span.End : model.Dims[model.Dims.Length - 1].Span.End;
        return Concat("model ", model.Name.Text, header, " ", Body(comments.BraceAfter(end), Statements(model.Body)));
    }

    private Doc Format(FormatItem format) => Concat(
        "format ", format.Name.Text, format.Parameters.Length == 0 ? "" : Names(format.Parameters),
        " = [", Join(", ", format.Indices.Select(n => (Doc)n.Text)), "] ->",
        new Group(new Indent(Concat(Space, Join(Concat(",", Space), format.Levels.Select(expressions.Expression))))));

    private Doc Mask(MaskItem mask) => Concat(
        mask.IsScore ? "score " : "mask ", mask.Name.Text,
        Sections(mask.Indices.Select(n => (Doc)n.Text), mask.Attributes.Select(n => (Doc)n.Text)), Definition(mask.Body));

    private Doc Pattern(PatternItem pattern)
    {
        var body = pattern.Body is BlockExpr block ? Concat(" ", Block(block)) : Definition(pattern.Body);
        var cover = pattern.Cover is null ? "" : Concat(" cover ", expressions.Expression(pattern.Cover));
        return Concat("pattern ", pattern.Name.Text, Parameters(pattern), body, cover);
    }

    /// <summary>One list is attributes before <c>=</c> and operands before a block; an empty one keeps the other's place.</summary>
    private static Doc Parameters(PatternItem pattern)
    {
        var isBlock = pattern.Body is BlockExpr;
        var hasAttributes = pattern.Attributes.Length > 0 || (pattern.Operands.Length > 0 && !isBlock);
        var hasOperands = pattern.Operands.Length > 0 || (pattern.Attributes.Length > 0 && isBlock);
        return Concat(hasAttributes ? Names(pattern.Attributes) : "", hasOperands ? Names(pattern.Operands) : "");
    }

    private Doc Sparsify(SparsifyItem overlay) => Concat(
        "sparsify ", overlay.Name.Text, " ",
        Body(comments.BraceAfter(overlay.Name.Span.End), [.. overlay.Rules.Select(r => new Entry(r.Span, Rule(r)))]));

    private Doc Rule(SparsifyRule rule) => new Group(Concat(
        rule.Glob.Text, " : ", expressions.Annotation(rule.Annotations[0]),
        expressions.Annotations(rule.Annotations.RemoveAt(0))));

    // ----------------------------------------------------------------------------------------------------------- pieces

    /// <summary><c>= body</c>; a body that does not fit behind the header goes to the next line.</summary>
    private Doc Definition(Expr body) => body is BlockExpr block
        ? Concat(" = ", Block(block))
        : new Group(Concat(" =", new Indent(Concat(Space, expressions.Expression(body)))));

    /// <summary><c>(operands; attributes)</c></summary>
    private static Doc Sections(IEnumerable<Doc> first, IEnumerable<Doc> second)
    {
        var separator = Concat(",", Space);
        Doc[] attributes = [.. second];
        var inner = attributes.Length == 0
            ? Join(separator, first)
            : Concat(Join(separator, first), ";", Space, Join(separator, attributes));
        return new Group(Concat("(", new Indent(Concat(Soft, inner)), Soft, ")"));
    }

    private static Doc Names(ImmutableArray<Name> names) =>
        ExpressionLayout.Enclosed("(", names.Select(n => (Doc)n.Text), ")");

    private Doc Operand(OpOperand operand) => Concat(operand.Name.Text, operand.Indices is { } indices ? Indices(indices) : "");

    private Doc Indices(ImmutableArray<IndexBinder> indices) =>
        ExpressionLayout.Enclosed("[", indices.Select(expressions.Binder), "]");

    private Doc Attribute(AttributeParameter attribute) => Concat(
        attribute.Name.Text, ": ", attribute.Kind.Text,
        attribute.Default is null ? "" : Concat(" = ", expressions.Expression(attribute.Default)));

    private Doc Parameter(ValueParameter parameter) =>
        Concat(parameter.Name.Text, parameter.Type is null ? "" : Concat(": ", Type(parameter.Type)));

    private Doc Dim(DimParameter dim) => Concat(
        dim.Name.Text, ": dim",
        dim.Low is null || dim.High is null ? "" : Concat(" ", expressions.Additive(dim.Low), "..", expressions.Additive(dim.High)),
        dim.Step is null ? "" : Concat(" step ", expressions.Additive(dim.Step)));

    private Doc Type(TypeSyntax type) => new Group(Concat(
        type.Element.Text,
        type.Shape is { } shape ? ExpressionLayout.Enclosed("[", shape.Select(expressions.Expression), "]") : "",
        expressions.Annotations(type.Annotations)));

    // --------------------------------------------------------------------------------------------------------- statements

    private Doc Block(BlockExpr block)
    {
        var entries = Statements(block.Statements);
        return block.Statements is [ValueStmt] && comments.IsEmpty(block.Span.Start)
            ? new Group(Concat("{", new Indent(Concat(Space, entries[0].Doc)), Space, "}"))
            : Body(block.Span.Start, entries);
    }

    private List<Entry> Statements(ImmutableArray<StatementSyntax> statements)
    {
        var entries = new List<Entry>();
        for (var i = 0; i < statements.Length; i++)
        {
            var mustSeparate = i + 1 < statements.Length && LooksAttached(statements[i], statements[i + 1], i + 2 == statements.Length);
            var end = mustSeparate ? ";" : "";
            if (statements[i] is ParamStmt param && i > 0 && statements[i - 1] is ParamStmt && ContinuesLine(param, entries))
            {
                var group = entries[entries.Count - 1];
                entries[entries.Count - 1] = new Entry(
                    SourceSpan.Union(group.Span, param.Span), Concat(group.Doc, ", ", ParamTail(param), end));
            }
            else
            {
                entries.Add(new Entry(statements[i].Span, Concat(Statement(statements[i], isFirst: i == 0), end)));
            }
        }

        return entries;
    }

    /// <summary><c>param a: f32[2], b: f32[3]</c> stays together: a later one begins with its name and not with <c>param</c>.</summary>
    private bool ContinuesLine(ParamStmt param, List<Entry> entries) =>
        param.Span.Length > 0 && param.Name.Span.Start == param.Span.Start
        && !comments.HasBetween(entries[entries.Count - 1].Span.End, param.Span.Start);

    /// <summary>Whether a value that begins with a bracket would look like arguments of the line above.</summary>
    private bool LooksAttached(StatementSyntax statement, StatementSyntax next, bool isLast) =>
        next is ValueStmt value && expressions.BeginsWithBracket(value.Value) && (statement is ValueStmt || !isLast);

    private Doc Statement(StatementSyntax statement, bool isFirst) => statement switch
    {
        InputStmt s => Concat(
            "input ", s.Name.Text, ": ", Type(s.Type), s.From is null ? "" : Concat(" from ", expressions.Call(s.From))),
        ParamStmt s => Concat("param ", ParamTail(s)),
        StateStmt s => Concat("state ", s.Name.Text, ": ", Type(s.Type)),
        LetStmt s => Concat(
            "let ", string.Join(", ", s.Names.Select(n => n.Text)), s.Indices is { } indices ? Indices(indices) : "",
            " = ", expressions.Expression(s.Value)),
        OutputStmt s => Concat(
            "output ", s.Name.Text, s.Type is null ? "" : Concat(": ", Type(s.Type)),
            s.Value is null ? "" : Concat(" = ", expressions.Expression(s.Value))),
        ValueStmt s => isFirst ? expressions.Expression(s.Value) : expressions.AfterStatement(s.Value),
        _ => throw new ArgumentException("only programs without syntax errors have a layout", nameof(statement)),
    };

    private Doc ParamTail(ParamStmt param) => Concat(param.Name.Text, ": ", Type(param.Type));
}
