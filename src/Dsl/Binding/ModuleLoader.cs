using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Binding;

/// <summary>Finds the source of imported modules.</summary>
public interface IModuleResolver
{
    /// <summary>The text of a module by its dotted name, as seen from a file; null when there is none. Library files have paths that begin with <c>std/</c>.</summary>
    SourceText? Resolve(string name, SourceText from);

    /// <summary>The syntax of a text that <see cref="Resolve"/> gave, its mistakes reported. Library modules need parsing only once a process.</summary>
    ModuleSyntax Parse(SourceText module, DiagnosticBag diagnostics);
}

/// <summary>Parses imported modules and links their names, each module once.</summary>
internal sealed class ModuleLoader(IModuleResolver resolver, DiagnosticBag diagnostics)
{
    private readonly Dictionary<string, ModuleScope> loaded = new(StringComparer.Ordinal);

    /// <summary>Every module loaded so far, in a fixed order.</summary>
    public IEnumerable<ModuleScope> Modules => loaded.Values.OrderBy(m => m.Source.Path, StringComparer.Ordinal);

    /// <summary>The scope of a module with all it imports.</summary>
    public ModuleScope Load(SourceText source, ModuleSyntax syntax)
    {
        var scope = new ModuleScope(source, syntax);
        loaded[source.Path] = scope;
        foreach (var item in syntax.Items.Where(i => i is not SparsifyItem))
        {
            if (!scope.TryAdd(item))
            {
                diagnostics.Report(NameDiagnostics.DuplicateItem, new SourceLocation(source, item.Name.Span), item.Name.Text);
            }
        }

        foreach (var import in syntax.Imports)
        {
            if (import.Path.Text == syntax.ModuleName?.Text)
            {
                diagnostics.Report(NameDiagnostics.ImportsItself, new SourceLocation(source, import.Path.Span), import.Path.Text);
                continue;
            }

            if (resolver.Resolve(import.Path.Text, source) is not { } text)
            {
                diagnostics.Report(NameDiagnostics.UnknownModule, new SourceLocation(source, import.Path.Span), import.Path.Text);
                continue;
            }

            if (!loaded.TryGetValue(text.Path, out var module))
            {
                module = Load(text, resolver.Parse(text, diagnostics));
            }

            scope.Imports.Add(module);
        }

        return scope;
    }
}
