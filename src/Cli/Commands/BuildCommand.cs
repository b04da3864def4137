using System.CommandLine;
using Microsoft.CodeAnalysis.CSharp;
using SparseDsl.Backends.CSharp;
using SparseDsl.Cli.Data;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Pipeline;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Runtime;

namespace SparseDsl.Cli.Commands;

/// <summary>
/// <c>build FILE --target csharp -o DIR</c>: a model as a class library that needs only the runtime, which is copied beside it, and a program that shows how to call it.
/// With <c>--target x64</c> or <c>arm64</c>, as a native library: see <see cref="NativeBuild"/>; with <c>ptx</c>, for GPUs: see <see cref="PtxBuild"/>.
/// </summary>
internal static class BuildCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Streams streams)
    {
        var file = SharedOptions.File();
        var target = new Option<string>("--target") { Description = "csharp: a class library; x64 or arm64: a native library for Linux with a C header; ptx: kernels for NVIDIA's GPUs with a C header", Required = true };
        target.AcceptOnlyFromAmong(["csharp", .. NativeBuild.Targets, PtxBuild.Target]);
        var cpu = SharedOptions.Cpus("with x64 and arm64: the processors that code is made for, of which the library takes the best for the machine, or all; default: x86-64-v3 and generic. With ptx: sm_80, the default, or sm_90a");
        var folder = new Option<string>("--output", "-o") { Description = "where to write; made when it is not there", HelpName = "DIR", Required = true };
        var (model, weights, profile) = (SharedOptions.Model(), SharedOptions.Weights(), SharedOptions.Profile());
        var space = new Option<string>("--namespace") { Description = "namespace of the class", HelpName = "NAME", DefaultValueFactory = _ => "SparseDsl.Generated" };
        var className = new Option<string?>("--class") { Description = "name of the class and the project, or of the native library; default: the model's", HelpName = "NAME" };
        MustBe(space, "a C# namespace", name => name.Split('.').All(IsIdentifier));
        MustBe(className, "a C# identifier", IsIdentifier);
        var command = new Command("build", "Write a model as a C# class library, as a native one, or for GPUs.") { file, target, cpu, folder, space, className, model, weights, profile };
        command.Validators.Add(result =>
        {
            if (result.GetValue(cpu) is { Count: > 0 } named && NativeBuild.Mismatch(result.GetValue(target)!, named) is { } problem)
            {
                result.AddError(problem);
            }
        });
        command.SetAction(parsed =>
        {
            var session = new Session(streams, json: false);
            if (!session.Files.WritesInto(parsed.GetValue(folder)!))
            {
                return session.Finish();
            }

            if (parsed.GetValue(target) == PtxBuild.Target)
            {
                new PtxBuild(session, parsed.GetValue(cpu)!, parsed.GetValue(folder)!, parsed.GetValue(className))
                    .Run(parsed.GetValue(file)!, parsed.GetValue(model), parsed.GetValue(weights), parsed.GetValue(profile));
                return session.Finish();
            }

            if (parsed.GetValue(target) != "csharp")
            {
                new NativeBuild(session, parsed.GetValue(target)!, parsed.GetValue(cpu)!, parsed.GetValue(folder)!, parsed.GetValue(className))
                    .Run(parsed.GetValue(file)!, parsed.GetValue(model), parsed.GetValue(weights), parsed.GetValue(profile));
                return session.Finish();
            }

            var path = parsed.GetValue(file)!;
            if (ProfileFile.Find(session, parsed.GetValue(profile)) is { } machine && SourceFiles.Model(session, path, parsed.GetValue(model)) is { } bound
                && ModelWeights.Read(session, bound, parsed.GetValue(weights)) is { } loaded
                && session.Work("compiling", () => Project(session, bound.Model, loaded, machine, new CSharpOptions { Namespace = parsed.GetValue(space)!, ClassName = parsed.GetValue(className) })) is { } files)
            {
                Write(session, parsed.GetValue(folder)!, files);
            }

            return session.Finish();
        });
        return command;
    }

    private static bool IsIdentifier(string name) => SyntaxFacts.IsValidIdentifier(name) && SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None;

    private static void MustBe(Option option, string what, Func<string, bool> isGood) => option.Validators.Add(result =>
    {
        if (result.Tokens.FirstOrDefault(t => !isGood(t.Value)) is { } wrong)
        {
            result.AddError($"{option.Name} must be {what}, not '{wrong.Value}'");
        }
    });

    /// <summary>The files of a project with code for every target, chosen when the program starts; null after a report.</summary>
    private static IReadOnlyList<ProjectFile>? Project(Session session, BoundModel model, ModelWeights weights, MachineProfile profile, CSharpOptions names)
    {
        var name = names.ClassName ?? ClassNames.Of(model.Name);
        if (ClassNames.Problem(names.Namespace, name) is { } problem)
        {
            session.Diagnostics.Report(GeneratorDiagnostics.ClassName, model.Location, names.Namespace + "." + name, problem);
            return null;
        }

        var options = new CompilationOptions(Target.All[0]) { Weights = weights.Find, Profile = profile };
        return TierCompiler.Lower(model, Target.All, options, null, session.Diagnostics) is { } lowered
            && ModelPacker.Pack(lowered.Tiers, path => weights[path], session.Diagnostics) is { } packed
            ? ProjectWriter.Write(lowered.Tiers, packed, names with { Constants = ModelConstants.InClass(model, lowered.Tiers) })
            : null;
    }

    private static void Write(Session session, string folder, IReadOnlyList<ProjectFile> files)
    {
        var runtime = typeof(ICompiledModel).Assembly.Location;
        if (OutputFolder.Write(session, folder, files.Select(f => (f.Name, f.Content)))
            && Disk.Write(session, Path.Combine(folder, Path.GetFileName(runtime)), temporary => File.Copy(runtime, temporary)))
        {
            session.Output.WriteLine($"{folder}: {string.Join(", ", files.Select(f => f.Name))}");
        }
    }
}
