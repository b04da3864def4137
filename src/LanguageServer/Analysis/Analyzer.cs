using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Symbols;
using SparseDsl.Dsl.Syntax;
using SparseDsl.LanguageServer.Documents;

namespace SparseDsl.LanguageServer.Analysis;

/// <summary>Parses and binds documents, with imports from open documents first and then from disk.</summary>
internal sealed class Analyzer(Workspace workspace, ModelCheck? check)
{
    private readonly ConditionalWeakTable<SourceText, ModuleSyntax> trees = [];

    /// <summary>Analyses a text as it is now.</summary>
    /// <exception cref="OperationCanceledException">The result is not wanted any more.</exception>
    public Task<ProgramAnalysis> Analyse(SourceText source, CancellationToken cancellation) => DeepStack.Run(() => Run(source, cancellation), cancellation);

    private ProgramAnalysis Run(SourceText source, CancellationToken cancellation)
    {
        var diagnostics = new DiagnosticBag();
        var syntax = Parser.Parse(source, diagnostics);
        cancellation.ThrowIfCancellationRequested();
        var dependencies = new Dependencies(workspace);
        var symbols = SymbolTable.Build(source, syntax, dependencies.Resolver, Parse);
        cancellation.ThrowIfCancellationRequested();
        var values = new ValueIndex();
        var module = Binder.Bind(syntax, source, dependencies.Resolver, diagnostics, values);
        foreach (var model in module.Models)
        {
            check?.Invoke(model, diagnostics);
        }

        cancellation.ThrowIfCancellationRequested();
        return new ProgramAnalysis(source, syntax, module, symbols, values, diagnostics.Items, dependencies.Texts.ToImmutableDictionary(StringComparer.Ordinal));
    }

    private ModuleSyntax Parse(SourceText source) => trees.GetValue(source, text => Parser.Parse(text, new DiagnosticBag()));

    /// <summary>Finds the modules of one analysis and remembers where it looked.</summary>
    private sealed class Dependencies
    {
        public Dependencies(Workspace workspace) => Resolver = new ModuleResolver((name, from) =>
        {
            if (LibraryFiles.IsLibrary(from) || Workspace.PathOf(name, from.Path) is not { } path)
            {
                return null;
            }

            // One analysis sees one text of a file, whatever happens to it meanwhile.
            if (!Texts.TryGetValue(path, out var text))
            {
                text = workspace.Read(path);
                Texts.Add(path, text);
            }

            return text;
        });

        public ModuleResolver Resolver { get; }

        public Dictionary<string, SourceText?> Texts { get; } = new(StringComparer.Ordinal);
    }
}
