using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>
/// Instantiates operators: binds index names to the shapes of a call's operands and turns the body into scalar expressions.
/// </summary>
/// <remarks>
/// Extents of result indices: an index of an operand has that operand's extent; <c>p &lt; n</c> says it; else it follows from the first read
/// <c>a * p + … - c</c> of an operand index of extent H as <c>(H + 2 * c - span - 1) / a + 1</c>, where span is what the variables of reductions add at
/// most: every position at which the window fits into the operand padded by c on both sides. With <c>+ c</c> it is <c>(H - c - span - 1) / a + 1</c>.
/// </remarks>
internal sealed class OpBinder(BindingContext context)
{
    /// <summary>The call as a value, or null when it was wrong and reported.</summary>
    public BoundApply? Instantiate(Value.Item item, ImmutableArray<Value> operands, IReadOnlyDictionary<string, Value> attributes, ImmutableArray<string> given, string scope)
    {
        var op = (OpItem)item.Syntax;
        var frame = new OpFrame(op, item.Home, context.DimNames);
        foreach (var attribute in attributes)
        {
            frame.Attributes.Add(attribute.Key, attribute.Value);
        }

        frame.Given = operands;
        var tensors = operands.OfType<Value.Tensor>().Select(t => t.Bound).ToImmutableArray();
        frame.TensorCount = tensors.Length;
        if (!BindOperands(frame, operands) || !context.Enter(op, item.Home, op.Name.Span))
        {
            return null;
        }

        var bound = BindBody(frame);
        context.Leave();
        if (bound is not { } stages)
        {
            return null;
        }

        var last = stages[stages.Length - 1];
        var type = new TensorType(last.Body.Type, [.. last.Indices.Select(i => i.Extent)]);
        var shown = given.Select(a => (a, Text(attributes[a]))).ToImmutableArray();
        return new BoundApply(op.Name.Text, scope, shown, tensors, stages, type, context.CallLocation);
    }

    /// <summary>An elementwise operator over scalars, put in place: <c>relu(x[i] + b)</c> inside another operator.</summary>
    /// <param name="item">The operator.</param>
    /// <param name="arguments">Its operands.</param>
    /// <param name="attributes">A value for each attribute.</param>
    /// <param name="caller">The module of the call.</param>
    /// <param name="place">The call.</param>
    public ScalarExpr? Inline(Value.Item item, ImmutableArray<ScalarExpr> arguments, IReadOnlyDictionary<string, Value> attributes, ModuleScope caller, SourceSpan place)
    {
        var op = (OpItem)item.Syntax;
        if (!context.Enter(op, caller, place))
        {
            return null;
        }

        var frame = new OpFrame(op, item.Home, context.DimNames);
        for (var i = 0; i < arguments.Length; i++)
        {
            frame.Operands[op.Operands[i].Name.Text] = new OpOperandValue(-1, new TensorType(arguments[i].Type, []), 0, 0, arguments[i]);
        }

        foreach (var attribute in attributes)
        {
            frame.Attributes.Add(attribute.Key, attribute.Value);
        }

        var body = new ScalarBinder(context, this, frame).Body(op.Body);
        context.Leave();
        return body;
    }

    private static string Text(Value value) => value switch
    {
        Value.Integer i => i.Dim.Text,
        Value.Number n => n.Real.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
        Value.Boolean b => b.Truth ? "true" : "false",
        Value.Element e => e.Type.Name(),
        Value.Text t => t.Characters,
        Value.List l => $"[{string.Join(", ", l.Items.Select(Text))}]",
        _ => "none",
    };

