using System.Text;

namespace SparseDsl.Examples.Ocr;

/// <summary>What a recogniser read.</summary>
/// <param name="Text">The characters; empty where it saw none.</param>
/// <param name="Confidence">The mean likelihood of the characters, 0 to 1; 0 for the empty text.</param>
public readonly record struct RecognizedText(string Text, float Confidence);

/// <summary>
/// Greedy decoding of connectionist temporal classification (Graves et al., 2006): the likeliest class at each place, where
/// repetitions count once and the blank class, number 0, separates characters.
/// </summary>
public sealed class CtcDecoder
{
    private readonly string[] _characters;

    /// <param name="characters">The characters of the classes from 1 on.</param>
    public CtcDecoder(IEnumerable<string> characters) => _characters = [.. characters];

    /// <summary>Number of classes: the characters and the blank.</summary>
    public int ClassCount => _characters.Length + 1;

    /// <summary>Reads PaddleOCR's list of keys: one character per line; the space is not listed and comes last.</summary>
    public static CtcDecoder FromKeys(string path) => new([.. File.ReadAllLines(path), " "]);

    /// <summary>The text of places × classes likelihoods.</summary>
    public RecognizedText Decode(ReadOnlySpan<float> likelihoods)
    {
        var text = new StringBuilder();
        var (sum, count, previous) = (0.0, 0, 0);
        for (var rest = likelihoods; !rest.IsEmpty; rest = rest[ClassCount..])
        {
            var best = IndexOfMaximum(rest[..ClassCount]);
            if (best != 0 && best != previous)
            {
                text.Append(_characters[best - 1]);
                sum += rest[best];
                count++;
            }

            previous = best;
        }

        return new RecognizedText(text.ToString(), count == 0 ? 0 : (float)(sum / count));
    }

    private static int IndexOfMaximum(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
            {
                best = i;
            }
        }

        return best;
    }
}
