using SparseDsl.Compiler;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>Writes the statements of one function.</summary>
internal sealed class StatementWriter
{
    private readonly SourceWriter text;
    private readonly Scope scope;
    private readonly ScalarWriter scalars;
    private readonly VectorWriter vectors;
    private readonly MaskWriter masks;
    private readonly IReadOnlyDictionary<Variable, ElementType> maskElements;

    public StatementWriter(SourceWriter text, Scope scope, IReadOnlyDictionary<Variable, ElementType> maskElements)
    {
        this.text = text;
        this.scope = scope;
        this.maskElements = maskElements;
        scalars = new ScalarWriter(scope);
        vectors = new VectorWriter(scope, scalars);
        masks = new MaskWriter(scope, scalars, vectors);
        scalars.Vectors = vectors;
        vectors.Masks = masks;
    }

    /// <summary>Called for parallel loops, which become functions of their own.</summary>
    public Action<Stmt.For>? Parallel { get; set; }

    /// <summary>Offered every serial loop; says whether it has written a call of a function of its own for it.</summary>
    public Func<Stmt.For, bool>? Apart { get; set; }

    /// <summary>The text of a scalar value at this point.</summary>
    public Code Scalar(LoopExpr value) => scalars.Write(Legalise.Expression(value));

    public void Write(Stmt statement)
    {
        switch (statement)
        {
            case Stmt.Block block:
                foreach (var child in block.Statements)
                {
                    WriteNested(child);
                }

                break;
            case Stmt.Let let:
                Declare(let.Variable, let.Value, scope.DepthOf(let.Value));
                if (scope.NonNegative.Holds(let.Value))
                {
                    scope.NonNegative.Add(let.Variable);
                }

                if (scope.NonNegative.IsData(let.Value))
                {
                    scope.NonNegative.AddData(let.Variable);
                }

                break;
            case Stmt.Local local:
                Declare(local.Variable, local.Value, int.MaxValue);
                break;
            case Stmt.Assign assign:
                Assign(assign);
                break;
            case Stmt.Scratch:
                break; // declared at the head of the function
            case Stmt.Store store:
                Store(store);
                break;
            case Stmt.CompressStore store:
                CompressStore(store);
                break;
            case Stmt.For { Kind: LoopKind.Parallel } loop when Parallel is not null:
                Parallel(loop);
                break;
            case Stmt.For { Kind: LoopKind.Serial } loop when Apart?.Invoke(loop) == true:
                break;
            case Stmt.For { Kind: LoopKind.Serial or LoopKind.Parallel } loop:
                For(loop);
                break;
            case Stmt.While loop:
                text.Open($"while ({Scalar(loop.Condition)})");
                scope.Depth++;
                Write(loop.Body);
                scope.Depth--;
                text.Close();
                break;
            case Stmt.If choice:
                If(choice, "if");
                break;
            default:
                throw new CompilerBugException($"the C# backend got a {statement.GetType().Name}; the loop passes should have removed it");
        }
    }

    /// <summary>Writes the body of a loop whose variable the caller has declared, one loop deeper.</summary>
    public void WriteBody(Stmt body)
    {
        scope.Depth++;
        Write(body);
        scope.Depth--;
    }

    // A block inside a block scopes names; names are unique, so braces would say nothing.
    private void WriteNested(Stmt child)
    {
        var compound = child is Stmt.For or Stmt.While or Stmt.If;
        if (compound)
        {
            text.Line();
        }

        Write(child);
        if (compound)
        {
            text.Line();
        }
    }

    private void Declare(Variable variable, LoopExpr value, int depth)
    {
        var type = variable.Type;
        if (type.Lanes > 1 && type.Element == ElementType.Bool)
        {
            // A mask without a type of its own (of a tail) takes that of its first use.
            scope.SetMaskElement(variable, masks.NaturalElement(value) ?? maskElements.GetValueOrDefault(variable, ElementType.I32));
        }

        var code = Value(value, variable);
        var declared = type.Lanes > 1 ? "var" : CSharpTypes.Scalar(type.Element);
        text.Line($"{declared} {scope.Declare(variable, depth)} = {code};");
    }

    private void Assign(Stmt.Assign assign)
    {
        var name = scope.Name(assign.Variable);
        if (assign.Value is LoopExpr.Op { Operation.Name: "add" or "sub" or "mul" } op
            && op.Children[0] is LoopExpr.Var first && first.Variable == assign.Variable
            && op.Type.Element.Size() >= 4)
        {
            var symbol = op.Operation.Name == "add" ? "+" : op.Operation.Name == "sub" ? "-" : "*";
            text.Line($"{name} {symbol}= {Value(op.Children[1], null)};");
            return;
        }

        text.Line($"{name} = {Value(assign.Value, assign.Variable)};");
    }

    private Code Value(LoopExpr value, Variable? target)
    {
        var legal = Prepare(value);
        return legal.Type.Lanes == 1 ? scalars.Write(legal)
            : legal.Type.Element != ElementType.Bool ? vectors.Write(legal)
            : masks.Write(legal, target is null ? ElementType.I32 : scope.MaskElement(target));
    }

