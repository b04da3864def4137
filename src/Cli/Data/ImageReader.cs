using SkiaSharp;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli.Data;

/// <summary>Makes input tensors from PNG and JPEG files.</summary>
internal static class ImageReader
{
    // A picture of more pixels is a mistake, or an attack: a small file can claim any size.
    private const long MostPixels = 100_000_000;

    /// <summary>Whether the extension is that of an image.</summary>
    public static bool IsKnown(string path) => Path.GetExtension(path).ToLowerInvariant() is ".png" or ".jpg" or ".jpeg";

    /// <summary>The tensor of a file for an input; null after a report.</summary>
    public static TensorData? Read(Session session, string path, BoundInput input)
    {
        if (input.Image is null)
        {
            session.Report(FileDiagnostics.NotAnImage, input.Name);
            return null;
        }

        if (ImageSettings.Of(session, input) is not { } settings || Decode(session, path) is not { } picture)
        {
            return null;
        }

        var planes = Fit(Planes(picture, settings), settings);
        return Tensor(planes, settings, input.Type);
    }

    private static Picture? Decode(Session session, string path)
    {
        byte[] bytes;
        try
        {
            session.Files.Reads(path);
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception problem) when (Disk.IsFileProblem(problem))
        {
            Disk.ReportUnreadable(session, path, problem);
            return null;
        }

        using var data = SKData.CreateCopy(bytes);
        using var codec = SKCodec.Create(data);
        if (codec is null)
        {
            session.Report(FileDiagnostics.BadImage, path, "it is neither PNG nor JPEG");
            return null;
        }

        if ((long)codec.Info.Width * codec.Info.Height > MostPixels)
        {
            session.Report(FileDiagnostics.BadImage, path, "it has more than 100 million pixels");
            return null;
        }

        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        var pixels = new byte[info.BytesSize];
        var result = Decode(codec, info, pixels);
        if (result != SKCodecResult.Success)
        {
            session.Report(FileDiagnostics.BadImage, path, result == SKCodecResult.IncompleteInput ? "it ends too early" : "it is damaged");
            return null;
        }

        return new Picture(info.Height, info.Width, pixels);
    }

    private static unsafe SKCodecResult Decode(SKCodec codec, SKImageInfo info, byte[] pixels)
    {
        fixed (byte* first = pixels)
        {
            return codec.GetPixels(info, (nint)first);
        }
    }

    /// <summary>One plane for each channel, of values 0 to 255; what is transparent lies on white.</summary>
    private static List<Plane> Planes(Picture picture, ImageSettings settings)
    {
        var planes = Enumerable.Range(0, settings.Channels).Select(_ => new Plane(picture.Height, picture.Width, new float[picture.Height * picture.Width])).ToList();
        for (var i = 0; i < picture.Height * picture.Width; i++)
        {
            var (r, g, b) = (Over(picture, i, 0), Over(picture, i, 1), Over(picture, i, 2));
            switch (settings.Colour)
            {
                case "gray":
                    // ITU-R BT.601, rounded to whole bytes. A grey pixel keeps its value.
                    planes[0].Values[i] = MathF.Floor((float)((0.299 * r) + (0.587 * g) + (0.114 * b) + 0.5));
                    break;
                case "rgb":
                    (planes[0].Values[i], planes[1].Values[i], planes[2].Values[i]) = (r, g, b);
                    break;
                default:
                    (planes[0].Values[i], planes[1].Values[i], planes[2].Values[i]) = (b, g, r);
                    break;
            }
        }

        return planes;
    }

    private static float Over(Picture picture, int pixel, int channel)
    {
        int alpha = picture.Pixels[(pixel * 4) + 3];
        return ((picture.Pixels[(pixel * 4) + channel] * alpha) + (255 * (255 - alpha)) + 127) / 255;
    }

