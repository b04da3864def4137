using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>Finds the lane size that the uses of a mask variable ask for, so that a mask is made once in the size it is needed.</summary>
internal static class MaskSizes
{
    /// <summary>Bytes of a lane for every vector variable of bool that is used as the mask of values.</summary>
    public static Dictionary<Variable, int> Collect(Stmt body)
    {
        var sizes = new Dictionary<Variable, int>();
        Visit(body, sizes);
        return sizes;
    }

    private static void Visit(Stmt statement, Dictionary<Variable, int> sizes)
    {
        foreach (var value in LoopTree.Values(statement))
        {
            Visit(value, sizes);
        }

        switch (statement)
        {
            case Stmt.Store { Mask: { } mask } store:
                Note(mask, store.Buffer.Element.Size(), sizes);
                break;
            case Stmt.CompressStore store:
                Note(store.Mask, store.Buffer.Element.Size(), sizes);
                break;
        }

        foreach (var child in LoopTree.Children(statement))
        {
            Visit(child, sizes);
        }
    }

    private static void Visit(LoopExpr value, Dictionary<Variable, int> sizes)
    {
        switch (value)
        {
            case LoopExpr.Load { Mask: { } mask }:
                Note(mask, value.Type.Element.Size(), sizes);
                break;
            case LoopExpr.Gather { Mask: { } mask }:
                Note(mask, value.Type.Element.Size(), sizes);
                break;
            case LoopExpr.Op { Operation.Name: "select" } select when value.Type.Element != ElementType.Bool:
                Note(select.Children[0], value.Type.Element.Size(), sizes);
                break;
            case LoopExpr.Cast cast when cast.Children[0].Type.Element == ElementType.Bool:
                Note(cast.Children[0], value.Type.Element.Size(), sizes);
                break;
        }

        foreach (var child in value.Children)
        {
            Visit(child, sizes);
        }
    }

    private static void Note(LoopExpr mask, int size, Dictionary<Variable, int> sizes)
    {
        if (mask is LoopExpr.Var variable)
        {
            sizes.TryAdd(variable.Variable, size);
        }
        else if (mask is LoopExpr.Op { Type.Element: ElementType.Bool } op && op.Children[0].Type.Element == ElementType.Bool)
        {
            foreach (var child in op.Children)
            {
                Note(child, size, sizes);
            }
        }
    }
}
