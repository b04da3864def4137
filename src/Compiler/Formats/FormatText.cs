using System.Collections.Immutable;
using SparseDsl.Dsl.Binding;

namespace SparseDsl.Compiler.Formats;

/// <summary>The text form of a storage format in the IRs: <c>"csr" [i, j] -&gt; dense(i), compressed(j)</c>.</summary>
public static class FormatText
{
    /// <summary>The text.</summary>
    public static string Print(BoundFormat format) =>
        $"\"{format.Name.Replace("\\", "\\\\").Replace("\"", "\\\"")}\" [{string.Join(", ", format.Indices)}] -> {string.Join(", ", format.Levels.Select(Level))}";

    /// <summary>The text of a format whose pattern may be known: <c>… pattern "base64"</c>.</summary>
    public static string Print(Format format) => Print(format.Source) + (format.Pattern is { } pattern ? $" pattern \"{pattern}\"" : "");

    /// <summary>Reads what <see cref="Print(Format)"/> gave.</summary>
    public static Format ParseWithPattern(IrReader reader)
    {
        var source = Parse(reader);
        return new Format(source, reader.TryTake("pattern") ? Pattern.TryParse(reader.String()) ?? throw reader.Error("expected a pattern as base64") : null);
    }

    /// <summary>Reads what <see cref="Print(BoundFormat)"/> gave.</summary>
    public static BoundFormat Parse(IrReader reader)
    {
        var name = reader.String();
        reader.Take("[");
        ImmutableArray<string> indices = [.. reader.List("]", reader.Name)];
        reader.Take("->");
        var levels = ImmutableArray.CreateBuilder<BoundLevel>();
        do
        {
            levels.Add(Level(reader));
        }
        while (reader.TryTake(","));
        return new BoundFormat(name, indices, levels.ToImmutable());
    }

    private static string Level(BoundLevel level) =>
        $"{level.Kind}{(level.Argument is { } n ? FormattableString.Invariant($"({n})") : "")}({level.Index})";

    private static BoundLevel Level(IrReader reader)
    {
        var kind = reader.Name();
        reader.Take("(");
        var first = reader.Dim();
        reader.Take(")");
        if (!reader.TryTake("("))
        {
            return new BoundLevel(kind, null, first);
        }

        var index = reader.Dim();
        reader.Take(")");
        return new BoundLevel(kind, (int)first.Constant!.Value, index);
    }
}
