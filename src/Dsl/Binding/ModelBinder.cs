using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>
/// Elaborates one model, twice: the first time counts the instances of every layer, so that the second can give the only one its plain name.
/// </summary>
internal sealed class ModelBinder(DiagnosticBag diagnostics, ModuleScope root, ModuleScope home, ModelItem syntax)
{
    private readonly List<BoundInput> inputs = [];
    private readonly List<(string Name, BoundValue Value)> outputs = [];
    private readonly List<SymbolicDim> dims = [];
    private readonly HashSet<string> members = new(StringComparer.Ordinal);

    /// <summary>Where values are noted for editors; null for nobody.</summary>
    public ValueIndex? Index { get; init; }

    /// <summary>The model, or null when it has mistakes.</summary>
    public BoundModel? Bind()
    {
        try
        {
            return BindTwice();
        }
        catch (OverflowException)
        {
            // Extents whose product leaves the integers; the arithmetic of the user's expressions is reported where it stands.
            Report(NameDiagnostics.TooLarge, syntax.Name.Span, $"a tensor of '{syntax.Name.Text}'");
            return null;
        }
    }

    private BoundModel? BindTwice()
    {
        var before = diagnostics.Items.Count(d => d.Severity == Severity.Error);
        var trial = Run(new DiagnosticBag(), new Dictionary<string, int>(StringComparer.Ordinal), Rules(), null);
        var rules = Rules();
        var model = Run(diagnostics, trial.Seen, rules, Index);
        ReportOverlay(rules, model);
        if (outputs.Count == 0 && !syntax.Body.Any(s => s is OutputStmt or ErrorStmt))
        {
            Report(NameDiagnostics.NoOutput, syntax.Name.Span, syntax.Name.Text);
        }

        if (diagnostics.Items.Count(d => d.Severity == Severity.Error) > before)
        {
            return null;
        }

        ReportUnused(model);
        var bound = new BoundModel(syntax.Name.Text, [.. dims], [.. inputs], [.. model.Params], [.. model.States], [.. outputs], new SourceLocation(home.Source, syntax.Name.Span));
        Index?.AddModel(bound);
        return bound;
    }

    private OverlayRules Rules() => new(
    [
        .. new[] { home, root }.Distinct()
            .SelectMany(m => m.Syntax.Items.OfType<SparsifyItem>().Where(o => o.Name.Text == syntax.Name.Text).SelectMany(o => o.Rules).Select(r => new OverlayRule(r.Glob, r.Annotations, m))),
    ]);

    private ModelState Run(DiagnosticBag bag, IReadOnlyDictionary<string, int> counts, OverlayRules rules, ValueIndex? index)
    {
        inputs.Clear();
        outputs.Clear();
        dims.Clear();
        members.Clear();
        var context = new BindingContext(bag, home) { Model = new ModelState(syntax.Name.Text, counts, rules), Index = index };
        var code = new Elaborator(context, home, new Scope(null), "", syntax);
        foreach (var dim in syntax.Dims.Where(d => IsNew(code, d.Name)))
        {
            Dim(code, dim);
        }

        foreach (var statement in syntax.Body)
        {
            context.CallLocation = new SourceLocation(home.Source, statement.Span);
            Statement(code, statement);
        }

        return context.Model;
    }

    private void Dim(Elaborator code, DimParameter parameter)
    {
        var low = Constant(code, parameter.Low, 1);
        var high = Constant(code, parameter.High, int.MaxValue / 4);
        var step = Constant(code, parameter.Step, 1);
        if (low is not { } l || high is not { } h || step is not { } s || l < 0 || s < 1 || h / s * s < l)
        {
            code.Fail(NameDiagnostics.DimRange, parameter.Span, parameter.Name.Text);
            (l, h, s) = (1, 1024, 1);
        }

        var dim = new SymbolicDim(parameter.Name.Text, l, h, s);
        dims.Add(dim);
        code.Context.Dims.Add(dim);
        code.Context.DimNames.Add(parameter.Name.Text);
        code.Declare(parameter.Name, new Value.Integer(Scalars.Dim.Symbol(parameter.Name.Text)));
    }

    private static long? Constant(Elaborator code, Expr? expr, long otherwise) =>
        expr is null ? otherwise : code.Static(expr) is Value.Integer { Dim.Constant: { } constant } ? constant : null;

    private void Statement(Elaborator code, StatementSyntax statement)
    {
        switch (statement)
        {
            case InputStmt input:
                if (IsNew(code, input.Name))
                {
                    Input(code, input);
                }

                break;
            case OutputStmt output:
                Output(code, output);
                break;
            case ParamStmt param when !IsNew(code, param.Name):
            case StateStmt state when !IsNew(code, state.Name):
                break;
            default:
                code.Statement(statement);
                break;
        }
    }

    private bool IsNew(Elaborator code, Name name)
    {
        if (members.Add(name.Text))
        {
            return true;
        }

        code.Fail(NameDiagnostics.DuplicateName, name.Span, name.Text);
        return false;
    }

