// A native program of one file and its weights that reads digits: dotnet publish, then AotDigits IMAGE...
// An image is a binary PGM (P5) of 28 x 28 pixels, white on black; without arguments it reads one that is drawn here.
using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics.X86;
using System.Text;
using AotDigits;

using var digits = new Digits();
var (probabilities, digit) = (new float[10], new int[1]);
Console.WriteLine($"instructions: {(Avx512BW.VL.IsSupported ? "avx512" : Avx2.IsSupported && Fma.IsSupported ? "avx2" : "128 bits")}");
try
{
    foreach (var (name, image) in args.Length == 0 ? [("a drawn seven", Drawing.Seven())] : args.Select(path => (path, Pgm.Read(path))))
    {
        digits.Run(image, probabilities, digit);
        var start = Stopwatch.GetTimestamp();
        digits.Run(image, probabilities, digit);
        var time = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {digit[0]} ({probabilities[digit[0]]:P1}, {time:0} µs)"));
    }

    return 0;
}
catch (Exception problem) when (problem is IOException or InvalidDataException)
{
    Console.Error.WriteLine(problem.Message);
    return 1;
}

internal static class Drawing
{
    // A bar on top and a slanted stroke down, three pixels wide.
    public static byte[] Seven()
    {
        var image = new byte[28 * 28];
        for (var x = 7; x < 21; x++)
        {
            image.AsSpan((6 * 28) + x, 1).Fill(255);
            image.AsSpan((7 * 28) + x, 1).Fill(255);
        }

        for (var y = 8; y < 23; y++)
        {
            image.AsSpan((y * 28) + 19 - ((y - 8) / 2), 3).Fill(255);
        }

        return image;
    }
}

internal static class Pgm
{
    public static byte[] Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var header = Encoding.ASCII.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, 32))).Split([' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return header is ["P5", "28", "28", "255", ..] && bytes.Length >= 28 * 28 ? bytes[^(28 * 28)..]
            : throw new InvalidDataException($"'{path}' is no binary PGM of 28 x 28 pixels with 255 greys");
    }
}
