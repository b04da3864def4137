namespace SparseDsl.Backends.CSharp.Emit;

/// <summary>Writes the constants of a model without parameters into its class.</summary>
internal sealed class ConstantsWriter(SourceWriter text, IReadOnlyList<PackedWeight> arrays)
{
    /// <summary>The method that gives them.</summary>
    public const string Method = "Constants";

    private const int BytesInLine = 32;
    private const string ArrayName = "Constant";

    /// <summary>Whether a name is that of an array of constants, whatever their number.</summary>
    public static bool IsArray(string name) => name.StartsWith(ArrayName, StringComparison.Ordinal) && name.Length > ArrayName.Length && name.Skip(ArrayName.Length).All(char.IsDigit);

    /// <summary>The expression that gives them as a source of weights.</summary>
    public string Source => arrays.Count == 0 ? $"new {External.MemoryWeights}()" : Method + "()";

    /// <summary>Writes the method and the arrays; nothing when there are none.</summary>
    public void Write()
    {
        if (arrays.Count == 0)
        {
            return;
        }

        var distinct = ModelConstants.Distinct(arrays);
        text.Line();
        text.Summary("The constants of the model in aligned memory.");
        text.Open($"private static {External.MemoryWeights} {Method}()");
        text.Line($"var constants = new {External.MemoryWeights}();");
        foreach (var array in arrays)
        {
            text.Line($"constants.Add({CSharpTypes.Text(array.Name)}, \"{array.Element}\", {ArrayName}{CSharpTypes.Digits(ModelConstants.IndexIn(distinct, array))});");
        }

        text.Line("return constants;");
        text.Close();
        for (var i = 0; i < distinct.Count; i++)
        {
            Write(arrays.First(a => ModelConstants.IndexIn(distinct, a) == i), i);
        }
    }

    // The C# compiler keeps such an array as data of the assembly.
    private void Write(PackedWeight array, int number)
    {
        text.Line();
        text.Summary($"{array.Element}, little-endian.");
        text.Line($"private static {External.ReadOnlySpan}<byte> {ArrayName}{CSharpTypes.Digits(number)} =>");
        text.Line("[");
        var bytes = array.Bytes.ToArray();
        for (var i = 0; i < bytes.Length; i += BytesInLine)
        {
            text.Line("    " + string.Join(", ", bytes.Skip(i).Take(BytesInLine).Select(b => CSharpTypes.Digits(b))) + ",");
        }

        text.Line("];");
    }
}