    private static List<Plane> Fit(List<Plane> planes, ImageSettings settings)
    {
        var (height, width) = (planes[0].Height, planes[0].Width);
        var (newHeight, newWidth) = (settings.Height, settings.Width) switch
        {
            ({ } h, { } w) when settings.KeepsAspect => Inside(height, width, h, w),
            ({ } h, { } w) => (h, w),
            ({ } h, null) when settings.KeepsAspect => (h, Math.Max(1, (int)Math.Round((double)width * h / height))),
            (null, { } w) when settings.KeepsAspect => (Math.Max(1, (int)Math.Round((double)height * w / width)), w),
            var (h, w) => (h ?? height, w ?? width),
        };
        return (newHeight, newWidth) == (height, width) ? planes : [.. planes.Select(p => p.Resize(newHeight, newWidth))];
    }

    /// <summary>The largest size of the picture's aspect inside a frame.</summary>
    private static (int Height, int Width) Inside(int height, int width, int frameHeight, int frameWidth)
    {
        var scale = Math.Min((double)frameHeight / height, (double)frameWidth / width);
        return (Math.Clamp((int)Math.Round(height * scale), 1, frameHeight), Math.Clamp((int)Math.Round(width * scale), 1, frameWidth));
    }

    /// <summary>Normalised planes one after the other, zeros to the right and below.</summary>
    private static TensorData Tensor(List<Plane> planes, ImageSettings settings, TensorType type)
    {
        // With both sizes given the frame is always full, so that the shape does not depend on the picture.
        var frame = settings is { KeepsAspect: true, Height: not null, Width: not null };
        var height = Up(frame ? settings.Height!.Value : planes[0].Height, settings.PadTo);
        var width = Up(frame ? settings.Width!.Value : planes[0].Width, settings.PadTo);
        var values = new float[planes.Count * height * width];
        for (var c = 0; c < planes.Count; c++)
        {
            var plane = planes[c];
            for (var y = 0; y < plane.Height; y++)
            {
                for (var x = 0; x < plane.Width; x++)
                {
                    var value = plane.Values[(y * plane.Width) + x];
                    values[(((c * height) + y) * width) + x] = type.Element == ElementType.U8
                        ? MathF.Floor(value + 0.5f)
                        : (float)(((value * settings.Scale) - settings.Mean[c]) / settings.Deviation[c]);
                }
            }
        }

        int[] shape = type.Rank switch
        {
            2 => [height, width],
            3 => settings.Channels == 1 ? [1, height, width] : [3, height, width],
            _ => [1, planes.Count, height, width],
        };
        return TensorData.FromFloats(values, shape).ConvertTo(type.Element);
    }

    private static int Up(int size, int multiple) => (size + multiple - 1) / multiple * multiple;

    private sealed record Picture(int Height, int Width, byte[] Pixels);

    private sealed record Plane(int Height, int Width, float[] Values)
    {
        /// <summary>Bilinear between the centres of pixels, edges repeated.</summary>
        public Plane Resize(int height, int width)
        {
            var result = new Plane(height, width, new float[height * width]);
            for (var y = 0; y < height; y++)
            {
                var (top, bottom, down) = Source(y, height, Height);
                for (var x = 0; x < width; x++)
                {
                    var (left, right, across) = Source(x, width, Width);
                    var upper = Mix(Values[(top * Width) + left], Values[(top * Width) + right], across);
                    var lower = Mix(Values[(bottom * Width) + left], Values[(bottom * Width) + right], across);
                    result.Values[(y * width) + x] = Mix(upper, lower, down);
                }
            }

            return result;
        }

        private static float Mix(float a, float b, float t) => a + ((b - a) * t);

        private static (int Low, int High, float Part) Source(int at, int count, int sourceCount)
        {
            var place = Math.Clamp(((at + 0.5) * sourceCount / count) - 0.5, 0, sourceCount - 1);
            var low = (int)place;
            return (low, Math.Min(low + 1, sourceCount - 1), (float)(place - low));
        }
    }
}
