using System.Collections.Immutable;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;

namespace SparseDsl.Cli;

/// <summary>How a picture becomes a tensor, from <c>from image(…)</c>. The language's documentation says what each setting means.</summary>
/// <param name="Colour"><c>gray</c>, <c>rgb</c> or <c>bgr</c>.</param>
/// <param name="Height">Rows after resizing; null keeps them.</param>
/// <param name="Width">Columns after resizing; null keeps them, or follows the height.</param>
/// <param name="KeepsAspect">Whether the extent that is not given follows the one that is.</param>
/// <param name="PadTo">Both extents are filled up with zeros to a multiple of this.</param>
/// <param name="Scale">What bytes are multiplied with.</param>
/// <param name="Mean">Subtracted from each channel afterwards.</param>
/// <param name="Deviation">What each channel is divided by then.</param>
internal sealed record ImageSettings(
    string Colour, int? Height, int? Width, bool KeepsAspect, int PadTo, double Scale, ImmutableArray<double> Mean, ImmutableArray<double> Deviation)
{
    private static readonly string[] Names = ["height", "width", "keep_aspect", "pad_to", "scale", "mean", "std"];

    /// <summary>Number of colour channels.</summary>
    public int Channels => Colour == "gray" ? 1 : 3;

    /// <summary>Whether pixels stay as they are in the file.</summary>
    public bool KeepsValues => Scale == 1 && Mean.All(m => m == 0) && Deviation.All(d => d == 1);

    /// <summary>Reports wrong settings of all inputs of a model.</summary>
    public static void Check(Session session, BoundModel model)
    {
        foreach (var input in model.Inputs.Where(i => i.Image is not null))
        {
            Of(session, input);
        }
    }

    /// <summary>The settings of an input that has some; null after a report.</summary>
    public static ImageSettings? Of(Session session, BoundInput input)
    {
        var reader = new Reader(session, input);
        foreach (var name in input.Image!.Settings.Keys.Where(n => n != "colour" && !Names.Contains(n)).Order(StringComparer.Ordinal))
        {
            session.Diagnostics.Report(FileDiagnostics.UnknownImageSetting, input.Image.Settings[name].Place, name, string.Join(", ", Names));
            reader.Fail();
        }

        var colour = reader.Colour();
        var channels = colour == "gray" ? 1 : 3;
        var settings = new ImageSettings(
            colour, reader.Size("height"), reader.Size("width"), reader.Flag("keep_aspect"), reader.Size("pad_to") ?? 1,
            reader.Number("scale", 1), reader.Channels("mean", 0, channels), reader.Channels("std", 1, channels));
        if (!reader.HasFailed)
        {
            reader.CheckType(settings);
        }

        return reader.HasFailed ? null : settings;
    }

    /// <summary>Reads settings of the types they must have.</summary>
    private sealed class Reader(Session session, BoundInput input)
    {
        private readonly ImmutableDictionary<string, ImageSetting> settings = input.Image!.Settings;

        public bool HasFailed { get; private set; }

        public void Fail() => HasFailed = true;

        public string Colour()
        {
            var colour = Value("colour") as string ?? "";
            if (colour is not ("gray" or "rgb" or "bgr"))
            {
                Report("colour", "the first must be gray, rgb or bgr");
            }

            return colour;
        }

        public int? Size(string name)
        {
            if (Value(name) is not { } value)
            {
                return null;
            }

            if (value is double number and >= 1 and <= 65536 && number == Math.Floor(number))
            {
                return (int)number;
            }

            Report(name, "it must be an integer from 1 to 65536");
            return null;
        }

        public bool Flag(string name)
        {
            if (Value(name) is not (null or bool))
            {
                Report(name, "it must be true or false");
            }

            return Value(name) is true;
        }

        public double Number(string name, double fallback)
        {
            if (Value(name) is not { } value)
            {
                return fallback;
            }

            if (value is double number && double.IsFinite(number))
            {
                return number;
            }

            Report(name, "it must be a number");
            return fallback;
        }

        public ImmutableArray<double> Channels(string name, double fallback, int channels)
        {
            switch (Value(name))
            {
                case null:
                    return [.. Enumerable.Repeat(fallback, channels)];
                case double number when IsFit(number):
                    return [.. Enumerable.Repeat(number, channels)];
                case ImmutableArray<double> list when list.Length == channels && list.All(IsFit):
                    return list;
                default:
                    Report(name, $"it must be a list of {channels} numbers{(name == "std" ? " other than 0" : "")}, one for each channel");
                    return [.. Enumerable.Repeat(fallback, channels)];
            }

            bool IsFit(double number) => double.IsFinite(number) && (name != "std" || number != 0);
        }

        public void CheckType(ImageSettings settings)
        {
            var type = input.Type;
            var rank = settings.Channels == 1 ? "[H, W], [N, H, W] or [N, 1, H, W]" : "[3, H, W] or [N, 3, H, W]";
            var fits = type.Rank switch
            {
                2 => settings.Channels == 1,
                3 => settings.Channels == 1 || type.Shape[0].Constant == 3,
                4 => type.Shape[1].Constant == settings.Channels,
                _ => false,
            };
            if (!fits)
            {
                Report("colour", $"a {settings.Colour} image makes {rank}, but '{input.Name}' is {type}");
            }

            if (type.Element != ElementType.U8 && !type.Element.IsFloat())
            {
                Report("colour", $"an image makes u8 or floating elements, but '{input.Name}' is {type}");
            }

            if (type.Element == ElementType.U8 && !settings.KeepsValues)
            {
                Report("scale", $"scale, mean and std need floating elements, but '{input.Name}' is {type}");
            }
        }

        private object? Value(string name) => settings.GetValueOrDefault(name)?.Value;

        private void Report(string name, string problem)
        {
            HasFailed = true;
            session.Diagnostics.Report(FileDiagnostics.ImageSetting, settings.GetValueOrDefault(name)?.Place ?? input.Location, name, problem);
        }
    }
}
