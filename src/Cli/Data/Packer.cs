using System.Text;
using SparseDsl.Backends.CSharp;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli.Data;

/// <summary>Packs the weights of the models of a program.</summary>
/// <param name="session">Is told of mistakes.</param>
/// <param name="program">Path of the program.</param>
/// <param name="output">Path of the packed weights; those of one of several models have its name in theirs.</param>
internal sealed class Packer(Session session, string program, string output)
{
    private readonly StorageRecord record = new();
    private bool anyPacked;

    /// <summary>Path of the weights; null looks beside the program.</summary>
    public string? Weights { get; init; }

    /// <summary>The targets of the class, in the order in which it tries them.</summary>
    public IReadOnlyList<Target> Targets { get; init; } = Target.All;

    /// <summary>What kernels cost on the machine that will run them.</summary>
    public MachineProfile Profile { get; init; } = MachineProfile.Default;

    /// <summary>Where to write how weights are stored; null for nowhere.</summary>
    public string? Storage { get; init; }

    /// <summary>Where to list the files that were read, one a line, for a build to pack again when one changes; null for nowhere.</summary>
    public string? Inputs { get; init; }

    /// <summary>Where to write errors and warnings, which are then not shown; null shows them.</summary>
    public string? Diagnostics { get; init; }

    /// <summary>
    /// Whether a file without models, or without weights, is none of the packer's business. Then mistakes in the program are left to the source generator, which
    /// reports them too, and what an earlier run wrote is deleted when it is not written again: it would describe other weights.
    /// </summary>
    public bool IsOptional { get; init; }

    /// <summary>Packs one model, or all.</summary>
    /// <param name="name">The model; null for all.</param>
    public void Run(string? name)
    {
        foreach (var path in new[] { output, Storage, Diagnostics, Inputs }.OfType<string>())
        {
            session.Files.Writes(path);
        }

        var hasNone = IsOptional && HasNone();
        if (hasNone)
        {
            session.Files.Reads(program);
        }

        if (session.Diagnostics.HasErrors)
        {
            WriteDiagnostics();
            return;
        }

        var models = hasNone ? [] : SourceFiles.Models(session, program, name);
        if (models.Count == 0)
        {
            Delete(output);
        }

        foreach (var model in models)
        {
            session.Work("packing " + model.Model.Name, () => Pack(model, name is null ? DefaultWeights.NameFor(output, model.Module, model.Model) : output));
        }

        if (anyPacked && Storage is not null && !session.Diagnostics.HasErrors)
        {
            WriteIfChanged(Storage, record.Print());
        }
        else if (!anyPacked)
        {
            Delete(Storage);
        }

        WriteDiagnostics();
        if (Inputs is not null)
        {
            WriteIfChanged(Inputs, string.Concat(session.Files.Inputs.Select(path => path + "\n")));
        }
    }

    private bool HasNone()
    {
        if (!File.Exists(program))
        {
            return false;
        }

        var silent = new Session(new Streams(TextWriter.Null, TextWriter.Null, IsTerminal: false), json: false);
        var hasNone = SourceFiles.Bind(silent, program) is not { Models.IsEmpty: false } || silent.Diagnostics.HasErrors;
        session.Files.Inputs.UnionWith(silent.Files.Inputs);
        return hasNone;
    }

    private bool Pack(ProgramModel source, string destination)
    {
        var model = source.Model;
        if (IsOptional && !model.Params.IsEmpty && Weights is null && !File.Exists(source.DefaultWeights))
        {
            Delete(destination);
            return true;
        }

        // Weights that are said to be for the whole program are read for the models that have parameters.
        if (ModelWeights.Read(session, source, model.Params.IsEmpty && source.Module.Models.Length > 1 ? null : Weights) is not { } loaded)
        {
            return false;
        }

        var options = new CompilationOptions(Targets[0]) { Weights = loaded.Find, Profile = Profile };
        if (TierCompiler.LowerWeights(model, Targets, options, null, session.Diagnostics) is not { } lowered)
        {
            return false;
        }

        if (ModelConstants.InClass(model, lowered.Tiers) is not null)
        {
            Delete(destination);
            if (!IsOptional)
            {
                session.Output.WriteLine($"{model.Name} needs no packed weights: its class holds its constants");
            }

            return true;
        }

        return ModelPacker.Pack(lowered.Tiers, path => loaded[path], session.Diagnostics) is { } packed && Write(model, lowered, packed, destination);
    }

    private bool Write(BoundModel model, LoweredTiers lowered, IReadOnlyList<PackedWeight> packed, string destination)
    {
        foreach (var (tier, graph) in lowered.Tiers.Zip(lowered.Graphs))
        {
            record.Add(graph, tier.Target);
        }

        anyPacked = true;
        return Disk.Write(session, destination, temporary =>
        {
            using var stream = File.Create(temporary);
            WeightFileWriter.Write(stream, model.Name, ModelHash.Of(lowered.Tiers), packed);
        });
    }

    private void WriteDiagnostics()
    {
        if (Diagnostics is null)
        {
            return;
        }

        var source = new SourceText(program, "");
        var told = session.Diagnostics.Items.ToList();
        // The last line is for the build: whoever reports the others will stop it.
        var end = session.Diagnostics.HasErrors ? "# errors\n" : "";
        if (WriteIfChanged(Diagnostics, string.Concat(told.Select(d => DiagnosticLine.Of(d, source).Print() + "\n")) + end))
        {
            session.ToldElsewhere.UnionWith(told);
        }
    }

    // An unchanged file keeps its time, so that nothing that reads it is done again.
    private bool WriteIfChanged(string path, string text) =>
        (File.Exists(path) && File.ReadAllText(path, Encoding.UTF8) == text) || Disk.Write(session, path, text);

    private void Delete(string? path)
    {
        if (IsOptional && path is not null && session.Files.MayWrite(path))
        {
            File.Delete(path);
        }
    }
}
