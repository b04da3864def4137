using SparseDsl.Examples.Ocr.Evaluation;

namespace SparseDsl.Ocr.Tests;

/// <summary>How well a text was read, spaces aside: the recogniser was trained without caring for them.</summary>
internal static class Accuracy
{
    /// <summary>1 less the edit distance per character of the truth.</summary>
    public static double OfCharacters(string truth, string read)
    {
        var accuracy = new CharacterAccuracy();
        accuracy.Add(truth, read);
        return accuracy.Value;
    }

    public static string WithoutSpaces(string text) => CharacterAccuracy.WithoutSpaces(text);
}
