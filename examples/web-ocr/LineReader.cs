using System.Collections.Concurrent;
using System.Drawing;
using System.Text;
using StbImageSharp;

namespace WebOcr;

/// <summary>Reads pictures of one line of text, on any number of threads at once.</summary>
/// <remarks>
/// The network maps 1 × 3 × 48 × W to 1 × (W + 3) / 8 × classes: at each of so many places along the line, the likelihood of each character. It takes blue, green, red from -1 to
/// 1. Characters are decoded greedily (connectionist temporal classification): repetitions count once, and class 0 separates characters.
/// </remarks>
internal sealed class LineReader : IDisposable
{
    private const int Height = 48;
    private const int ColumnsOfPlace = 8;
    private const int FewestPlaces = 40;
    private const int MostPlaces = 320;

    private readonly Recognizer recognizer = new();
    private readonly ConcurrentBag<Recognizer> idle = [];

    // One character a line; the space is not listed and comes last.
    private readonly string[] characters = [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "keys.txt")), " "];

    /// <summary>The text of a picture with three bytes a pixel: red, green, blue.</summary>
    public string Read(ImageResult picture)
    {
        // Whole multiples of 32 columns, so that few different widths occur.
        var line = TextIn(picture);
        var columns = Math.Clamp((int)Math.Ceiling((double)Height * line.Width / line.Height), 1, MostPlaces * ColumnsOfPlace);
        var places = Math.Max(FewestPlaces, (columns + 31) / 32 * 4);
        var image = Prepare(picture, line, columns, places * ColumnsOfPlace);
        var likelihoods = new float[places * (characters.Length + 1)];
        if (!idle.TryTake(out var context))
        {
            context = recognizer.CreateContext();
        }

        try
        {
            context.Run(image, likelihoods, n: 1, w: places * ColumnsOfPlace);
        }
        finally
        {
            idle.Add(context);
        }

        return Decode(likelihoods);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (idle.TryTake(out var context))
        {
            context.Dispose();
        }

        recognizer.Dispose();
    }

    private string Decode(ReadOnlySpan<float> likelihoods)
    {
        var classes = characters.Length + 1;
        var text = new StringBuilder();
        for (var (rest, previous) = (0, 0); rest < likelihoods.Length; rest += classes)
        {
            var best = IndexOfLargest(likelihoods.Slice(rest, classes));
            if (best != 0 && best != previous)
            {
                text.Append(characters[best - 1]);
            }

            previous = best;
        }

        return text.ToString();
    }

    private static int IndexOfLargest(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
        {
            best = values[i] > values[best] ? i : best;
        }

        return best;
    }

    // The smallest rectangle around everything that is not the colour of the corner, and a sixth of its height more on all sides. (A picture with
    // more on it than a line needs a detector; see ../ocr.)
    private static Rectangle TextIn(ImageResult picture)
    {
        var (left, top, right, bottom) = (picture.Width, picture.Height, 0, 0);
        for (var y = 0; y < picture.Height; y++)
        {
            for (var x = 0; x < picture.Width; x++)
            {
                if (Enumerable.Range(0, 3).Any(c => Math.Abs(picture.Data[(((y * picture.Width) + x) * 3) + c] - picture.Data[c]) > 64))
                {
                    (left, top, right, bottom) = (Math.Min(left, x), Math.Min(top, y), Math.Max(right, x + 1), Math.Max(bottom, y + 1));
                }
            }
        }

        var margin = (bottom - top) / 6;
        return right <= left ? new Rectangle(0, 0, picture.Width, picture.Height)
            : Rectangle.FromLTRB(Math.Max(0, left - margin), Math.Max(0, top - margin), Math.Min(picture.Width, right + margin), Math.Min(picture.Height, bottom + margin));
    }

    // The text at the network's height, from the left; zeros to the right of it.
    private static float[] Prepare(ImageResult picture, Rectangle line, int columns, int width)
    {
        var image = new float[3 * Height * width];
        for (var channel = 0; channel < 3; channel++)
        {
            for (var y = 0; y < Height; y++)
            {
                for (var x = 0; x < columns; x++)
                {
                    var (u, v) = (line.X + ((x + 0.5f) * line.Width / columns), line.Y + ((y + 0.5f) * line.Height / Height));
                    image[(((channel * Height) + y) * width) + x] = (Sample(picture, u, v, 2 - channel) / 127.5f) - 1;
                }
            }
        }

        return image;
    }

    // Bilinear between pixel centres, the nearest pixel outside, rounded to a byte as the training pictures were.
    private static float Sample(ImageResult picture, float x, float y, int channel)
    {
        var (u, v) = (Math.Clamp(x - 0.5f, 0, picture.Width - 1), Math.Clamp(y - 0.5f, 0, picture.Height - 1));
        var (left, top) = ((int)u, (int)v);
        var (right, bottom) = (Math.Min(left + 1, picture.Width - 1), Math.Min(top + 1, picture.Height - 1));
        var above = At(left, top) + ((u - left) * (At(right, top) - At(left, top)));
        var below = At(left, bottom) + ((u - left) * (At(right, bottom) - At(left, bottom)));
        return MathF.Floor(above + ((v - top) * (below - above)) + 0.5f);

        float At(int column, int row) => picture.Data[(((row * picture.Width) + column) * 3) + channel];
    }
}
