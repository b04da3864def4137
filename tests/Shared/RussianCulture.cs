using System.Globalization;

namespace SparseDsl.Tests;

/// <summary>
/// While it lives, the current thread formats and parses as in Russia: 1,5 for one and a half. It is made by hand, so the
/// tests need no culture data on the machine.
/// </summary>
internal sealed class RussianCulture : IDisposable
{
    private readonly CultureInfo _before = CultureInfo.CurrentCulture;

    public RussianCulture()
    {
        CultureInfo culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NumberGroupSeparator = "\u00a0";
        culture.DateTimeFormat.ShortDatePattern = "dd.MM.yyyy";
        CultureInfo.CurrentCulture = culture;
    }

    public void Dispose() => CultureInfo.CurrentCulture = _before;
}