    private bool BindOperands(OpFrame frame, ImmutableArray<Value> values)
    {
        var op = frame.Op;
        var number = 0;
        var broadcast = ImmutableArray<Dim>.Empty;
        var elementwise = new List<(OpOperand Syntax, TensorType Type, int Number)>();
        for (var i = 0; i < op.Operands.Length; i++)
        {
            var syntax = op.Operands[i];
            if (values[i] is not Value.Tensor tensor)
            {
                frame.Operands.Add(syntax.Name.Text, new OpOperandValue(-1, new TensorType(ElementType.F32, []), 0, 0, ScalarBinder.Scalar(values[i])));
                continue;
            }

            var type = tensor.Bound.Type;
            ImmutableArray<Dim> ellipsis;
            if (syntax.Indices is { } indices)
            {
                if (BindIndices(frame, syntax, indices, type, number) is not { } found)
                {
                    return false;
                }

                ellipsis = found;
            }
            else
            {
                ellipsis = type.Shape;
                frame.Operands.Add(syntax.Name.Text, new OpOperandValue(number, type, 0, type.Rank, null));
            }

            if (Shapes.Broadcast(broadcast, ellipsis) is not { } together)
            {
                context.ReportCall(NameDiagnostics.CannotBroadcast, Shapes.Text(broadcast), Shapes.Text(ellipsis));
                return false;
            }

            broadcast = together;
            number++;
        }

        frame.Ellipsis = [.. broadcast.Select((d, i) => frame.NewIndex(FormattableString.Invariant($"e{i}"), d))];
        return true;
    }

    /// <summary>Matches index names with a shape; returns the extents that <c>..</c> stands for.</summary>
    private ImmutableArray<Dim>? BindIndices(OpFrame frame, OpOperand syntax, ImmutableArray<IndexBinder> indices, TensorType type, int number)
    {
        var at = indices.ToList().FindIndex(b => b.IsEllipsis);
        var named = indices.Length - (at < 0 ? 0 : 1);
        if (at < 0 ? type.Rank != named : type.Rank < named)
        {
            var count = at < 0 ? FormattableString.Invariant($"{named}") : FormattableString.Invariant($"at least {named}");
            context.ReportCall(NameDiagnostics.RankMismatch, frame.Op.Name.Text, $"'{syntax.Name.Text}'", count, Shapes.Text(type.Shape));
            return null;
        }

        var length = type.Rank - named;
        frame.Operands.Add(syntax.Name.Text, new OpOperandValue(number, type, Math.Max(at, 0), at < 0 ? 0 : length, null));
        var position = 0;
        foreach (var binder in indices)
        {
            if (binder.IsEllipsis)
            {
                position += length;
                continue;
            }

            var extent = type.Shape[position++];
            var name = binder.Name.Text;
            if (!frame.Extents.TryGetValue(name, out var known))
            {
                frame.Extents.Add(name, extent);
                frame.FirstUses.Add(name, syntax.Name.Text);
            }
            else if (!known.Equals(extent))
            {
                ReportExtents(frame, name, $"'{frame.FirstUses[name]}' has {known} and '{syntax.Name.Text}' has {extent}");
                return null;
            }
        }

        return at < 0 ? [] : [.. type.Shape.Skip(at).Take(length)];
    }

    /// <summary>A mismatch with the operator's definition and what its operands are as a note.</summary>
    private void ReportExtents(OpFrame frame, string index, string found)
    {
        var op = frame.Op;
        var types = op.Operands.Zip(frame.Given, (o, v) => v is Value.Tensor t ? $"{o.Name.Text}: {t.Bound.Type}" : $"{o.Name.Text}: {v.Describe()}");
        SourceLocation? definition = frame.Home.IsLibrary ? null : new SourceLocation(frame.Home.Source, op.Name.Span);
        context.Diagnostics.Add(new Diagnostic(
            NameDiagnostics.ShapeMismatch, context.CallLocation, [op.Name.Text, $"the extents '{index}'", "its operands", found],
            [new DiagnosticNote($"it is {Signature(op)} with {string.Join(", ", types)}", definition)]));
    }

    private static string Signature(OpItem op) => $"{op.Name.Text}({string.Join(", ", op.Operands.Select(Signature))})";

    private static string Signature(OpOperand operand) =>
        operand.Indices is { } indices ? $"{operand.Name.Text}[{string.Join(", ", indices.Select(i => i.Name.Text))}]" : operand.Name.Text;

