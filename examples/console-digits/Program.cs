// Tells which digits pictures of 28 x 28 pixels show: dotnet run -- ../digits/seven.png
using System.Globalization;
using ConsoleDigits;
using SparseDsl.Runtime;
using StbImageSharp;

if (args.Length == 0)
{
    Console.Error.WriteLine("usage: ConsoleDigits PICTURE...");
    return 2;
}

try
{
    using var digits = new Digits();
    var (probabilities, digit) = (new float[10], new int[1]);
    foreach (var path in args)
    {
        digits.Run(Picture.Read(path), probabilities, digit);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {digit[0]} ({probabilities[digit[0]]:P1})"));
    }

    return 0;
}
catch (Exception problem) when (problem is IOException or ModelException or InvalidDataException)
{
    Console.Error.WriteLine(problem.Message);
    return 1;
}

internal static class Picture
{
    // White on black, one byte a pixel: what the model asks for.
    public static byte[] Read(string path)
    {
        ImageResult image;
        try
        {
            image = ImageResult.FromMemory(File.ReadAllBytes(path), ColorComponents.Grey);
        }
        catch (Exception problem) when (problem is InvalidOperationException)
        {
            throw new InvalidDataException($"'{path}' is not a picture that can be read", problem);
        }

        return image is { Width: 28, Height: 28 } ? image.Data
            : throw new InvalidDataException($"'{path}' has {image.Width} x {image.Height} pixels; the model reads 28 x 28");
    }
}
