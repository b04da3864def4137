using System.Text.RegularExpressions;
using CsCheck;
using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Formats;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Tests.Formats;

/// <summary>Packing into every format and back gives the same tensor; the arrays are the textbook ones.</summary>
public sealed class FormatPackerTests
{
    private static readonly string[] Matrices =
    [
        "\"dense\" [i, j] -> dense(i), dense(j)",
        "\"columns\" [i, j] -> dense(j), dense(i)",
        "\"panels\" [i, j] -> dense(i / 8), dense(j), dense(i % 8)",
        "\"csr\" [i, j] -> dense(i), compressed(j)",
        "\"csc\" [i, j] -> dense(j), compressed(i)",
        "\"coo\" [i, j] -> compressed(i), singleton(j)",
        "\"dcsr\" [i, j] -> compressed(i), compressed(j)",
        "\"bsr\" [i, j] -> dense(i / 4), compressed(j / 3), dense(i % 4), dense(j % 3)",
        "\"rows4\" [i, j] -> dense(i / 4), compressed(j), dense(i % 4)",
        "\"coded\" [i, j] -> dense(i / 3), dense(j), coded(i % 3)",
        "\"bitmap\" [i, j] -> dense(i), bitmask(j)",
        "\"bits\" [i, j] -> dense(i), dense(j / 32), bitmask(j % 32)",
        "\"nm\" [i, j] -> dense(i), dense(j / 4), pick(4)(j % 4)",
        "\"list\" [i, j] -> compressed(i*1000 + j)",
        "\"bitblocks\" [i, j] -> compressed(i / 2), bitmask(j), dense(i % 2)",
    ];

    private static readonly int[] Extents = [0, 1, 3, 7, 17, 63, 65, 257];

    public static TheoryData<string> Formats => [.. Matrices];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Unpacking_gives_back_what_was_packed(string text)
    {
        var format = Parse(text);
        foreach (var rows in Extents)
        {
            foreach (var columns in Extents)
            {
                foreach (var density in new[] { 0, 0.02, 0.3, 1 })
                {
                    RoundTrip(format, Random(rows, columns, density));
                }
            }
        }
    }

    [Theory]
    [InlineData("\"csr4\" [o, c, r, s] -> dense(o), compressed(c*9 + r*3 + s)", 5, 7, 3, 3)]
    [InlineData("\"per channel\" [o, c, r, s] -> dense(o), compressed(c), dense(r), dense(s)", 5, 7, 3, 3)]
    [InlineData("\"taps\" [o, c, r, s] -> dense(r), dense(s), dense(o), compressed(c)", 4, 6, 1, 5)]
    [InlineData("\"rows\" [o, c, r, s] -> dense(o / 4), compressed(c*9 + r*3 + s), dense(o % 4)", 6, 5, 3, 3)]
    [InlineData("\"coo4\" [o, c, r, s] -> compressed(o), singleton(c*9 + r*3 + s)", 6, 5, 3, 3)]
    public void Filters_of_rank_four_come_back(string text, int o, int c, int r, int s)
    {
        foreach (var density in new[] { 0, 0.1, 0.6, 1 })
        {
            RoundTrip(Parse(text), Random(o * c, r * s, density).Reshape(o, c, r, s));
        }
    }

    [Fact]
    public void Random_tensors_in_random_formats_come_back() =>
        Gen.Select(Gen.Int[0, 70], Gen.Int[0, 70], Gen.Double[0, 1], Gen.Int[0, Matrices.Length - 1]).Sample((rows, columns, density, format) =>
            RoundTrip(Parse(Matrices[format]), Random(rows, columns, density)));

    [Theory]
    [InlineData(ElementType.I8)]
    [InlineData(ElementType.F16)]
    [InlineData(ElementType.F64)]
    [InlineData(ElementType.I64)]
    public void Any_element_type_is_moved_bit_by_bit(ElementType type)
    {
        var dense = Random(13, 37, 0.4).ConvertTo(type);
        foreach (var text in Matrices)
        {
            RoundTrip(Parse(text), dense);
        }
    }

