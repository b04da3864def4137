using System.Globalization;
using System.Security;
using System.Text;

namespace SparseDsl.Benchmarks.Plots;

/// <summary>A chart of horizontal bars as SVG: groups of bars, one for each series, and a line at 1.</summary>
/// <param name="Title">Above it.</param>
/// <param name="Series">Names of the bars of a group.</param>
/// <param name="Groups">A name, and a value for each series; null where there is none.</param>
internal sealed record BarChart(string Title, IReadOnlyList<string> Series, IReadOnlyList<(string Name, IReadOnlyList<double?> Values)> Groups)
{
    private const int BarHeight = 12;
    private const int GroupGap = 8;
    private const int LabelWidth = 190;
    private const int ChartWidth = 460;
    private const int Top = 58;
    private const int Right = 60;

    /// <summary>Distinct for people who do not tell red from green (Okabe and Ito).</summary>
    public static readonly string[] Colours = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"];

    /// <summary>The picture. Equal data gives equal text.</summary>
    public string Draw()
    {
        var groupHeight = (Series.Count * BarHeight) + GroupGap;
        var (width, height) = (LabelWidth + ChartWidth + Right, Top + (Groups.Count * groupHeight) + 20);
        var most = Math.Max(1.2, Groups.SelectMany(g => g.Values).Max() ?? 1);
        var svg = new StringBuilder();
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">");
        Line(svg, $"<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>");
        Line(svg, $"<text x=\"10\" y=\"20\" font-size=\"14\" font-weight=\"bold\">{SecurityElement.Escape(Title)}</text>");
        Legend(svg);
        for (var i = 0; i < Groups.Count; i++)
        {
            Group(svg, Groups[i].Name, Groups[i].Values, Top + (i * groupHeight), most);
        }

        var one = LabelWidth + (ChartWidth / most);
        Line(svg, $"<line x1=\"{one:F1}\" y1=\"{Top - 6}\" x2=\"{one:F1}\" y2=\"{height - 18}\" stroke=\"black\" stroke-dasharray=\"3 3\"/>");
        Line(svg, $"<text x=\"{one:F1}\" y=\"{height - 6}\" text-anchor=\"middle\">1 = as fast</text>");
        Line(svg, $"</svg>");
        return svg.ToString();
    }

    private void Legend(StringBuilder svg)
    {
        var x = LabelWidth;
        for (var i = 0; i < Series.Count; i++)
        {
            Line(svg, $"<rect x=\"{x}\" y=\"32\" width=\"10\" height=\"10\" fill=\"{Colours[i % Colours.Length]}\"/>");
            Line(svg, $"<text x=\"{x + 14}\" y=\"41\">{SecurityElement.Escape(Series[i])}</text>");
            x += 30 + (Series[i].Length * 7);
        }
    }

    private static void Group(StringBuilder svg, string name, IReadOnlyList<double?> values, int y, double most)
    {
        Line(svg, $"<text x=\"{LabelWidth - 8}\" y=\"{y + (values.Count * BarHeight / 2) + 4}\" text-anchor=\"end\">{SecurityElement.Escape(name)}</text>");
        for (var i = 0; i < values.Count; i++)
        {
            if (values[i] is { } value)
            {
                var (width, top) = (ChartWidth * value / most, y + (i * BarHeight));
                Line(svg, $"<rect x=\"{LabelWidth}\" y=\"{top}\" width=\"{width:F1}\" height=\"{BarHeight - 2}\" fill=\"{Colours[i % Colours.Length]}\"/>");
                Line(svg, $"<text x=\"{LabelWidth + width + 4:F1}\" y=\"{top + 9}\" font-size=\"9\">{value:F2}</text>");
            }
        }
    }

    private static void Line(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