    // Makes a value ready to be written; what would be too long for a line gets a name first.
    private LoopExpr Prepare(LoopExpr value) => LongValues.Split(Legalise.Expression(value), part =>
    {
        var variable = new Variable("part", part.Type);
        text.Line($"var {scope.Declare(variable, int.MaxValue)} = {vectors.Write(part)};");
        return variable;
    });

    private void Store(Stmt.Store store)
    {
        var value = Prepare(store.Value);
        var offset = Legalise.Expression(store.Offset);
        if (value.Type.Lanes == 1)
        {
            StoreScalar(store, offset, value);
            return;
        }

        var type = new LoopType(store.Buffer.Element, value.Type.Lanes);
        var lanes = value.Type.Element == ElementType.Bool
            ? VectorWriter.Call(type, "ConditionalSelect", masks.Write(value, ElementType.Bool), new(CSharpTypes.Vector(type) + ".One"), new(CSharpTypes.Vector(type) + ".Zero"))
            : vectors.Write(value);
        var pointer = scalars.Pointer(store.Buffer, offset);
        Code[] mask = store.Mask is { } condition ? [masks.Write(Legalise.Expression(condition), type.Element)] : [];
        var part = VectorWriter.Part(type);
        var isa = vectors.MaskedMemory(type);
        var call = (store.Stride, mask.Length) switch
        {
            (1, 0) => part.Length > 0 ? Code.Lanes("StorePart", [lanes, pointer, .. part]) : VectorWriter.Call(type, "Store", lanes, pointer),
            (1, _) => isa is null ? Code.Lanes("StoreMasked", [lanes, pointer, .. mask, .. part]) : Code.Call(isa + ".MaskStore", pointer, mask[0], lanes),
            _ => Code.Lanes("StoreStrided", [lanes, pointer, VectorWriter.Stride(store.Stride), .. mask, .. part]),
        };
        text.Line($"{call};");
    }

    private void StoreScalar(Stmt.Store store, LoopExpr offset, LoopExpr value)
    {
        var place = scalars.Place(store.Buffer, offset);
        var code = scalars.Write(value);
        if (store.Buffer.Element == ElementType.Bool)
        {
            code = Code.Cast("byte", Code.Choice(code, new("1"), new("0")));
        }

        if (store.Mask is { } mask)
        {
            text.Open($"if ({Scalar(mask)})");
            text.Line($"{place} = {code};");
            text.Close();
            return;
        }

        text.Line($"{place} = {code};");
    }

    private void CompressStore(Stmt.CompressStore store)
    {
        var value = Legalise.Expression(store.Value);
        var mask = Legalise.Expression(store.Mask);
        var position = scope.Name(store.Position);
        if (value.Type.Lanes == 1)
        {
            text.Open($"if ({scalars.Write(mask)})");
            text.Line($"{scope.Name(store.Buffer)}[{position}++] = {scalars.Write(value)};");
            text.Close();
            return;
        }

        // Without a known end of the buffer nothing may be written past the last kept lane.
        var capacity = scope.Dim(store.Buffer.Count) ?? new Code(position);
        var call = Code.Lanes(
            "CompressStore",
            [vectors.Write(value), new(scope.Name(store.Buffer)), new(position), capacity, masks.Write(mask, value.Type.Element), .. VectorWriter.Part(value.Type)]);
        text.Line($"{position} = {call};");
    }

    private void For(Stmt.For loop)
    {
        var begin = Scalar(loop.Begin);
        var bound = Legalise.Expression(loop.End);
        var end = scalars.Write(bound);
        var name = scope.Declare(loop.Variable, scope.Depth + 1);
        if (scope.NonNegative.Holds(loop.Begin))
        {
            scope.NonNegative.Add(loop.Variable);
        }

        // An end that costs something is computed once; the JIT could not tell that stores do not change it.
        var hoisted = "";
        if (LoopTree.All(bound).Any(v => v is not (LoopExpr.Const or LoopExpr.Var)))
        {
            var endName = scope.Names.Take(Names.Local(loop.Variable.Name) + "End");
            hoisted = $", {endName} = {end}";
            end = new(endName);
        }

        var step = loop.Step == 1 ? name + "++" : $"{name} += {CSharpTypes.Digits(loop.Step)}";
        text.Open($"for (int {name} = {begin}{hoisted}; {name} < {end.In(Binding.Shift)}; {step})");
        WriteBody(loop.Body);
        text.Close();
    }

    private void If(Stmt.If choice, string keyword)
    {
        text.Open($"{keyword} ({Scalar(choice.Condition)})");
        Write(choice.Then);
        text.Close();
        if (choice.Otherwise is Stmt.If next)
        {
            If(next, "else if");
        }
        else if (choice.Otherwise is { } otherwise)
        {
            text.Open("else");
            Write(otherwise);
            text.Close();
        }
    }
}
