using SparseDsl.Dsl.Binding;

namespace SparseDsl.Dsl.Tests.Binding;

/// <summary>What the annotation <c>@quant</c> declares, and what it refuses.</summary>
public class QuantizationTests
{
    [Theory]
    [InlineData("i8[3, 5] @quant(per: row, scale: f32)", "w: i8[3, 5]; w.scale: f32[3]")]
    [InlineData("i8[3, 5] @quant(per: column)", "w: i8[3, 5]; w.scale: f32[5]")]
    [InlineData("i8[3, 5] @quant(per: tensor)", "w: i8[3, 5]; w.scale: f32[]")]
    [InlineData("i8[3, 5] @quant", "w: i8[3, 5]; w.scale: f32[]")]
    [InlineData("f32[3, 5] @quant(i8, per: row, input: 0.5, zero: 3)", "w: i8[3, 5]; w.scale: f32[3]")]
    [InlineData("f32[3, 5] @quant(i8, input: dynamic)", "w: i8[3, 5]; w.scale: f32[]")]
    [InlineData("f32[3, 5] @quant(bf16)", "w: bf16[3, 5]")]
    [InlineData("bf16[3, 5] @quant", "w: bf16[3, 5]")]
    public void Parameters_are_kept_narrow_and_are_real(string type, string expected)
    {
        var (module, diagnostics) = BindText.Bind($"model M() {{ input x: f32[5]\n param w: {type}\n output y = x . w' }}");
        Assert.Empty(diagnostics.Items);
        var model = module.Models[0];
        Assert.Equal(expected, string.Join("; ", model.Params.Select(p => $"{p.Path}: {p.Type}")));
        Assert.Equal(ElementType.F32, model.Outputs[0].Value.Type.Element);
    }

    [Theory]
    [InlineData("@quant(i8, per: row, zero: 3)", "SD3009")]
    [InlineData("@quant(i8, per: diagonal)", "SD3009")]
    [InlineData("@quant(i8, per: row, scale: f16)", "SD3009")]
    [InlineData("@quant(i8, input: 0)", "SD3062")]
    [InlineData("@quant(i8, input: 1, zero: 0.5)", "SD3062")]
    [InlineData("@quant(i8, input: 1, zero: 300)", "SD3062")]
    [InlineData("@quant(i8, input: 1e-39)", "SD3062")]
    [InlineData("@quant(i8, i8)", "SD3009")]
    [InlineData("@quant(nonsense)", "SD3009")]
    [InlineData("@quant(u8)", "SD3060")]
    [InlineData("@quant(bf16, per: row)", "SD3009")]
    [InlineData("@quant(i8) @quant(i8)", "SD3012")]
    [InlineData("@quant", "SD3060")]
    public void Mistakes_about_parameters_are_reported(string annotation, string id) =>
        AssertId(id, $"model M() {{ input x: f32[5]\n param w: f32[3, 5] {annotation}\n output y = x . w' }}");

    [Theory]
    [InlineData("x @quant(u8, scale: 0.1, zero: 3.5)", "SD3062")]
    [InlineData("x @quant(u8, scale: -1)", "SD3062")]
    [InlineData("x @quant(u8, zero: 3)", "SD3009")]
    [InlineData("x @quant(i8, scale: 1)", "SD3009")]
    [InlineData("x @quant(u8, per: column)", "SD3009")]
    [InlineData("x @quant", "SD3009")]
    [InlineData("cast(x, i32) @quant(u8, scale: 1)", "SD3060")]
    [InlineData("x @quant(bf16, scale: 1)", "SD3009")]
    public void Mistakes_about_values_are_reported(string value, string id) => AssertId(id, $"model M() {{ input x: f32[5]\n output y = {value} }}");

    [Fact]
    public void Inputs_and_outputs_have_no_quantisation() => AssertId("SD3021", "model M() { input x: f32[5] @quant(u8, scale: 1)\n output y = x }");

    [Fact]
    public void An_overlay_quantises_and_one_that_says_nothing_leaves_it()
    {
        var (module, diagnostics) = BindText.Bind(
            "model M() { input x: f32[4]\n param v: f32[4, 4]\n param w: i8[4, 4] @quant(per: row)\n output y = x . v' . w' }\nsparsify M { v : quant(i8, per: row, input: 0.5)\n w : nm(2, 4) }");
        Assert.Empty(diagnostics.Items);
        Assert.Equal(["v: i8[4, 4]", "v.scale: f32[4]", "w: i8[4, 4]", "w.scale: f32[4]"], module.Models[0].Params.Select(p => $"{p.Path}: {p.Type}"));
        Assert.Equal(new InputQuantization.Static(0.5, 0), module.Models[0].Params[0].Input);
        Assert.IsType<Sparsity.NOfM>(module.Models[0].Params[2].Sparsity);
    }

    private static void AssertId(string id, string text)
    {
        var (_, diagnostics) = BindText.Bind(text);
        Assert.Equal([id], diagnostics.Items.Select(d => d.Id));
    }
}
