using System.Globalization;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Import.Onnx.Programs;

/// <summary>Numbers and extents as the language writes them.</summary>
internal static class Literals
{
    /// <summary>The shortest text that gives the same f32.</summary>
    public static string Number(double value) => (float)value switch
    {
        float.PositiveInfinity => "inf",
        float.NegativeInfinity => "-inf",
        var number => number.ToString("R", CultureInfo.InvariantCulture).Replace("E", "e", StringComparison.Ordinal).Replace("e+", "e", StringComparison.Ordinal),
    };

    /// <summary>Extents between brackets.</summary>
    public static string Extents(IEnumerable<Dim> extents) => string.Join(", ", extents.Select(e => e.Text));
}
