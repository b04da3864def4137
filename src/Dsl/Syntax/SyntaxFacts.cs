using System.Text;

namespace SparseDsl.Dsl.Syntax;

/// <summary>How operators and literals are spelled; for everything that prints syntax.</summary>
public static class SyntaxFacts
{
    /// <summary>The operator as written, without spaces: <c>|&gt;</c>, <c>+</c>.</summary>
    public static string Spelling(this BinaryOperator op) => op switch
    {
        BinaryOperator.Pipe => "|>",
        BinaryOperator.Or => "|",
        BinaryOperator.And => "&",
        BinaryOperator.Equal => "==",
        BinaryOperator.NotEqual => "!=",
        BinaryOperator.Less => "<",
        BinaryOperator.LessEqual => "<=",
        BinaryOperator.Greater => ">",
        BinaryOperator.GreaterEqual => ">=",
        BinaryOperator.Range => "..",
        BinaryOperator.Add => "+",
        BinaryOperator.Subtract => "-",
        BinaryOperator.Multiply => "*",
        BinaryOperator.Divide => "/",
        BinaryOperator.Modulo => "%",
        BinaryOperator.Dot => ".",
        BinaryOperator.Power => "^",
        _ => throw new ArgumentOutOfRangeException(nameof(op)),
    };

    /// <summary>The operator as written.</summary>
    public static string Spelling(this UnaryOperator op) => op switch
    {
        UnaryOperator.Negate => "-",
        UnaryOperator.Not => "!",
        UnaryOperator.Transpose => "'",
        _ => throw new ArgumentOutOfRangeException(nameof(op)),
    };

    /// <summary>A string literal with its quotes and escapes.</summary>
    public static string Quote(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value)
        {
            text.Append(c switch { '"' => "\\\"", '\\' => "\\\\", '\n' => "\\n", '\t' => "\\t", _ => c.ToString() });
        }

        return text.Append('"').ToString();
    }
}