    [Fact]
    public void A_small_matrix_has_the_textbook_arrays()
    {
        var dense = TensorData.FromFloats([0, 2, 0, 1, 0, 3], 2, 3);
        Arrays("csr", StandardFormats.Csr, dense, ("ptr1", [0, 1, 3]), ("crd1", [1, 0, 2]), ("val", [2, 1, 3]));
        Arrays("csc", StandardFormats.Csc, dense, ("ptr1", [0, 1, 2, 3]), ("crd1", [1, 0, 1]), ("val", [1, 2, 3]));
        Arrays("coo", StandardFormats.Coo, dense, ("ptr0", [0, 3]), ("crd0", [0, 1, 1]), ("crd1", [1, 0, 2]), ("val", [2, 1, 3]));
        Arrays("dcsr", StandardFormats.Dcsr, dense, ("ptr0", [0, 2]), ("crd0", [0, 1]), ("ptr1", [0, 1, 3]), ("crd1", [1, 0, 2]), ("val", [2, 1, 3]));
        Arrays("bsr", StandardFormats.Bsr(2, 1), dense, ("ptr1", [0, 3]), ("crd1", [0, 1, 2]), ("val", [0, 1, 2, 0, 0, 3]));
        Arrays("bits", StandardFormats.Bits(2), dense, ("ptr2", [0, 1, 1, 2]), ("bits2", [2, 0, 1, 1]), ("val", [2, 1, 3]));
        Arrays("nm", StandardFormats.NOfM(1, 3), TensorData.FromFloats([0, 2, 0, 0, 0, 0], 2, 3), ("crd2", [1, 0]), ("val", [2, 0]));
        Arrays("columns", StandardFormats.DenseTransposed, dense, ("val", [0, 1, 2, 0, 0, 3]));
        Arrays("panels", StandardFormats.Panels(2), dense, ("val", [0, 1, 2, 0, 0, 3]));
    }

    [Fact]
    public void Standard_formats_say_what_the_library_says()
    {
        Assert.Equal("\"bsr(4, 4)\" [i, j] -> dense(i / 4), compressed(j / 4), dense(i % 4), dense(j % 4)", FormatText.Print(StandardFormats.Bsr(4, 4).Source).Replace("((", "(").Replace("))", ")"));
        Assert.Equal("\"nm(2, 4)\" [i, j] -> dense(i), dense(j / 4), pick(2)(j % 4)", FormatText.Print(StandardFormats.NOfM(2, 4).Source).Replace("((", "(").Replace("))", ")"));
        Assert.Equal("\"csr\" [i0, i1, i2, i3] -> dense(i0), compressed(i1*9 + i2*3 + i3)", FormatText.Print(StandardFormats.FlattenedCsr([8, 4, 3, 3]).Source));
        Assert.True(StandardFormats.Dense(3).IsDense);
    }

    [Fact]
    public void Dense_layouts_keep_signed_zeros_and_sparse_ones_store_none()
    {
        var dense = TensorData.FromFloats([-0f, 1, 0, 2], 2, 2);
        Assert.Equal(BitConverter.SingleToInt32Bits(-0f), BitConverter.SingleToInt32Bits(FormatPacker.Pack(StandardFormats.DenseTransposed, dense)["val"].ToFloats()[0]));
        Assert.Equal([1f, 2f], FormatPacker.Pack(StandardFormats.Csr, dense)["val"].ToFloats());
    }

    [Fact]
    public void A_group_with_too_many_non_zeros_is_refused()
    {
        var error = Assert.Throws<FormatMismatchException>(() => FormatPacker.Pack(StandardFormats.NOfM(2, 4), TensorData.FromFloats([1, 2, 3, 0], 1, 4)));
        Assert.Equal("a group of 4 holds 3 non-zeros, 'pick(2)' keeps 2", error.Message);
    }

    [Theory]
    [InlineData("ptr1", new[] { 0, 1 }, "the array 'ptr1' has 2 elements, not 3")]
    [InlineData("ptr1", new[] { 1, 1, 3 }, "the array 'ptr1' does not increase from 0: entry 0 is 1")]
    [InlineData("ptr1", new[] { 0, 4, 3 }, "the array 'ptr1' does not increase from 0: entry 2 is 3")]
    [InlineData("ptr1", new[] { 0, 1, 2 }, "the array 'ptr1' ends at 2, but there are 3 entries")]
    [InlineData("crd1", new[] { 1, 2, 0 }, "the coordinates in 'crd1' do not increase at 0")]
    [InlineData("crd1", new[] { 1, 2, 2 }, "the coordinates in 'crd1' do not increase at 2")]
    [InlineData("crd1", new[] { 1, 0, 3 }, "the array 'crd1' holds the coordinate 3, but there are 3")]
    [InlineData("crd1", new[] { -1, 0, 2 }, "the array 'crd1' holds the coordinate -1, but there are 3")]
    [InlineData("val", new[] { 1, 2 }, "the array 'val' has 2 elements, not 3")]
    public void Damaged_arrays_are_refused(string name, int[] values, string message)
    {
        var arrays = Copy(StandardFormats.Csr);
        arrays[name] = TensorData.FromInt32s(values, values.Length);
        Assert.Equal(message, Assert.Throws<FormatMismatchException>(() => FormatPacker.Unpack(StandardFormats.Csr, arrays, [2, 3])).Message);
    }

