using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Declares parameters and states of a model.</summary>
internal sealed class ParamBinder(Elaborator code)
{
    /// <summary><c>param w: f32[256, 784] @unstructured(zeros &gt;= 90%)</c></summary>
    public Value Param(ParamStmt syntax)
    {
        var path = Path(syntax.Name);
        if (code.Context.Model is not { } model || new TypeBinder(code).Bind(syntax.Type) is not { } type)
        {
            return new Value.Error();
        }

        if (type.Shape.SelectMany(d => d.Symbols()).FirstOrDefault(code.Context.DimNames.Contains) is { } dim)
        {
            return code.Fail(NameDiagnostics.ParameterShape, syntax.Type.Span, dim);
        }

        var overlay = model.Overlay.For(path);
        var annotations = overlay?.Annotations ?? syntax.Type.Annotations;
        var place = overlay is null ? code : new Elaborator(code.Context, overlay.Home, new Scope(null), code.Path, null);

        // How a parameter is stored is part of its type: an overlay that says nothing of it leaves it.
        if (annotations.Concat(syntax.Type.Annotations).FirstOrDefault(a => a.Name.Text == Quantizing.Name) is { } quantization)
        {
            var said = annotations.Contains(quantization) ? place : code;
            return annotations.Count(a => a.Name.Text == Quantizing.Name) > 1
                ? said.Fail(SparsityDiagnostics.ConflictingAnnotations, quantization.Span, path)
                : new Quantizing(said).Parameter(
                    path, type, quantization, [.. annotations.Where(a => a.Name.Text != Quantizing.Name)], place, p => Declare(model, syntax, p), code.Locate(syntax.Span));
        }

        if (new Annotations(place).OnParameter(path, type, annotations) is not var (sparsity, format, location))
        {
            return new Value.Error();
        }

        return Declare(model, syntax, new BoundParam(path, type, sparsity, format, code.Locate(syntax.Span), location));
    }

    private Value Declare(ModelState model, ParamStmt syntax, BoundParam param)
    {
        if (model.Params.FirstOrDefault(p => p.Path == param.Path) is not null)
        {
            return code.Fail(NameDiagnostics.DuplicateName, syntax.Name.Span, param.Path);
        }

        model.Params.Add(param);
        return new Value.Tensor(param);
    }

    /// <summary><c>state kv: f32[L, T]</c></summary>
    public Value State(StateStmt syntax)
    {
        new Annotations(code).NotHere(syntax.Type);
        if (code.Context.Model is not { } model || new TypeBinder(code).Bind(syntax.Type) is not { } type)
        {
            return new Value.Error();
        }

        code.Fail(LoweringDiagnostics.StateNotCompiled, syntax.Name.Span, syntax.Name.Text);
        var state = new BoundState(Path(syntax.Name), type, code.Locate(syntax.Span));
        model.States.Add(state);
        return new Value.Tensor(state);
    }

    private string Path(Name name) => code.Path.Length == 0 ? name.Text : code.Path + "." + name.Text;
}

/// <summary>One line of a <c>sparsify</c> overlay and the module it stands in.</summary>
internal sealed record OverlayRule(Name Glob, ImmutableArray<AnnotationSyntax> Annotations, ModuleScope Home)
{
    /// <summary>Whether a parameter was found for it.</summary>
    public bool Matched { get; set; }

    /// <summary>Whether it is the last rule for some parameter.</summary>
    public bool Effective { get; set; }
}

/// <summary>The overlays of one model. Of several rules that match a path, the last wins.</summary>
internal sealed class OverlayRules(IReadOnlyList<OverlayRule> rules)
{
    /// <summary>All rules, in order.</summary>
    public IReadOnlyList<OverlayRule> All => rules;

    /// <summary>The rule for a path, or null.</summary>
    public OverlayRule? For(string path)
    {
        OverlayRule? found = null;
        foreach (var rule in rules.Where(r => ParameterGlob.Matches(r.Glob.Text, path)))
        {
            rule.Matched = true;
            found = rule;
        }

        if (found is not null)
        {
            found.Effective = true;
        }

        return found;
    }
}
