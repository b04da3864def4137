using SparseDsl.Compiler.Cost;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Measurement;

namespace SparseDsl.Cli.Data;

/// <summary>Where the profile of this machine is, and reading it.</summary>
internal static class ProfileFile
{
    /// <summary>The environment variable that names a profile for all commands.</summary>
    public const string Variable = "SPARSEDSL_PROFILE";

    /// <summary>The word that stands for the profile that ships with the compiler.</summary>
    private const string Shipped = "default";

    /// <summary>The default path, as documentation says it.</summary>
    public const string DefaultPathText = "sparsedsl/profile.json in the folder of settings";

    /// <summary>In the user's folder of settings.</summary>
    public static string DefaultPath => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "sparsedsl", "profile.json");

    /// <summary>The version of this compiler, as profiles state it.</summary>
    public static string CompilerVersion { get; } = typeof(MachineProfile).Assembly.GetName().Version!.ToString(3);

    /// <summary>
    /// The profile a command uses: the one the user names, else that of the environment, else that at the default path, else the shipped one. One that is named
    /// must be good (null after a report); what is wrong with one that merely lies there is a warning.
    /// </summary>
    public static MachineProfile? Find(Session session, string? option)
    {
        var named = option ?? Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(named))
        {
            return Named(session, named);
        }

        if (!File.Exists(DefaultPath))
        {
            return MachineProfile.Default;
        }

        if (TryRead(DefaultPath, out var profile, out var problem))
        {
            Compare(session, DefaultPath, profile!);
            return profile;
        }

        session.Report(FileDiagnostics.ProfileDoubted, DefaultPath, "is not used: " + problem);
        return MachineProfile.Default;
    }

    /// <summary>The profile a command uses whose result must not depend on what lies on this machine: the one the user names, else the shipped one.</summary>
    public static MachineProfile? Named(Session session, string? path)
    {
        if (path is null or Shipped)
        {
            return MachineProfile.Default;
        }

        if (!TryRead(path, out var profile, out var problem))
        {
            session.Report(FileDiagnostics.BadProfile, path, problem);
            return null;
        }

        session.Files.Reads(path);
        Compare(session, path, profile!);
        return profile;
    }

    private static bool TryRead(string path, out MachineProfile? profile, out string problem)
    {
        profile = null;
        try
        {
            profile = MachineProfile.TryParse(File.ReadAllText(path), out problem);
        }
        catch (Exception unreadable) when (Disk.IsFileProblem(unreadable))
        {
            problem = Disk.Explain(unreadable, path);
        }

        return profile is not null;
    }

    // It is used all the same: a guess from a similar machine is better than the shipped one, and the user may compile for another machine.
    private static void Compare(Session session, string path, MachineProfile profile)
    {
        if (profile.Machine != Machine.Name)
        {
            session.Report(FileDiagnostics.ProfileDoubted, path, $"was measured on another machine ({profile.Machine}; this one is {Machine.Name})");
        }
        else if (profile.Compiler != CompilerVersion)
        {
            session.Report(FileDiagnostics.ProfileDoubted, path, $"was measured with another version of the compiler ({profile.Compiler}; this one is {CompilerVersion})");
        }
    }
}
