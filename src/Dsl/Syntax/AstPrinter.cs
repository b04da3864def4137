using System.Collections.Immutable;
using System.Text;

namespace SparseDsl.Dsl.Syntax;

/// <summary>
/// Writes a tree as text without places: one line per item and statement, s-expressions inside. Two trees are equal if and
/// only if their texts are.
/// </summary>
public sealed class AstPrinter
{
    private readonly StringBuilder text = new();
    private int depth;

    private AstPrinter()
    {
    }

    /// <summary>The tree of a module; every line ends with LF.</summary>
    public static string Print(ModuleSyntax module)
    {
        var printer = new AstPrinter();
        printer.Line(module.ModuleName is null ? "(module)" : $"(module {module.ModuleName.Text})");
        foreach (var import in module.Imports)
        {
            printer.Line($"(import {import.Path.Text})");
        }

        foreach (var item in module.Items)
        {
            printer.Line(() => printer.Item(item));
        }

        return printer.text.ToString();
    }

    /// <summary>The tree of one expression.</summary>
    public static string Print(Expr expression)
    {
        var printer = new AstPrinter();
        printer.Expression(expression);
        return printer.text.ToString();
    }

    // -------------------------------------------------------------------------------------------------------------- items

    private void Item(ItemSyntax item)
    {
        switch (item)
        {
            case ConstItem i: Node("const", i.Name, () => Part(i.Value)); break;
            case OpItem i: Node("op", i.Name, () => Op(i)); break;
            case FunctionItem i: Node(i.IsLayer ? "layer" : "fn", i.Name, () => Function(i)); break;
            case ModelItem i: Node("model", i.Name, () => Model(i)); break;
            case FormatItem i: Node("format", i.Name, () => Format(i)); break;
            case MaskItem i: Node(i.IsScore ? "score" : "mask", i.Name, () => Mask(i)); break;
            case PatternItem i: Node("pattern", i.Name, () => Pattern(i)); break;
            case SparsifyItem i: Node("sparsify", i.Name, () => Lines(i.Rules, Rule)); break;
            default: throw new ArgumentOutOfRangeException(nameof(item));
        }
    }

    private void Op(OpItem item)
    {
        List("operands", item.Operands, Operand);
        List("attributes", item.Attributes, Attribute);
        Optional("result", item.Result, Operand);
        Part(item.Body);
    }

    private void Function(FunctionItem item)
    {
        List("parameters", item.Parameters, Parameter);
        List("attributes", item.Attributes, Attribute);
        Optional("result", item.ResultType, Type);
        Part(item.Body);
    }

    private void Model(ModelItem item)
    {
        List("dims", item.Dims, Dim);
        Statements(item.Body);
    }

    private void Format(FormatItem item)
    {
        List("parameters", item.Parameters, Name);
        List("indices", item.Indices, Name);
        List("levels", item.Levels, Expression);
    }

    private void Mask(MaskItem item)
    {
        List("indices", item.Indices, Name);
        List("attributes", item.Attributes, Name);
        Part(item.Body);
    }

    private void Pattern(PatternItem item)
    {
        List("attributes", item.Attributes, Name);
        List("operands", item.Operands, Name);
        Part(item.Body);
        Optional("cover", item.Cover, Expression);
    }

    private void Rule(SparsifyRule rule)
    {
        text.Append("(rule ").Append(rule.Glob.Text);
        Annotations(rule.Annotations);
        text.Append(')');
    }

    private void Operand(OpOperand operand)
    {
        text.Append(operand.Name.Text);
        if (operand.Indices is { } indices)
        {
            List("", indices, Binder);
        }
    }

    private void Binder(IndexBinder binder)
    {
        text.Append(binder.Name.Text);
        Optional("<", binder.Extent, Expression);
    }

    private void Attribute(AttributeParameter attribute)
    {
        text.Append(attribute.Name.Text).Append(": ").Append(attribute.Kind.Text);
        Optional("=", attribute.Default, Expression);
    }

