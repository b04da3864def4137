using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Data;
using SparseDsl.Pruning;

namespace SparseDsl.Cli.Pruning;

/// <summary>
/// What pruning and quantisation write: an overlay, the weights beside it, and, where the overlay does not stand beside the program, the program with what it imports.
/// </summary>
internal sealed class PruningOutput
{
    private readonly Session _session;
    private readonly string _overlay;
    private readonly BoundModel _model;
    private readonly string _import;

    // Texts of the program and what it imports, by their paths from the overlay's folder.
    private readonly Dictionary<string, string> _modules = new(StringComparer.Ordinal);

    private PruningOutput(Session session, string overlay, BoundModel model, string import) => (_session, _overlay, _model, _import) = (session, overlay, model, import);

    /// <summary>The overlay's path.</summary>
    public string Path => _overlay;

    /// <summary>The weights' path.</summary>
    public string Weights => System.IO.Path.ChangeExtension(_overlay, ".safetensors");

    /// <summary>Checks that there can be an overlay at a path; null after a report.</summary>
    /// <param name="session">Where mistakes go.</param>
    /// <param name="program">The program's path.</param>
    /// <param name="model">Its model.</param>
    /// <param name="overlay">The overlay's path; null puts it beside the program.</param>
    /// <param name="suffix">What is then behind the program's name.</param>
    public static PruningOutput? At(Session session, string program, BoundModel model, string? overlay, string suffix = "_pruned")
    {
        var stem = System.IO.Path.GetFileNameWithoutExtension(program);
        var import = NodeNames.Identifier(stem);
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(program))!;
        var path = overlay ?? System.IO.Path.Combine(System.IO.Path.GetDirectoryName(program) ?? "", import + suffix + ".dsl");
        var name = System.IO.Path.GetFileNameWithoutExtension(path);
        if (name != NodeNames.Identifier(name) || name == import || System.IO.Path.GetExtension(path) != ".dsl" || path.Contains('\0', StringComparison.Ordinal))
        {
            session.Report(PruningDiagnostics.OverlayName, path);
            return null;
        }

        var output = new PruningOutput(session, path, model, import);
        output.Collect(program, folder, import);
        return session.Diagnostics.HasErrors || !output.IsFree(program) ? null : output;
    }

    /// <summary>Whether what is written is nothing that is read. False after a report.</summary>
    public bool IsApart() =>
        _session.Files.WritesInto(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(_overlay))!) && Claim(_overlay) && Claim(Weights);

    // Its folder may not be there yet.
    private bool Claim(string path) => !Directory.Exists(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))) || _session.Files.Writes(path);

    /// <summary>The network with annotations.</summary>
    public BoundModel Bind(IEnumerable<(string Path, string Annotation)> annotations)
    {
        var lines = annotations.ToList();
        if (lines.Count == 0)
        {
            return _model;
        }

        var resolver = new ModuleResolver((name, _) =>
            _modules.TryGetValue(name.Replace('.', System.IO.Path.DirectorySeparatorChar) + ".dsl", out var text) ? new SourceText(name, text) : null);
        var diagnostics = new DiagnosticBag();
        var bound = Compilation.Bind(new SourceText(_overlay, Text("", lines)), resolver, diagnostics);
        return bound.Models.FirstOrDefault(m => m.Name == _model.Name) ?? throw new CompilerBugException("the overlay does not bind: " + diagnostics.Items[0].OneLine);
    }

    /// <summary>Writes all files, the overlay last: without it the others are of no effect. False after a report.</summary>
    public bool Write(PruningResult result, string comment) =>
        Write(result.Weights, result.Layers.Where(l => l.Annotation is not null).Select(l => (l.Path, l.Annotation!)), comment);

    /// <summary>As the other, for weights and annotations by parameter path.</summary>
    public bool Write(IReadOnlyDictionary<string, TensorData> weights, IEnumerable<(string Path, string Annotation)> annotations, string comment)
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(_overlay))!;
        if (!MakeFolder(folder))
        {
            return false;
        }

        return Disk.Write(_session, Weights, temporary => TensorFiles.Write(temporary, weights))
            && _modules.All(m => WriteModule(System.IO.Path.Combine(folder, m.Key), m.Value))
            && Disk.Write(_session, _overlay, Text(comment, annotations));
    }

    private string Text(string comment, IEnumerable<(string Path, string Annotation)> annotations) =>
        Overlay.Write(System.IO.Path.GetFileNameWithoutExtension(_overlay), _import, _model.Name, comment, annotations);

    private bool WriteModule(string path, string text)
    {
        if (File.Exists(path))
        {
            return true;
        }

        return MakeFolder(System.IO.Path.GetDirectoryName(path)!) && Disk.Write(_session, path, text);
    }

    private bool MakeFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return true;
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            _session.Report(FileDiagnostics.CannotWrite, folder, Disk.Explain(problem));
            return false;
        }
    }

    // The program, and the modules that binding it asks for.
    private void Collect(string program, string folder, string import)
    {
        var files = SourceFiles.Resolver(_session);
        if (SourceFiles.Read(_session, program) is not { } source)
        {
            return;
        }

        _modules[import + ".dsl"] = source.Text;
        var seen = new ModuleResolver((name, from) =>
        {
            var text = files.Resolve(name, from);
            if (text is not null)
            {
                _modules[System.IO.Path.GetRelativePath(folder, System.IO.Path.GetFullPath(text.Path))] = text.Text;
            }

            return text;
        });
        Compilation.Bind(source, seen, new DiagnosticBag());
    }

    private bool IsFree(string program)
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(_overlay))!;
        foreach (var (name, text) in _modules)
        {
            var path = System.IO.Path.Combine(folder, name);
            if (File.Exists(path) && SourceFiles.Read(_session, path)?.Text != text)
            {
                if (!_session.Diagnostics.HasErrors)
                {
                    _session.Report(PruningDiagnostics.Occupied, path, program);
                }

                return false;
            }
        }

        return true;
    }
}
