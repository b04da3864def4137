using SparseDsl.Tests;

namespace SparseDsl.TestSupport;

/// <summary>The networks that <c>scripts/fetch-models</c> fetches. They are never committed, so a test may have to do without.</summary>
public static class ModelFiles
{
    /// <summary>The path of a file of the models folder; skips the running test, with the reason, where it was not fetched.</summary>
    /// <param name="name">Such as <c>ocr/det.onnx</c>; the script lists them all.</param>
    public static string Require(string name)
    {
        var path = Find(name);
        Assert.SkipWhen(path is null, $"models/{name} is not there: run scripts/fetch-models");
        return path!;
    }

    // SPARSEDSL_MODELS is the folder of an earlier fetch, as it is for the script.
    private static string? Find(string name)
    {
        string?[] folders = [Repository.PathOf("models"), Environment.GetEnvironmentVariable("SPARSEDSL_MODELS")];
        return folders.Where(folder => !string.IsNullOrEmpty(folder))
            .Select(folder => Path.Combine(folder!, name))
            .FirstOrDefault(File.Exists);
    }
}