    private void Parameter(ValueParameter parameter)
    {
        text.Append(parameter.Name.Text);
        Optional(":", parameter.Type, Type);
    }

    private void Dim(DimParameter dim)
    {
        text.Append(dim.Name.Text);
        Optional("low", dim.Low, Expression);
        Optional("high", dim.High, Expression);
        Optional("step", dim.Step, Expression);
    }

    private void Type(TypeSyntax type)
    {
        text.Append(type.Element.Text);
        if (type.Shape is { } shape)
        {
            List("shape", shape, Expression);
        }

        Annotations(type.Annotations);
    }

    private void Annotations(ImmutableArray<AnnotationSyntax> annotations)
    {
        foreach (var annotation in annotations)
        {
            List("@" + annotation.Name.Text, annotation.Arguments, Argument);
        }
    }

    private void Argument(Argument argument)
    {
        text.Append(argument.Name is null ? "" : argument.Name.Text + ": ");
        Expression(argument.Value);
    }

    // --------------------------------------------------------------------------------------------------------- statements

    private void Statements(ImmutableArray<StatementSyntax> statements) => Lines(statements, Statement);

    private void Statement(StatementSyntax statement)
    {
        switch (statement)
        {
            case InputStmt s: Node("input", s.Name, () => Input(s)); break;
            case ParamStmt s: Node("param", s.Name, () => Part(s.Type)); break;
            case StateStmt s: Node("state", s.Name, () => Part(s.Type)); break;
            case OutputStmt s: Node("output", s.Name, () => Output(s)); break;
            case LetStmt s: Let(s); break;
            case ValueStmt s: Sequence("value", s.Value); break;
            case ErrorStmt: text.Append("(error)"); break;
            default: throw new ArgumentOutOfRangeException(nameof(statement));
        }
    }

    private void Input(InputStmt input)
    {
        Part(input.Type);
        Optional("from", input.From, Expression);
    }

    private void Output(OutputStmt output)
    {
        Optional(":", output.Type, Type);
        Optional("=", output.Value, Expression);
    }

    private void Let(LetStmt let)
    {
        text.Append("(let");
        List("", let.Names, Name);
        if (let.Indices is { } indices)
        {
            List("indices", indices, Binder);
        }

        Part(let.Value);
        text.Append(')');
    }

    // -------------------------------------------------------------------------------------------------------- expressions

    private void Expression(Expr expression)
    {
        switch (expression)
        {
            case NumberExpr e: text.Append(e.Text); break;
            case StringExpr e: text.Append(SyntaxFacts.Quote(e.Value)); break;
            case BoolExpr e: text.Append(e.Value ? "#true" : "#false"); break;
            case NameExpr e: text.Append(e.Name.Text); break;
            case EllipsisExpr: text.Append(".."); break;
            case ErrorExpr: text.Append("(error)"); break;
            case BlockExpr e: Block(e); break;
            case BinaryExpr e: Binary(e); break;
            case UnaryExpr e: Sequence(Prefix(e.Operator), e.Operand); break;
            case ConditionalExpr e: Sequence("choose", e.Condition, e.Value, e.Otherwise); break;
            case ListExpr e: Sequence("list", [.. e.Items]); break;
            case TupleExpr e: Sequence("tuple", [.. e.Items]); break;
            case IndexExpr e: Sequence("index", [e.Target, .. e.Subscripts]); break;
            default: Clauses(expression); break;
        }
    }

    /// <summary>Without recursion over the left operands, because a sum may have thousands of terms.</summary>
    private void Binary(BinaryExpr top)
    {
        var chain = new Stack<BinaryExpr>();
        Expr first = top;
        for (; first is BinaryExpr binary; first = binary.Left)
        {
            chain.Push(binary);
            text.Append('(').Append(binary.Operator.Spelling()).Append(' ');
        }

        Expression(first);
        while (chain.Count > 0)
        {
            Part(chain.Pop().Right);
            text.Append(')');
        }
    }