    private void Input(Elaborator code, InputStmt input)
    {
        new Annotations(code).NotHere(input.Type);
        if (new TypeBinder(code).Bind(input.Type) is not { } type)
        {
            code.Scope.Set(input.Name.Text, new Value.Error());
            return;
        }

        if (input.From is { Target: NameExpr { Name.Text: not "image" } source })
        {
            code.Fail(NameDiagnostics.WrongKind, source.Span, "'from image(…)'", $"'{source.Name.Text}'", "an input without 'from' takes a tensor from a file or from the caller");
        }

        var bound = new BoundInput(input.Name.Text, type, input.From is null ? null : Image(code, input.From), new SourceLocation(home.Source, input.Span));
        inputs.Add(bound);
        code.Declare(input.Name, new Value.Tensor(bound));
    }

    private static ImagePreprocessing Image(Elaborator code, CallExpr from)
    {
        var settings = ImmutableDictionary.CreateBuilder<string, ImageSetting>(StringComparer.Ordinal);
        foreach (var argument in from.Arguments)
        {
            if (argument is { Name: null, Value: NameExpr { Name.Text: var flag } })
            {
                settings["colour"] = new ImageSetting(flag, code.Locate(argument.Span));
            }
            else if (argument.Name is { } name && Setting(code.Static(argument.Value)) is { } value)
            {
                settings[name.Text] = new ImageSetting(value, code.Locate(argument.Span));
            }
        }

        return new ImagePreprocessing(settings.ToImmutable());
    }

    private static object? Setting(Value value) => value switch
    {
        Value.Number number => number.Real,
        Value.Integer { Exact: { } exact } => exact,
        Value.Integer { Dim.Constant: { } constant } => (double)constant,
        Value.Boolean boolean => boolean.Truth,
        Value.Text text => text.Characters,
        Value.List list => list.Items.Select(i => Setting(i) as double? ?? double.NaN).ToImmutableArray(),
        _ => null,
    };

    private void Output(Elaborator code, OutputStmt output)
    {
        if (outputs.Any(o => o.Name == output.Name.Text))
        {
            code.Fail(NameDiagnostics.DuplicateName, output.Name.Span, output.Name.Text);
            return;
        }

        new Annotations(code).NotHere(output.Type);
        var value = output.Value is null ? code.Evaluate(new NameExpr(output.Name, output.Name.Span)) : code.Evaluate(output.Value);
        if (value is Value.Error)
        {
            return;
        }

        if (value is not Value.Tensor { Bound: var tensor })
        {
            code.Fail(NameDiagnostics.WrongKind, output.Span, "a tensor", value.Describe(), "outputs are tensors");
            return;
        }

        if (output.Type is { } written && new TypeBinder(code).Bind(written) is { } type && !type.Equals(tensor.Type))
        {
            code.Fail(NameDiagnostics.TypeMismatch, written.Span, output.Name.Text, type.ToString(), tensor.Type.ToString());
            return;
        }

        outputs.Add((output.Name.Text, tensor));
        code.Declare(output.Name, value);
    }

    private void ReportOverlay(OverlayRules rules, ModelState model)
    {
        foreach (var rule in rules.All.Where(r => !r.Effective))
        {
            var place = new SourceLocation(rule.Home.Source, rule.Glob.Span);
            if (rule.Matched)
            {
                diagnostics.Report(SparsityDiagnostics.NoEffect, place);
            }
            else
            {
                diagnostics.Report(SparsityDiagnostics.GlobMatchesNothing, place, syntax.Name.Text, rule.Glob.Text, Nearest(rule.Glob.Text, model));
            }
        }
    }

    private static string Nearest(string glob, ModelState model)
    {
        string[] paths = [.. model.Params.Select(p => p.Path).OrderBy(p => Suggestions.Distance(glob, p)).Take(4)];
        return paths.Length == 0 ? "it has none" : "near it are " + string.Join(", ", paths.Select(p => $"'{p}'"));
    }

    private void ReportUnused(ModelState model)
    {
        var used = new HashSet<BoundValue>();
        var stack = new Stack<BoundValue>(outputs.Select(o => o.Value));
        while (stack.Count > 0)
        {
            var value = stack.Pop();
            if (used.Add(value))
            {
                foreach (var operand in value.Operands)
                {
                    stack.Push(operand);
                }
            }
        }

        foreach (var input in inputs.Where(i => !used.Contains(i)))
        {
            diagnostics.Report(NameDiagnostics.Unused, input.Location, input.Name);
        }

        foreach (var param in model.Params.Where(p => !used.Contains(p)))
        {
            diagnostics.Report(NameDiagnostics.Unused, param.Location, param.Path);
        }
    }

    private void Report(DiagnosticDescriptor descriptor, SourceSpan span, params string[] arguments) =>
        diagnostics.Report(descriptor, new SourceLocation(home.Source, span), arguments);
}