    [Fact]
    public void Missing_arrays_are_named()
    {
        foreach (var name in new[] { "ptr1", "crd1", "val" })
        {
            var arrays = Copy(StandardFormats.Csr);
            arrays.Remove(name);
            Assert.Contains($"'{name}'", Assert.Throws<FormatMismatchException>(() => FormatPacker.Unpack(StandardFormats.Csr, arrays, [2, 3])).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Bit_counts_that_do_not_add_up_are_refused()
    {
        var arrays = Copy(StandardFormats.Bits(2));
        arrays["ptr2"] = TensorData.FromInt32s([0, 1, 2, 2], 4);
        Assert.Throws<FormatMismatchException>(() => FormatPacker.Unpack(StandardFormats.Bits(2), arrays, [2, 3]));
    }

    [Fact]
    public void Every_level_class_has_a_row()
    {
        var classes = typeof(Level).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Level)) && !t.IsAbstract).Select(t => t.Name).Order();
        var rows = Levels.All.Select(row => row.Make(new BoundLevel(row.Kind, 1, Dim.Symbol("i")), 0, Dim.One, false).GetType().Name).Order();
        Assert.Equal(classes, rows);
    }

    [Fact]
    public void The_language_and_the_compiler_know_the_same_kinds_of_levels()
    {
        string[] said = [.. LevelKinds.All.Select(k => k.Name)];
        string[] made = [.. Levels.All.Select(row => row.Kind)];
        Assert.True(!said.Except(made).Any(), $"in LevelKinds.All but not in Levels.All: {string.Join(", ", said.Except(made))}");
        Assert.True(!made.Except(said).Any(), $"in Levels.All but not in LevelKinds.All: {string.Join(", ", made.Except(said))}");
    }

    [Fact]
    public void Every_kind_of_level_is_packed_by_a_test()
    {
        var missing = LevelKinds.All.Select(k => k.Name).Where(kind => !Matrices.Any(m => Regex.IsMatch(m, $@"\b{kind}\(")));
        Assert.Empty(missing);
    }

    [Fact]
    public void Extents_follow_from_the_index_expressions()
    {
        var levels = Levels.Of(StandardFormats.Bsr(4, 3), [Dim.Const(17), Dim.Const(6)]);
        Assert.Equal([5L, 2L, 4L, 3L], levels.Select(l => l.Extent.Constant!.Value));
        Assert.Equal(36, Levels.Of(StandardFormats.FlattenedCsr([8, 4, 3, 3]), [8, 4, 3, 3])[1].Extent.Constant);
    }

    private static Dictionary<string, TensorData> Copy(Format format) =>
        new(FormatPacker.Pack(format, TensorData.FromFloats([0, 2, 0, 1, 0, 3], 2, 3)));

    private static void Arrays(string what, Format format, TensorData dense, params (string Name, double[] Values)[] expected)
    {
        var arrays = FormatPacker.Pack(format, dense);
        Assert.Equal(expected.Select(e => e.Name).Order(StringComparer.Ordinal), arrays.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, values) in expected)
        {
            Assert.True(values.SequenceEqual(arrays[name].ToDoubles()), $"{what} {name}: {string.Join(", ", arrays[name].ToDoubles())}");
        }
    }

    private static void RoundTrip(Format format, TensorData dense)
    {
        var arrays = FormatPacker.Pack(format, dense);
        Assert.Equal(
            Levels.Of(format, [.. dense.Shape.Select(d => Dim.Const(d))]).SelectMany(l => l.Arrays).Select(a => (a.Name, a.Element)).Append(("val", dense.Type)).OrderBy(a => a.Item1, StringComparer.Ordinal),
            arrays.Select(a => (a.Key, a.Value.Type)).OrderBy(a => a.Key, StringComparer.Ordinal));
        var back = FormatPacker.Unpack(format, arrays, dense.Shape);
        Assert.Equal(dense.ToString(), back.ToString());
        Assert.True(dense.Bytes.SequenceEqual(back.Bytes), $"{format} of {dense}");
    }

    // In the IRs a division has parentheses of its own.
    private static Format Parse(string text) => new(FormatText.Parse(new IrReader(Regex.Replace(text, @"\((\w+ [/%] \d+)\)", "(($1))"))));

    private static TensorData Random(int rows, int columns, double density)
    {
        var random = new Random((rows * 1009) + (columns * 31) + (int)(density * 1000));
        var values = new float[rows * columns];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = random.NextDouble() < density ? random.Next(1, 100) : 0;
        }

        return TensorData.FromFloats(values, rows, columns);
    }
}
