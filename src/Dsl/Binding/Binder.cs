using System.Collections.Immutable;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>From syntax to bound program: resolves names, elaborates models, checks types, shapes and annotations.</summary>
public static class Binder
{
    /// <summary>
    /// Binds a module. Every mistake found is reported; a model with mistakes is left out of the result.
    /// </summary>
    /// <param name="module">The parsed module; error nodes in it are passed over in silence.</param>
    /// <param name="source">Its text.</param>
    /// <param name="resolver">Finds imported modules.</param>
    /// <param name="diagnostics">Where mistakes go.</param>
    /// <param name="index">Where the values of names and calls are noted, for editors; null for nobody.</param>
    public static BoundModule Bind(ModuleSyntax module, SourceText source, IModuleResolver resolver, DiagnosticBag diagnostics, ValueIndex? index = null)
    {
        var loader = new ModuleLoader(resolver, diagnostics);
        var scope = loader.Load(source, module);
        var context = new BindingContext(diagnostics, scope) { Index = index };
        foreach (var home in loader.Modules)
        {
            foreach (var constant in home.Syntax.Items.OfType<ConstItem>())
            {
                context.Constant(home, new NameExpr(constant.Name, constant.Name.Span));
            }
        }

        new ItemChecker(context, scope).Check();
        var models = ImmutableArray.CreateBuilder<BoundModel>();
        foreach (var model in module.Items.OfType<ModelItem>())
        {
            if (new ModelBinder(diagnostics, scope, scope, model) { Index = index }.Bind() is { } bound)
            {
                models.Add(bound);
            }
        }

        foreach (var overlay in module.Items.OfType<SparsifyItem>())
        {
            BindOverlaid(overlay, scope, diagnostics, models, index);
        }

        return new BoundModule(module.ModuleName?.Text ?? "", models.ToImmutable());
    }

    /// <summary>An overlay of an imported model makes that model one of this module, with the overlay's annotations.</summary>
    private static void BindOverlaid(SparsifyItem overlay, ModuleScope scope, DiagnosticBag diagnostics, ImmutableArray<BoundModel>.Builder models, ValueIndex? index)
    {
        if (scope.Find(overlay.Name.Text) is not { Syntax: ModelItem model } found)
        {
            diagnostics.Report(SparsityDiagnostics.UnknownOverlayModel, new SourceLocation(scope.Source, overlay.Name.Span), overlay.Name.Text);
        }
        else if (!ReferenceEquals(found.Home, scope) && models.All(m => m.Name != overlay.Name.Text)
            && new ModelBinder(diagnostics, scope, found.Home, model) { Index = index }.Bind() is { } bound)
        {
            models.Add(bound);
        }
    }
}
