namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>How tightly the outermost operator of an expression binds; larger binds tighter.</summary>
internal enum Binding
{
    Conditional,
    OrElse,
    AndAlso,
    Or,
    Xor,
    And,
    Equality,
    Relational,
    Shift,
    Additive,
    Multiplicative,
    Unary,
    Primary,
}

/// <summary>C# text of an expression and how tightly it binds.</summary>
internal readonly record struct Code(string Text, Binding Binding = Binding.Primary)
{
    private static readonly (string Symbol, Binding Binding)[] Infix =
    [
        ("||", Binding.OrElse), ("&&", Binding.AndAlso), ("|", Binding.Or), ("^", Binding.Xor), ("&", Binding.And), ("==", Binding.Equality),
        ("!=", Binding.Equality), ("<", Binding.Relational), ("<=", Binding.Relational), (">", Binding.Relational), (">=", Binding.Relational),
        ("<<", Binding.Shift), (">>", Binding.Shift), ("+", Binding.Additive), ("-", Binding.Additive), ("*", Binding.Multiplicative),
        ("/", Binding.Multiplicative), ("%", Binding.Multiplicative),
    ];

    public override string ToString() => Text;

    /// <summary>The text, in parentheses when it binds less tightly than its surroundings ask for.</summary>
    public string In(Binding surroundings) => Binding < surroundings ? "(" + Text + ")" : Text;

    /// <summary><c>a op b</c>; operators associate to the left.</summary>
    public static Code Binary(string symbol, Code a, Code b)
    {
        var binding = Infix.First(i => i.Symbol == symbol).Binding;
        return new($"{a.In(binding)} {symbol} {b.In(binding + 1)}", binding);
    }

    public static Code Unary(string symbol, Code a)
    {
        // Two signs in a row would be another operator.
        var operand = a.In(Binding.Unary);
        return new(symbol + (operand.StartsWith("-", StringComparison.Ordinal) ? "(" + operand + ")" : operand), Binding.Unary);
    }

    public static Code Cast(string type, Code a)
    {
        // (int)-x would parse as a subtraction from a variable named int only for other types; parentheses are always safe.
        var operand = a.In(Binding.Unary);
        return new($"({type}){(operand.StartsWith("-", StringComparison.Ordinal) ? "(" + operand + ")" : operand)}", Binding.Unary);
    }

    public static Code Choice(Code condition, Code yes, Code no) =>
        new($"{condition.In(Binding.OrElse)} ? {yes.In(Binding.OrElse)} : {no.In(Binding.Conditional)}", Binding.Conditional);

    public static Code Call(string function, params Code[] arguments) => new($"{function}({string.Join(", ", arguments.Select(a => a.Text))})");

    /// <summary>A call of a function of the runtime's <c>Lanes</c>.</summary>
    public static Code Lanes(string function, params Code[] arguments) => Call(External.Lanes + "." + function, arguments);

    /// <summary>A member of the value: <c>x.AsInt32()</c>.</summary>
    public Code Member(string member) => new(In(Binding.Primary) + "." + member);
}
