using System.Text;

namespace SparseDsl.Pruning;

/// <summary>A module that imports a network and promises the zeros of its weights.</summary>
public static class Overlay
{
    /// <summary>The text, in canonical form.</summary>
    /// <param name="module">The module's name.</param>
    /// <param name="import">The module of the network.</param>
    /// <param name="model">The network's name.</param>
    /// <param name="comment">A line that says where the weights come from.</param>
    /// <param name="annotations">Annotations without <c>@</c> by parameter path.</param>
    public static string Write(string module, string import, string model, string comment, IEnumerable<(string Path, string Annotation)> annotations)
    {
        var text = new StringBuilder();
        text.Append("// ").Append(comment).Append("\nmodule ").Append(module).Append("\n\nimport ").Append(import).Append("\n\nsparsify ").Append(model).Append(" {\n");
        foreach (var (path, annotation) in annotations)
        {
            text.Append("    ").Append(path).Append(" : ").Append(annotation).Append('\n');
        }

        return text.Append("}\n").ToString();
    }
}
