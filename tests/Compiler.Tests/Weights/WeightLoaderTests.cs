using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Weights;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Tests.Weights;

public sealed class WeightLoaderTests
{
    private static readonly SourceText Source = new("digits.dsl", "param w: f32[4, 8] @promise");
    private static readonly SourceLocation Declared = new(Source, new SourceSpan(6, 1));
    private static readonly SourceLocation Annotated = new(Source, new SourceSpan(19, 8));

    [Fact]
    public void A_kept_promise_reports_nothing()
    {
        foreach (var promise in new Sparsity[]
        {
            new Sparsity.Unstructured(0.5), new Sparsity.Block(1, 4, 0.5), new Sparsity.NOfM(2, 4), new Sparsity.Channels(0.25), new Sparsity.Dense(),
        })
        {
            var values = Values();
            Assert.Empty(Load(promise, values).Items);
        }
    }

    [Fact]
    public void Too_few_zeros_are_reported_at_the_annotation()
    {
        var found = Load(new Sparsity.Unstructured(0.9), Values());
        Assert.Equal("digits.dsl:1:20: error SD3004: 'w' promises at least 90% zeros, but digits.safetensors holds 81.3%", found.Items.Single().ToString());
    }

    [Fact]
    public void Percentages_never_look_alike()
    {
        var breach = PromiseCheck.Run(new Sparsity.Unstructured(0.9), TensorData.FromFloats(Enumerable.Range(0, 10000).Select(i => i < 1001 ? 1f : 0).ToArray(), 100, 100))!;
        Assert.Equal(["w", "90%", "f", "89.99%"], breach.Arguments("w", "f"));
    }

    [Fact]
    public void Scattered_zeros_are_no_zero_blocks()
    {
        var found = Load(new Sparsity.Block(4, 1, 0.7), [.. Enumerable.Range(0, 32).Select(i => i % 8 == i / 8 ? 1f : 0)]);
        Assert.Equal(
            "error SD3031: 'w' promises that at least 70% is zero in whole blocks of 4 x 1, but digits.safetensors holds 50%",
            WithoutPlace(found));
    }

    [Fact]
    public void The_first_group_with_too_many_is_named()
    {
        var values = new float[32];
        values[20] = values[21] = values[23] = 1;
        values[28] = values[29] = values[30] = values[31] = 1;
        Assert.Equal("error SD3032: 'w' promises at most 2 non-zeros in every 4, but digits.safetensors holds 3 at [2, 4..7]", WithoutPlace(Load(new Sparsity.NOfM(2, 4), values)));
    }

    [Fact]
    public void Zero_channels_are_slices_of_the_first_index()
    {
        var values = Values();
        Assert.Equal("error SD3033: 'w' promises that at least 60% of its channels are zero, but digits.safetensors holds 50%", WithoutPlace(Load(new Sparsity.Channels(0.6), values)));
    }

    [Fact]
    public void Missing_tensors_name_what_there_is()
    {
        var bag = new DiagnosticBag();
        var weights = WeightLoader.Load("M", [Declaration(null)], Provider(("v", TensorData.FromFloats(new float[4], 4))), bag);
        Assert.Null(weights.Find("w"));
        Assert.Equal(["SD5001", "SD5005"], bag.Items.Select(d => d.Id));
        Assert.Equal("digits.dsl:1:7: error SD5001: there is no tensor 'w' in digits.safetensors", bag.Items[0].ToString());
        Assert.Equal("it holds: v", bag.Items[0].Hint);
        Assert.Equal("digits.safetensors holds a tensor that 'M' does not declare: v", bag.Items[1].Message);
    }

    [Fact]
    public void Shapes_must_agree()
    {
        var bag = new DiagnosticBag();
        WeightLoader.Load("M", [Declaration(null)], Provider(("w", TensorData.FromFloats(new float[32], 8, 4))), bag);
        Assert.Equal("'w' is declared f32[4, 8], but digits.safetensors holds f32[8, 4]", bag.Items.Single().Message);
    }

    [Theory]
    [InlineData(ElementType.F16, true)]
    [InlineData(ElementType.BF16, true)]
    [InlineData(ElementType.F64, true)]
    [InlineData(ElementType.I32, false)]
    [InlineData(ElementType.I8, false)]
    [InlineData(ElementType.Bool, false)]
    public void Only_floating_types_are_converted(ElementType type, bool converted)
    {
        var bag = new DiagnosticBag();
        var weights = WeightLoader.Load("M", [Declaration(null)], Provider(("w", TensorData.FromFloats(Values(), 4, 8).ConvertTo(type))), bag);
        Assert.Equal(converted ? [] : ["SD5003"], bag.Items.Select(d => d.Id));
        Assert.Equal(converted ? ElementType.F32 : null, weights.Find("w")?.Type);
    }