    private ImmutableArray<BoundStage>? BindBody(OpFrame frame)
    {
        var op = frame.Op;
        var pending = new Dictionary<string, IndexRange>(StringComparer.Ordinal);
        var scalars = new ScalarBinder(context, this, frame);
        if (ResultIndices(frame, scalars, pending) is not { } indices)
        {
            return null;
        }

        if (scalars.Body(op.Body) is not { } body)
        {
            // An empty block is the only body that is neither an expression nor reported.
            if (op.Body is BlockExpr { Statements: var statements } && !statements.Any(s => s is ValueStmt or ErrorStmt))
            {
                context.ReportIn(frame.Home, NameDiagnostics.NoValue, op.Body.Span, op.Name.Text);
            }

            return null;
        }

        var solved = new Dictionary<string, Dim>(StringComparer.Ordinal);
        foreach (var index in pending)
        {
            if (InferExtent(frame, index.Value, body) is not { } extent)
            {
                context.ReportIn(frame.Home, NameDiagnostics.CannotInferExtent, op.Result!.Span, index.Key);
                return null;
            }

            if (!scalars.HasElements(extent, op.Result!.Span))
            {
                return null;
            }

            solved.Add(index.Value.Name, extent);
        }

        indices = [.. indices.Select(i => solved.TryGetValue(i.Name, out var extent) ? new IndexRange(i.Name, extent) : i)];
        if (!scalars.IsClosed(body, indices, op.Result?.Span ?? op.Name.Span, op.Result?.Name.Text ?? op.Name.Text))
        {
            return null;
        }

        frame.Stages.Add(new BoundStage(op.Result?.Name.Text ?? op.Name.Text, indices, body));
        return [.. frame.Stages];
    }

    private ImmutableArray<IndexRange>? ResultIndices(OpFrame frame, ScalarBinder scalars, Dictionary<string, IndexRange> pending)
    {
        if (frame.Op.Result is null)
        {
            return frame.Ellipsis;
        }

        var result = ImmutableArray.CreateBuilder<IndexRange>();
        foreach (var binder in frame.Op.Result.Indices ?? [])
        {
            if (binder.IsEllipsis)
            {
                result.AddRange(frame.Ellipsis);
                continue;
            }

            var name = binder.Name.Text;
            IndexRange index;
            if (binder.Extent is { } written)
            {
                if (scalars.Size(written) is not { } extent || !scalars.HasElements(extent, written.Span))
                {
                    return null;
                }

                index = frame.NewIndex(name, extent);
            }
            else if (frame.Extents.TryGetValue(name, out var known))
            {
                index = frame.NewIndex(name, known);
            }
            else
            {
                index = frame.NewIndex(name, Dim.Symbol(OpFrame.Pending));
                pending.Add(name, index);
            }

            frame.Variables[name] = index;
            result.Add(index);
        }

        return result.ToImmutable();
    }

    private static Dim? InferExtent(OpFrame frame, IndexRange index, ScalarExpr body)
    {
        var bodies = frame.Stages.Select(s => s.Body).Append(body);
        var reductions = bodies.SelectMany(b => b.All()).OfType<ScalarExpr.Reduce>().SelectMany(r => r.Vars).ToArray();
        foreach (var read in bodies.SelectMany(b => b.All()).OfType<ScalarExpr.Read>())
        {
            var shape = read.Operand < frame.TensorCount
                ? frame.Operands.Values.First(o => o.Number == read.Operand).Type.Shape
                : [.. frame.Stages[read.Operand - frame.TensorCount].Indices.Select(i => i.Extent)];
            for (var i = 0; i < shape.Length; i++)
            {
                if (read.Subscripts[i].Linear(index.Name) is ( > 0 and var stride, var rest) && Window(rest, reductions) is var (span, offset)
                    && !offset.Symbols().Any(frame.IsIndex))
                {
                    // A window that starts before the operand is padded by as much on both sides; one that starts inside has fewer positions.
                    var around = offset.Constant is < 0 ? offset * Dim.Const(-2) : -offset;
                    return Dim.FloorDiv(shape[i] + around - span - Dim.One, Dim.Const(stride)) + Dim.One;
                }
            }
        }

        return null;
    }

    /// <summary>The rest of a subscript as (what reduction variables add at most, constant offset).</summary>
    private static (Dim Span, Dim Offset)? Window(Dim rest, IndexRange[] reductions)
    {
        var span = Dim.Zero;
        foreach (var variable in reductions)
        {
            if (!rest.Mentions(variable.Name))
            {
                continue;
            }

            if (rest.Linear(variable.Name) is not ( >= 0 and var step, var remaining))
            {
                return null;
            }

            span += Dim.Const(step) * (variable.Extent - Dim.One);
            rest = remaining;
        }

        return (span, rest);
    }
}
