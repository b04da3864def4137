using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>Finds the type that the uses of a mask variable ask for, so that a mask is made once in the form it is needed in.</summary>
internal static class MaskElements
{
    /// <summary>The type of the values that a vector variable of bool is first used with.</summary>
    public static Dictionary<Variable, ElementType> Collect(Stmt body)
    {
        var elements = new Dictionary<Variable, ElementType>();
        Visit(body, elements);
        return elements;
    }

    private static void Visit(Stmt statement, Dictionary<Variable, ElementType> elements)
    {
        foreach (var value in LoopTree.Values(statement))
        {
            Visit(value, elements);
        }

        switch (statement)
        {
            case Stmt.Store { Mask: { } mask } store:
                Note(mask, store.Buffer.Element, elements);
                break;
            case Stmt.Let { Value: LoopExpr.BitLanes } let:
                elements.TryAdd(let.Variable, ElementType.I32);
                break;
            case Stmt.CompressStore store:
                Note(store.Mask, store.Buffer.Element, elements);
                break;
        }

        foreach (var child in LoopTree.Children(statement))
        {
            Visit(child, elements);
        }
    }

    private static void Visit(LoopExpr value, Dictionary<Variable, ElementType> elements)
    {
        switch (value)
        {
            case LoopExpr.Load { Mask: { } mask }:
                Note(mask, value.Type.Element, elements);
                break;
            case LoopExpr.Expand { Mask: var mask }:
                Note(mask, value.Type.Element, elements);
                break;
            case LoopExpr.Gather { Mask: { } mask }:
                Note(mask, value.Type.Element, elements);
                break;
            case LoopExpr.Op { Operation.Name: "select" } select when value.Type.Element != ElementType.Bool:
                Note(select.Children[0], value.Type.Element, elements);
                break;
            case LoopExpr.Cast cast when cast.Children[0].Type.Element == ElementType.Bool:
                Note(cast.Children[0], value.Type.Element, elements);
                break;
        }

        foreach (var child in value.Children)
        {
            Visit(child, elements);
        }
    }

    private static void Note(LoopExpr mask, ElementType element, Dictionary<Variable, ElementType> elements)
    {
        if (mask is LoopExpr.Var variable)
        {
            elements.TryAdd(variable.Variable, element);
        }
        else if (mask is LoopExpr.Op { Type.Element: ElementType.Bool } op && op.Children[0].Type.Element == ElementType.Bool)
        {
            foreach (var child in op.Children)
            {
                Note(child, element, elements);
            }
        }
    }
}
