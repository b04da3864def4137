using System.CommandLine;
using System.Text;
using SparseDsl.Backends.CSharp;
using SparseDsl.Cli.Data;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli.Commands;

/// <summary>
/// <c>pack FILE -o MODEL.sdw</c>: the weights of a model as the class that the source generator writes maps them, and, with <c>--storage</c>, how they are
/// stored, for the generator to make the same choices.
/// </summary>
internal static class PackCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        var file = SharedOptions.File();
        var output = new Option<string?>("--output", "-o") { Description = "the packed weights; default: FILE with the extension .sdw", HelpName = "PATH" };
        var storage = new Option<string?>("--storage") { Description = "also write how weights are stored; the source generator reads it", HelpName = "PATH" };
        var targets = SharedOptions.Targets();
        var optional = new Option<bool>("--if-any") { Description = "write no weights for a file without models, or when there is no weights file" };
        var (model, weights, msbuild) = (SharedOptions.Model(), SharedOptions.Weights(), SharedOptions.MsBuild());
        var command = new Command("pack", "Pack a model's weights for the class that the source generator writes.")
        {
            file, output, storage, targets, optional, model, weights, msbuild,
        };
        command.SetAction(parsed =>
        {
            var session = new Session(streams, json: false) { ForMsBuild = parsed.GetValue(msbuild) };
            var path = parsed.GetValue(file)!;
            var destination = parsed.GetValue(output) ?? Path.ChangeExtension(path, ".sdw");
            if (parsed.GetValue(optional) && NothingToPack(session, path, parsed.GetValue(weights)))
            {
                Remove(destination, parsed.GetValue(storage));
            }
            else if (!session.Diagnostics.HasErrors && SourceFiles.Model(session, path, parsed.GetValue(model)) is { } bound
                && ModelWeights.Read(session, bound, path, parsed.GetValue(weights)) is { } loaded)
            {
                session.Work("packing", () => Pack(session, bound, loaded, parsed.GetValue(targets) ?? Target.All, destination, parsed.GetValue(storage)));
            }

            return session.Finish();
        });
        return command;
    }

    /// <summary>A file of library items, or one whose weights somebody else packs. Mistakes in the program are left to the source generator, which reports them too.</summary>
    private static bool NothingToPack(Session session, string path, string? weights)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        var silent = new Session(new Streams(TextWriter.Null, TextWriter.Null, IsTerminal: false), json: false);
        var module = SourceFiles.Bind(silent, path);
        return module is null || silent.Diagnostics.HasErrors || module.Models.Length != 1
            || (module.Models[0].Params.Length > 0 && weights is null && !File.Exists(ModelWeights.DefaultPath(path)));
    }

    // What an earlier build left would describe other weights.
    private static void Remove(string output, string? storage)
    {
        File.Delete(output);
        if (storage is not null)
        {
            File.Delete(storage);
        }
    }

    private static bool Pack(Session session, BoundModel model, ModelWeights weights, IReadOnlyList<Target> targets, string output, string? storage)
    {
        var options = new CompilationOptions(targets[0]) { Weights = weights.Find };
        if (TierCompiler.LowerWeights(model, targets, options, null, session.Diagnostics) is not { } lowered
            || ModelPacker.Pack(lowered.Tiers, path => weights[path], session.Diagnostics) is not { } packed)
        {
            return false;
        }

        return (storage is null || WriteStorage(session, storage, lowered))
            && Disk.Write(session, output, temporary =>
            {
                using var stream = File.Create(temporary);
                WeightFileWriter.Write(stream, model.Name, ModelHash.Of(lowered.Tiers), packed);
            });
    }

    // An unchanged record keeps its time, so that nothing that reads it is done again.
    private static bool WriteStorage(Session session, string path, LoweredTiers lowered)
    {
        var record = new StorageRecord();
        foreach (var (tier, graph) in lowered.Tiers.Zip(lowered.Graphs))
        {
            record.Add(graph, tier.Target);
        }

        var text = record.Print();
        return (File.Exists(path) && File.ReadAllText(path, Encoding.UTF8) == text) || Disk.Write(session, path, text);
    }
}