    private static string Prefix(UnaryOperator op) => op == UnaryOperator.Negate ? "neg" : op.Spelling();

    /// <summary>Expressions with parts that are not expressions.</summary>
    private void Clauses(Expr expression)
    {
        text.Append('(');
        switch (expression)
        {
            case MemberExpr e: Member(e); break;
            case CallExpr e: Call(e); break;
            case SliceExpr e: Slice(e); break;
            case ReduceExpr e: Reduce(e); break;
            case ForExpr e: For(e); break;
            case IfExpr e: If(e); break;
            case AnnotatedExpr e: Annotated(e); break;
            default: throw new ArgumentOutOfRangeException(nameof(expression));
        }

        text.Append(')');
    }

    private void Member(MemberExpr member)
    {
        text.Append("member");
        Part(member.Target);
        text.Append(' ').Append(member.Member.Text);
    }

    private void Call(CallExpr call)
    {
        text.Append("call");
        Part(call.Target);
        foreach (var argument in call.Arguments)
        {
            text.Append(' ');
            Argument(argument);
        }

        Optional("as", call.Label, Name);
        Optional("at", call.LabelIndex, Expression);
    }

    private void Slice(SliceExpr slice)
    {
        text.Append("slice");
        Optional("low", slice.Low, Expression);
        Optional("high", slice.High, Expression);
    }

    private void Reduce(ReduceExpr reduce)
    {
        text.Append(reduce.Kind.Text);
        List("over", reduce.Binders, Binder);
        Part(reduce.Body);
    }

    private void For(ForExpr loop)
    {
        text.Append("for");
        List("", loop.Variables, Name);
        Part(loop.Items);
        Part(loop.Body);
    }

    private void If(IfExpr branch)
    {
        text.Append("if");
        Part(branch.Condition);
        Part(branch.Then);
        Optional("else", branch.Else, Expression);
    }

    private void Annotated(AnnotatedExpr annotated)
    {
        text.Append("annotated");
        Part(annotated.Value);
        Annotations(annotated.Annotations);
    }

    private void Block(BlockExpr block)
    {
        text.Append("(block");
        Statements(block.Statements);
        text.Append(')');
    }

    // ------------------------------------------------------------------------------------------------------------- pieces

    private void Name(Name name) => text.Append(name.Text);

    private void Part(Expr expression)
    {
        text.Append(' ');
        Expression(expression);
    }

    private void Part(TypeSyntax type)
    {
        text.Append(' ');
        Type(type);
    }

    private void Node(string head, Name name, Action parts)
    {
        text.Append('(').Append(head).Append(' ').Append(name.Text);
        parts();
        text.Append(')');
    }

    private void Sequence(string head, params Expr[] parts)
    {
        text.Append('(').Append(head);
        foreach (var part in parts)
        {
            Part(part);
        }

        text.Append(')');
    }

    private void List<T>(string head, ImmutableArray<T> entries, Action<T> print)
    {
        text.Append(" (").Append(head);
        for (var i = 0; i < entries.Length; i++)
        {
            text.Append(i > 0 || head.Length > 0 ? " " : "");
            print(entries[i]);
        }

        text.Append(')');
    }

    private void Optional<T>(string head, T? part, Action<T> print)
        where T : class
    {
        if (part is not null)
        {
            text.Append(" (").Append(head).Append(' ');
            print(part);
            text.Append(')');
        }
    }

    private void Lines<T>(ImmutableArray<T> entries, Action<T> print)
    {
        depth++;
        foreach (var entry in entries)
        {
            text.Append('\n').Append(' ', depth * 2);
            print(entry);
        }

        depth--;
    }

    private void Line(string line) => text.Append(line).Append('\n');

    private void Line(Action print)
    {
        print();
        text.Append('\n');
    }
}