    [Fact]
    public void Values_that_are_not_finite_warn_and_load()
    {
        var values = Values();
        values[9] = float.NaN;
        values[12] = float.PositiveInfinity;
        var bag = new DiagnosticBag();
        var weights = WeightLoader.Load("M", [Declaration(null)], Provider(("w", TensorData.FromFloats(values, 4, 8))), bag);
        Assert.False(bag.HasErrors);
        Assert.Equal("2 of the elements of 'w' in digits.safetensors are not finite, the first at [1, 1]", bag.Items.Single().Message);
        Assert.NotNull(weights.Find("w"));
    }

    [Fact]
    public void A_double_too_large_for_the_declared_type_warns()
    {
        var bag = new DiagnosticBag();
        WeightLoader.Load("M", [Declaration(null)], Provider(("w", TensorData.FromDoubles([.. Enumerable.Repeat(1e300, 32)], 4, 8))), bag);
        Assert.Equal("SD5004", bag.Items.Single().Id);
    }

    [Fact]
    public void A_mask_clears_what_it_does_not_keep()
    {
        var mask = TensorData.FromInt32s([.. Enumerable.Range(0, 32).Select(i => i % 2)], 4, 8);
        var bag = new DiagnosticBag();
        var ones = TensorData.FromFloats([.. Enumerable.Repeat(float.NaN, 16), .. Enumerable.Repeat(1f, 16)], 4, 8);
        var weights = WeightLoader.Load("M", [Declaration(new Sparsity.MaskFile("m.npy"))], Provider(("w", ones), mask), bag);
        Assert.Equal(["SD5004"], bag.Items.Select(d => d.Id));
        var loaded = weights.Find("w")!.ToFloats();
        Assert.All(Enumerable.Range(0, 32), i => Assert.Equal(i % 2 == 0 ? 0f : i < 16 ? float.NaN : 1f, loaded[i]));
    }

    [Fact]
    public void Masks_must_be_there_and_fit()
    {
        var bag = new DiagnosticBag();
        var weight = ("w", TensorData.FromFloats(Values(), 4, 8));
        WeightLoader.Load("M", [Declaration(new Sparsity.MaskFile("n.npy"))], Provider(weight), bag);
        WeightLoader.Load("M", [Declaration(new Sparsity.MaskFile("m.npy"))], Provider(weight, TensorData.FromInt32s(new int[32], 8, 4)), bag);
        Assert.Equal(
            ["digits.dsl:1:20: error SD5006: the mask 'n.npy' of 'w' cannot be read: there is no such file", "digits.dsl:1:20: error SD5007: the mask 'm.npy' is i32[8, 4], but 'w' is f32[4, 8]"],
            bag.Items.Select(d => d.ToString()));
    }

    [Fact]
    public void Empty_tensors_keep_every_promise()
    {
        foreach (var promise in new Sparsity[] { new Sparsity.Unstructured(0.9), new Sparsity.Block(4, 1, 0.9), new Sparsity.NOfM(2, 4), new Sparsity.Channels(0.9) })
        {
            Assert.Null(PromiseCheck.Run(promise, TensorData.FromFloats([], 0, 8)));
        }
    }

    [Theory]
    [InlineData(1, 1, 3.0 / 35)]
    [InlineData(2, 2, (4 + 4 + 1) / 35.0)]
    [InlineData(3, 7, 1.0)]
    [InlineData(5, 1, 15 / 35.0)]
    [InlineData(1, 7, 21 / 35.0)]
    public void Blocks_at_the_edge_are_smaller(int rows, int columns, double expected)
    {
        var values = new float[35];
        values[0] = values[16] = values[34] = 1;
        Assert.Equal(expected, BlockDensity.Of(TensorData.FromFloats(values, 5, 7), rows, columns), 12);
    }

    // Rows 1 and 3 are zero; in the others columns 0, 1 and 4 hold ones: 26 of 32 are zero.
    private static float[] Values() => [.. Enumerable.Range(0, 32).Select(i => i / 8 % 2 == 0 && (i % 8 is 0 or 1 or 4) ? 1f : 0)];

    private static DiagnosticBag Load(Sparsity promise, float[] values)
    {
        var bag = new DiagnosticBag();
        WeightLoader.Load("M", [Declaration(promise)], Provider(("w", TensorData.FromFloats(values, 4, 8))), bag);
        return bag;
    }

    private static WeightDeclaration Declaration(Sparsity? sparsity) => new("w", new TensorType(ElementType.F32, [Dim.Const(4), Dim.Const(8)]), sparsity, Declared, Annotated);

    private static MemoryWeightProvider Provider((string Name, TensorData Tensor) tensor, TensorData? mask = null) =>
        new("digits.safetensors", new Dictionary<string, TensorData> { [tensor.Name] = tensor.Tensor }, mask is null ? null : new Dictionary<string, TensorData> { ["m.npy"] = mask });

    private static string WithoutPlace(DiagnosticBag bag) => bag.Items.Single().ToString().Split(": ", 2)[1];
}
