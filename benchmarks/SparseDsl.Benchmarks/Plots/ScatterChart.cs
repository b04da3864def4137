using System.Globalization;
using System.Security;
using System.Text;

namespace SparseDsl.Benchmarks.Plots;

/// <summary>A chart of points as SVG: a value for each series over a few positions, each with a name. Points of a series are joined.</summary>
/// <param name="Title">Above it.</param>
/// <param name="Horizontal">Below the horizontal axis.</param>
/// <param name="Series">Names.</param>
/// <param name="Places">A name, a position, and a value for each series.</param>
internal sealed record ScatterChart(string Title, string Horizontal, IReadOnlyList<string> Series, IReadOnlyList<(string Name, double Position, IReadOnlyList<double> Values)> Places)
{
    private const int Left = 60;
    private const int Top = 110;
    private const int ChartWidth = 560;
    private const int ChartHeight = 260;
    private const int Margin = 30;
    private const int Marks = 4;

    /// <summary>The picture. Equal data gives equal text.</summary>
    public string Draw()
    {
        var places = Places.OrderBy(p => p.Position).ThenBy(p => p.Name, StringComparer.Ordinal).ToList();
        var across = Scale.Over(places.Select(p => p.Position), Left, Left + ChartWidth);
        var up = Scale.Over(places.SelectMany(p => p.Values), Top + ChartHeight, Top);
        var (width, height) = (Left + ChartWidth + (2 * Margin), Top + ChartHeight + 50);
        var svg = new StringBuilder();
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">");
        Line(svg, $"<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>");
        Line(svg, $"<text x=\"10\" y=\"20\" font-size=\"14\" font-weight=\"bold\">{SecurityElement.Escape(Title)}</text>");
        Axes(svg, across, up);
        foreach (var (name, position, _) in places)
        {
            var x = across.At(position);
            Line(svg, $"<line x1=\"{x:F1}\" y1=\"{Top}\" x2=\"{x:F1}\" y2=\"{Top + ChartHeight}\" stroke=\"#ddd\"/>");
            Line(svg, $"<text x=\"{x:F1}\" y=\"{Top - 6}\" transform=\"rotate(-35 {x:F1} {Top - 6})\" font-size=\"10\">{SecurityElement.Escape(name)}</text>");
        }

        for (var i = 0; i < Series.Count; i++)
        {
            OneSeries(svg, i, [.. places.Select(p => (across.At(p.Position), up.At(p.Values[i])))]);
        }

        Line(svg, $"</svg>");
        return svg.ToString();
    }

    private void OneSeries(StringBuilder svg, int series, IReadOnlyList<(double X, double Y)> points)
    {
        var colour = BarChart.Colours[series % BarChart.Colours.Length];
        var path = string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X:F1},{p.Y:F1}")));
        Line(svg, $"<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\"/>");
        foreach (var (x, y) in points)
        {
            Line(svg, $"<circle cx=\"{x:F1}\" cy=\"{y:F1}\" r=\"3.5\" fill=\"{colour}\"/>");
        }

        Line(svg, $"<rect x=\"{Left + (series * 150)}\" y=\"32\" width=\"10\" height=\"10\" fill=\"{colour}\"/>");
        Line(svg, $"<text x=\"{Left + (series * 150) + 14}\" y=\"41\">{SecurityElement.Escape(Series[series])}</text>");
    }

    private void Axes(StringBuilder svg, Scale across, Scale up)
    {
        Line(svg, $"<path d=\"M{Left} {Top}V{Top + ChartHeight}H{Left + ChartWidth}\" fill=\"none\" stroke=\"black\"/>");
        for (var i = 0; i <= Marks; i++)
        {
            var (x, y) = (across.Value((double)i / Marks), up.Value((double)i / Marks));
            Line(svg, $"<text x=\"{across.At(x):F1}\" y=\"{Top + ChartHeight + 16}\" text-anchor=\"middle\">{x:F2}</text>");
            Line(svg, $"<text x=\"{Left - 6}\" y=\"{up.At(y) + 4:F1}\" text-anchor=\"end\">{y:F1}</text>");
        }

        Line(svg, $"<text x=\"{Left + (ChartWidth / 2)}\" y=\"{Top + ChartHeight + 38}\" text-anchor=\"middle\">{SecurityElement.Escape(Horizontal)}</text>");
    }

    private static void Line(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');

    /// <summary>From values to pixels, with some room at both ends.</summary>
    private sealed record Scale(double Low, double High, double From, double To)
    {
        private const double Room = 0.05;

        public static Scale Over(IEnumerable<double> values, double from, double to)
        {
            var all = values.ToList();
            var room = Math.Max((all.Max() - all.Min()) * Room, 1e-3);
            return new Scale(all.Min() - room, all.Max() + room, from, to);
        }

        public double Value(double share) => Low + ((High - Low) * share);

        public double At(double value) => From + ((To - From) * (value - Low) / (High - Low));
    }
}
