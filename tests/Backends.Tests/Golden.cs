using SparseDsl.Tests;

namespace SparseDsl.Backends.Tests;

/// <summary>Texts kept in tests/Golden; the environment variable UPDATE_GOLDENS=1 rewrites them.</summary>
internal static class Golden
{
    public static string Read(string file) => File.ReadAllText(Repository.PathOf("tests/Golden/" + file));

    public static void Check(string file, string actual)
    {
        var path = Repository.PathOf("tests/Golden/" + file);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDENS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"tests/Golden/{file} is missing: run with UPDATE_GOLDENS=1");
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
