using System.CommandLine;
using SparseDsl.Cli.Data;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Cost;

namespace SparseDsl.Cli.Commands;

/// <summary>
/// <c>pack FILE -o MODEL.sdw</c>: the weights of models as the classes that the source generator writes map them, and, with <c>--storage</c>, how they are
/// stored, for the generator to make the same choices.
/// </summary>
internal static class PackCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        var file = SharedOptions.File();
        var output = new Option<string?>("--output", "-o")
        {
            Description = "the packed weights; default: FILE with the extension .sdw. Each of several models gets a file with its name in it: net.Detector.sdw",
            HelpName = "PATH",
        };
        var storage = new Option<string?>("--storage") { Description = "also write how weights are stored; the source generator reads it", HelpName = "PATH" };
        var diagnostics = new Option<string?>("--diagnostics") { Description = "write errors and warnings to a file; the source generator reports them as the project asks", HelpName = "PATH" };
        var inputs = new Option<string?>("--inputs") { Description = "list the files that were read, one a line: the weights are to be packed again when one changes", HelpName = "PATH" };
        var targets = SharedOptions.Targets();
        var optional = new Option<bool>("--if-any") { Description = "write no weights for a file without models, or when there is no weights file" };
        var (model, weights, msbuild) = (SharedOptions.Model(), SharedOptions.Weights(), SharedOptions.MsBuild());
        // Not SharedOptions.Profile: a build must not depend on what lies in a folder of the user's.
        var profile = new Option<string?>("--profile") { Description = "what kernels cost on the machine that will run them, from 'sparsedsl calibrate'", HelpName = "PATH" };
        var command = new Command("pack", "Pack models' weights for the classes that the source generator writes.")
        {
            file, output, storage, diagnostics, inputs, targets, optional, model, weights, profile, msbuild,
        };
        command.SetAction(parsed =>
        {
            var session = new Session(streams, json: false) { ForMsBuild = parsed.GetValue(msbuild) };
            var path = parsed.GetValue(file)!;
            var machine = ProfileFile.Named(session, parsed.GetValue(profile));
            var packer = new Packer(session, path, parsed.GetValue(output) ?? Path.ChangeExtension(path, ".sdw"))
            {
                Weights = parsed.GetValue(weights),
                Profile = machine ?? MachineProfile.Default,
                Targets = parsed.GetValue(targets) ?? Target.All,
                Storage = parsed.GetValue(storage),
                Diagnostics = parsed.GetValue(diagnostics),
                Inputs = parsed.GetValue(inputs),
                IsOptional = parsed.GetValue(optional),
            };
            packer.Run(parsed.GetValue(model));
            return session.Finish();
        });
        return command;
    }
}
