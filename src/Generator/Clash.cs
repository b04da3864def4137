using System.Collections.Immutable;
using SparseDsl.Backends.CSharp;

namespace SparseDsl.Generator;

/// <summary>A name that a file would give and that is taken.</summary>
/// <param name="Model">The file's model whose class it is; null for the packed weights.</param>
/// <param name="Name">The full name of the class, or the name of the packed weights.</param>
/// <param name="OtherModel">The model that has the class; empty for packed weights.</param>
/// <param name="OtherFile">The file that has the name, seen from the project's folder.</param>
internal sealed record Clash(string? Model, string Name, string OtherModel, string OtherFile)
{
    /// <summary>The clashes of a file with those before it, by path, and of its own models. Case does not matter: files are named after classes.</summary>
    /// <param name="file">The file.</param>
    /// <param name="all">All files of the project.</param>
    /// <param name="packed">Paths of the files whose weights are packed.</param>
    /// <param name="project">Settings of the project.</param>
    public static EquatableArray<Clash> Of(DslFile file, ImmutableArray<DslFile> all, HashSet<string> packed, ProjectSettings project)
    {
        var clashes = new List<Clash>();
        var classes = new Dictionary<string, (string Model, string Path)>(StringComparer.OrdinalIgnoreCase);
        var before = all.Where(f => string.CompareOrdinal(f.Path, file.Path) < 0).OrderBy(f => f.Path, StringComparer.Ordinal).ToList();
        foreach (var other in before.Append(file))
        {
            foreach (var model in other.Models)
            {
                var name = ClassName(other, model, project);
                if (!classes.TryGetValue(name, out var taken))
                {
                    classes.Add(name, (model, other.Path));
                }
                else if (other == file)
                {
                    clashes.Add(new Clash(model, name, taken.Model, project.Relative(taken.Path)));
                }
            }
        }

        if (packed.Contains(file.Path) && before.FirstOrDefault(f => packed.Contains(f.Path) && HasWeightsOf(f, file)) is { } same)
        {
            clashes.Add(new Clash(null, file.Settings.Weights!, "", project.Relative(same.Path)));
        }

        return new([.. clashes]);
    }

    private static string ClassName(DslFile file, string model, ProjectSettings project) =>
        (file.Settings.Namespace ?? project.Namespace) + "." + (file.Settings.ClassName ?? ClassNames.Of(model));

    private static bool HasWeightsOf(DslFile other, DslFile file) =>
        file.Settings.Weights is { } name && string.Equals(other.Settings.Weights, name, StringComparison.OrdinalIgnoreCase);
}
