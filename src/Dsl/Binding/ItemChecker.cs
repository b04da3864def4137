using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Checks the operators of a module that may never be called, with a fresh symbol for every extent.</summary>
internal sealed class ItemChecker(BindingContext context, ModuleScope scope)
{
    /// <summary>Reports the mistakes of every operator.</summary>
    public void Check()
    {
        foreach (var op in scope.Syntax.Items.OfType<OpItem>())
        {
            Check(op);
        }
    }

    private void Check(OpItem op)
    {
        context.CallLocation = new SourceLocation(scope.Source, op.Name.Span);
        var attributes = new Dictionary<string, Value>(StringComparer.Ordinal);
        foreach (var attribute in op.Attributes)
        {
            var value = context.Static(scope, attribute.Default, attributes) ?? Sample(attribute);
            if (value is null)
            {
                return;
            }

            attributes[attribute.Name.Text] = value;
        }

        ImmutableArray<Value> operands = [.. op.Operands.Select(o => (Value)new Value.Tensor(Operand(o)))];
        new OpBinder(context).Instantiate(new Value.Item(op, scope), operands, attributes, "");
    }

    private static Value? Sample(AttributeParameter attribute) => attribute.Kind.Text switch
    {
        "int" or "dim" => new Value.Integer(Dim.Const(2)),
        "float" => new Value.Number(0.5),
        "bool" => new Value.Boolean(true),
        "type" => new Value.Element(ElementType.F32),
        _ => null,
    };

    /// <summary>An operand in which an index name has the same extent everywhere.</summary>
    private BoundInput Operand(OpOperand operand)
    {
        ImmutableArray<Dim> shape = operand.Indices is null
            ? [Dim.Symbol("E")]
            : [.. operand.Indices.Value.Select(i => Dim.Symbol(i.IsEllipsis ? "E" : "extent_of_" + i.Name.Text))];
        return new BoundInput(operand.Name.Text, new TensorType(ElementType.F32, shape), null, new SourceLocation(scope.Source, operand.Span));
    }
}
