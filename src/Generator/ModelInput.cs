using System.Collections.Immutable;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;

namespace SparseDsl.Generator;

/// <summary>A text by path.</summary>
internal sealed record TextFile(string Path, string Text);

/// <summary>Everything that the classes of one file depend on.</summary>
/// <param name="File">The file.</param>
/// <param name="Imported">The files it imports, directly or not, by path.</param>
/// <param name="Storage">The packer's record of storage; null when there is none.</param>
/// <param name="Clashes">Names that it would give and an earlier file gives already.</param>
/// <param name="Project">Settings of the project.</param>
internal sealed record ModelInput(DslFile File, EquatableArray<TextFile> Imported, string? Storage, EquatableArray<Clash> Clashes, ProjectSettings Project)
{
    /// <summary>Picks what a file needs from all files of the project.</summary>
    public static ModelInput Of(DslFile file, ImmutableArray<DslFile> all, ImmutableArray<StorageText> records, ProjectSettings project)
    {
        var found = new SortedDictionary<string, DslFile>(StringComparer.Ordinal);
        var open = new Stack<DslFile>([file]);
        while (open.Count > 0)
        {
            var from = open.Pop();
            foreach (var path in from.Imports.Where(IsOfProject).Select(name => DslFile.PathOf(name, from.Path)).Where(p => !found.ContainsKey(p)))
            {
                if (all.FirstOrDefault(f => f.Path == path) is { } imported)
                {
                    found.Add(path, imported);
                    open.Push(imported);
                }
            }
        }

        var storage = records.FirstOrDefault(r => r.For == file.Path)?.Text;
        var clashes = Clash.Of(file, all, [.. records.Select(r => r.For)], project);
        return new ModelInput(file, new([.. found.Values.Select(f => new TextFile(f.Path, f.Text))]), storage, clashes, project);
    }

    /// <summary>Finds imported modules among the project's files.</summary>
    public IModuleResolver Resolver()
    {
        var texts = Imported.ToDictionary(f => f.Path, f => new SourceText(f.Path, f.Text), StringComparer.Ordinal);
        return new ModuleResolver((name, from) => texts.TryGetValue(DslFile.PathOf(name, from.Path), out var text) ? text : null);
    }

    private static bool IsOfProject(string module) => StandardLibrary.Find(module) is null;
}
