using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Tests.Syntax;

namespace SparseDsl.Dsl.Tests.Binding;

/// <summary>Where each mistake is reported, to the character, and that one mistake is reported once.</summary>
public class MistakeTests
{
    [Theory]
    // Names, everywhere, all in one run.
    [InlineData("model M { input x: f32[4]\n let a = [|relv|](x) // SD2001\n let b = a + [|c|] // SD2001\n output y = b |> [|sofmax|] // SD2001\n}")]
    [InlineData("op f(x[i], b[i]) -> y[i] = x[i] + [|c|][i] * [|d|] // SD2001 SD2001")]
    [InlineData("op f(x[i]) -> y[j] = x[[|i|]] // SD2001")]
    [InlineData("fn unused(x) { let y = [|nope|](x) // SD2001\n y }")]
    [InlineData("mask m(q, k; w) = q - [|kk|] < w // SD2001")]
    [InlineData("pattern p(n) = [|causel|] & n // SD2001")]
    [InlineData("const a = 1\nconst [|a|] = 2 // SD2002")]
    [InlineData("model M { input x: f32[4]\n param [|x|]: f32[4] // SD2003\n output y = x }")]
    [InlineData("model M { input x: f32[4]\n output y = x\n output [|y|] = x // SD2003\n}")]
    [InlineData("model M(N: dim, [|N|]: dim) { // SD2003\n input x: f32[N]\n output y = x }")]
    [InlineData("import [|std.nope|] // SD2004")]
    // Shapes.
    [InlineData("import std.nn\nmodel M { input x: f32[4, 5]\n input w: f32[6, 7]\n output y = [|matmul(x, w)|] // SD2005\n}")]
    [InlineData("model M { input x: f32[4, 5]\n output y = [|x . x|] // SD2005\n}")]
    [InlineData("model M { input x: f32[4, 5]\n input z: f32[5, 5]\n output y = [|concat(x, z, axis: 1)|] // SD2005\n}")]
    [InlineData("fn f(x: f32[N, N]) { x }\nmodel M { input x: f32[4, 5]\n output y = [|f(x)|] // SD2005\n}")]
    [InlineData("import std.nn\nmodel M { input x: f32[5]\n output y = x |> [|matmul(x)|] // SD2006\n}")]
    [InlineData("model M(N: dim) { input x: f32[N, 5]\n input z: f32[3, 5]\n output y = [|x + z|] // SD2007\n}")]
    [InlineData("import std.nn\nmodel M { input x: f32[5]\n input z: f32[4]\n output y = [|swiglu(x, z)|] // SD2007\n}")]
    [InlineData("model M(N: dim 1..8) { input x: f32[N, 8]\n param w: [|f32[N, 8]|] // SD2039\n output y = x * w }")]
    [InlineData("import std.layers\nmodel M(N: dim 1..8) { input x: f32[2, 8]\n output y = x |> [|fully_connected(N)|] // SD2039\n}")]
    [InlineData("layer l(x: f32[R, C]) { param w: [|f32[R + 1]|] // SD2039\n w }\nmodel M(N: dim 1..8) { input x: f32[N, 8]\n output y = l(x) }")]
    [InlineData("import std.nn\nmodel M { input x: f32[1, 6, 5, 5]\n param f: f32[4, 3, 1, 1]\n output y = [|grouped_conv2d(x, f, groups: 4)|] // SD2040\n}")]
    [InlineData("import std.nn\nmodel M { input x: f32[1, 8, 5, 5]\n param f: f32[6, 2, 1, 1]\n output y = [|grouped_conv2d(x, f, groups: 4)|] // SD2040\n}")]
    [InlineData("import std.nn\nmodel M { input x: f32[1, 6, 5, 5]\n param f: f32[4, 3, 1, 1]\n output y = [|conv2d(x, f)|] // SD2005\n output z = [|depthwise_conv2d(x, f)|] // SD2005\n}")]
    [InlineData("import std.nn\nmodel M { input x: f32[1, 6, 5, 5]\n param f: f32[6, 3, 1, 1]\n output y = [|depthwise_conv2d(x, f)|] // SD2040\n output z = [|pixel_shuffle(x, 2)|] // SD2040\n}")]
    [InlineData("op f(x[i]) -> y[i] = {\n require(extent(i) % 2 == 0 & extent(i) > 2)\n x[i] }\nmodel M(N: dim 1..8) { input x: f32[N]\n input z: f32[2]\n output y = [|f(x)|] // SD2040\n output w = [|f(z)|] // SD2040\n}")]
    [InlineData("op f(x[i]) -> y[i] = {\n [|require()|] // SD2008\n x[i] }\nop g(x[i]) -> y[i] = {\n require([|extent(i)|]) // SD2011\n x[i] }\nop h(x[i]) -> y[i] = [|require(extent(i) == 2)|] + x[i] // SD2023")]
    [InlineData("import std.layers\nmodel M { input x: f32[[|-3|]] // SD2034\n input z: f32[2, 3]\n output y = [|fully_connected(z, -1)|] // SD2034\n output w = [|full([-1], 2)|] // SD2034\n output v = [|reshape(z, [-1, -1])|] // SD2011\n output u = [|reshape(z, [-2, -3])|] // SD2034\n}")]
    [InlineData("import std.nn\nmodel M { input x: f32[1, 3, 8, 8]\n output y = [|max_pool(x, kernel: 9)|] // SD2034\n output z = [|max_pool(x, kernel: 12, stride: 1)|] // SD2034\n}")]
    [InlineData("op f(x[i], w[s]) -> [|y[p]|] = sum(s) x[p + s] * w[s] // SD2034\nmodel M(N: dim 5..8) { input x: f32[4]\n input w: f32[N]\n output y = f(x, w) }")]
    // Calls.
    [InlineData("import std.nn\nmodel M { input x: f32[5, 5]\n output y = [|matmul(x)|] // SD2008\n output z = [|max_pool(x)|] // SD2008\n}")]
    [InlineData("import std.nn\nmodel M { input x: f32[5]\n output y = relu(x, [|2|]) // SD2009\n output z = [|exp(x, x)|] // SD2009\n}")]
    [InlineData("import std.nn\nmodel M { input x: f32[5]\n output y = clip(x, [|hi|]: 2) // SD2010\n output z = flatten(x, [|axis|]: 2) // SD2010\n}")]
    [InlineData("import std.nn\nmodel M { input x: f32[5]\n output y = clip(x, 0, [|low: 2|]) // SD2031\n output z = concat(x, axis: 0, [|axis: 0|]) // SD2031\n}")]
    [InlineData("import std.nn\nmodel M { input x: f32[5]\n output y = [|scale(x, by: true)|] // SD2011\n output z = [|matmul(x, 3)|] // SD2011\n}")]
    [InlineData("const a = 3\nmodel M { input x: f32[5]\n output y = [|a|](x) // SD2012\n output z = [|x|](x) // SD2012\n}")]
    // Index notation.
    [InlineData("op f(x[i]) -> y[i] = sum([|k|]) x[i + k] // SD2013")]
    [InlineData("op f(x[i]) -> [|y[p]|] = x[p % 2] // SD2014")]
    [InlineData("op f(x[i]) -> [|y[a, b]|] = x[a + b] // SD2014")]
    [InlineData("op f(x[i, j], z[..]) -> y[i, j] = [|x[i]|] + [|z[i, j]|] // SD2015 SD2015")]
    [InlineData("op f(x[i]) -> y[i] = x[[|exp(i)|]] + x[[|i < 2|]] + x[[|0.5|]] // SD2016 SD2016 SD2016")]
    [InlineData("op f(x[.., j]) -> [|y[j]|] = x[.., j] // SD2032")]
    [InlineData("op f(x[i, j]) -> y[i, j] = {\n let m = x[i, j]\n [|let e[i] = m|] // SD2032\n e[i] }")]
    [InlineData("op f(x[i]) -> y[i] = {\n let e[k < 3] = x[[|i|]] // SD2001\n e[0] }")]
    [InlineData("op f(x[i]) -> y[i] = sum(k < [|i + 1|]) x[k] // SD2033")]
    [InlineData("op f(x[i]; n: int = 3) -> y[p < [|1 - n|]] = x[p] // SD2034")]
    [InlineData("op f(x[i]) -> y[i] = [|{ let a = x[i] }|] // SD2035")]
    [InlineData("op f(x[i]) -> y[i] = x[[|i / 0|]] // SD2028")]
    [InlineData("op f(x; by: [|real|]) = x * by // SD2038")]
    [InlineData("import std.nn\nop f(x[i]) -> y[i] = [|softmax(x[i])|] // SD2023")]
    [InlineData("import std.nn\nop f(x[i]) -> y[i] = clip(x[i], [|hi|]: 2) + clip(x[i], 0, [|low: 1|]) + relu(x[i], [|2|]) // SD2010 SD2031 SD2009")]
    [InlineData("op f(x[i]) -> y[i] = max(x[i], [|b|]: 2) + [|exp(x[i], 2)|] + exp([|z|]) // SD2010 SD2009 SD2001")]
    // Types.
    [InlineData("model M { input x: [|f33|][4] // SD2017\n let z = x\n output y = z }")]
    [InlineData("fn f(x: [|float|][N]) { x } // SD2017")]
    [InlineData("model M { input x: f32[4]\n output y: [|f32[5]|] = x // SD2018\n output z: [|f16[4]|] = x // SD2018\n}")]
    [InlineData("fn f(x: f16[N]) { x }\nmodel M { input x: f32[4]\n output y = [|f(x)|] // SD2018\n}")]
    [InlineData("fn f(x: f32[N]) -> [|f32[N + 1]|] { x } // SD2018\nmodel M { input x: f32[4]\n output y = f(x)\n}")]
    [InlineData("model M { input x: bool[4]\n output y = [|-x|] // SD2030\n output z = x & !x\n}")]
    [InlineData("model M { input x: f32[4]\n output y = [|(x > 0) + 1|] // SD2030\n output z = [|(x > 0) * x|] // SD2030\n}")]
    [InlineData("op f(x[i]) -> y[i] = [|(x[i] > 0) * x[i]|] + [|exp(x[i] > 0)|] // SD2030 SD2030\nop g(x[i]) -> y[] = [|sum(i) (x[i] > 0)|] // SD2030")]
    // Compile time.
    [InlineData("model M([|N: dim 8..2|]) { // SD2019\n input x: f32[N]\n output y = x }")]
    [InlineData("model M([|N: dim 9..15 step 8|], [|K: dim 1..7 step 8|], [|L: dim 1..8 step 0|], J: dim 1..8 step 8) { // SD2019 SD2019 SD2019\n input x: f32[N, K, L, J]\n output y = x }")]
    [InlineData("model [|M|] { input x: f32[4] } // SD2020")]
    [InlineData("model M(N: dim 1..9) { input x: f32[N]\n let y = if [|N > 5|] { x } else { -x } // SD2041\n output z = if N < 10 { y } else { w } }")]
    [InlineData("layer a(x) { b(x) }\nlayer b(x) { [|a(x)|] } // SD2022\nmodel M { input x: f32[4]\n output y = a(x) }")]
    [InlineData("op f(x) = [|g(x)|] // SD2022\nop g(x) = [|f(x)|] // SD2022")]
    [InlineData("const a = b\nconst b = [|a|] // SD2022")]
    [InlineData("mask m(q, k) = k <= q\npattern p = r & m\npattern r = [|p|] // SD2022\nmodel M { input x: f32[8, 4]\n output y = attend(x, x, x, where: p) }")]
    [InlineData("model [|M|] { // SD2037\n input x: f32[2147483647, 2147483647, 2147483647]\n output y = x }")]
    [InlineData("fn f(x) { [|param w: f32[2]|] // SD2023\n x }")]
    [InlineData("model M { input x: f32[4]\n let y = 1 + [|for i in 0..3 { x }|] // SD2023\n output z = x }")]
    [InlineData("model M(N: dim) { input x: f32[N, 4]\n output y = [|reshape(x, [N, 5])|] // SD2024\n}")]
    [InlineData("const a = [1, 2]\nmodel M { input x: f32[4]\n output y = x * [|a[2]|] // SD2025\n output z = x[[|4|]] // SD2025\n output w = x[2:[|5|]] // SD2025\n}")]
    [InlineData("model M { input x: f32[4]\n [|let a, b = [x, x, x]|] // SD2026\n output y = a + b }")]
    [InlineData("model M { input x: f32[4]\n output y = x * x.[|size|] // SD2027\n}")]
    [InlineData("model M { input x: f32[4]\n input [|£|]z: f32[4] // SD1001\n output [|£|]w = x // SD1001\n output y = x }")]
    [InlineData("module m\nimport [|m|] // SD2042\nmodel M { input x: f32[4] from [|fiel|](\"a\") // SD2011\n output y = x }")]
    [InlineData("const a = [|1 / (2 - 2)|] // SD2028\nconst b = a + 1")]
    [InlineData("model M { input x: f32[4]\n output y = [|sum(i) x[i]|] // SD2029\n}")]
    [InlineData("model M { input x: f32[5]\n output y = concat(x, x) + [|split(x, 2)|][0] // SD2036\n}")]
    [InlineData("const a = [|4000000000 * 4000000000|] // SD2037\nconst b = [|99999999999999999999|] // SD2037")]
    [InlineData("layer a(x) { x |> a1 |> a1 }\nlayer a1(x) { x |> a2 |> a2 }\nlayer a2(x) { x }\nmodel M { input x: f32[4]\n let y = x\n let y = for i in [|0..9000000|] { a(y) } // SD2037\n output z = y }")]
    // Warnings.
    [InlineData("model M { input x: f32[4]\n [|input z: f32[4]|] // SD2101\n [|param w: f32[4]|] // SD2101\n output y = x }")]
    public void Mistake_is_reported_at(string marked) => SyntaxText.AssertMarked(marked, text => BindText.Bind(text).Diagnostics);

    [Theory]
    [InlineData("x[.., 5:3]", "expected a range that does not end before it begins, found '5:3' of 8 entries")]
    [InlineData("x[.., -9]", "index -9 is outside the 8 entries")]
    [InlineData("x[.., -9:]", "index -9 is outside the 8 entries")]
    [InlineData("x[.., :9]", "index 9 is outside the 8 entries")]
    [InlineData("x[:2]", "'x' has 2 indices, but 1 subscripts are given")]
    [InlineData("if N > 4 { x } else { -x }", "'N > 4' holds for some values of the dims and not for others")]
    [InlineData("reshape(x, [-1, -1])", "expected at most one -1 among the extents, found [-1, -1]")]
    [InlineData("(x > 0) + 1", "'add' of bool values is not defined")]
    [InlineData("grouped_conv2d(image, f, groups: 4)", "'grouped_conv2d' requires 'extent(m) == groups * extent(c)', but here that is 6 == 12")]
    [InlineData("max_pool(image, kernel: 9)", "this extent is 0")]
    [InlineData("sum(x)", "a reduction is written 'sum(i) x[i]' in an operator; std.nn has reduce_sum along the last axis")]
    [InlineData("cast(x, f99)", "element types are bool, u8, i8, i16, u16, i32, u32, i64, f16, bf16, f32, f64")]
    public void Message_or_hint_says(string value, string said)
    {
        var (_, diagnostics) = BindText.Bind($"import std.nn\nmodel M(N: dim 1..8) {{\n input x: f32[N, 8]\n input image: f32[1, 6, 8, 8]\n param f: f32[4, 3, 1, 1]\n output y = {value}\n}}");
        Assert.Contains(said, DiagnosticRenderer.Render(Assert.Single(diagnostics.Items)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@block(4, 1, 2, zeros >= 70%)", "'@block' takes two integers and a fraction: @block(4, 1, zeros >= 70%), not 4 arguments")]
    [InlineData("@unstructured(1, zeros >= 70%)", "'@unstructured' takes a promise: 'zeros >= 90%', not 2 arguments")]
    public void Annotation_message_says(string annotation, string said)
    {
        var (_, diagnostics) = BindText.Bind($"model M {{ param w: f32[4, 4] {annotation}\n output y = w }}");
        Assert.Contains(said, DiagnosticRenderer.Render(Assert.Single(diagnostics.Items)), StringComparison.Ordinal);
    }

    [Fact]
    public void Default_of_an_attribute_may_use_the_dims_of_the_tensors()
    {
        var text = "layer f(x: f32[.., C]; out: dim = C * 2) {\n param w: f32[C, out]\n x . w }\nmodel M {\n input x: f32[2, 3]\n output y = f(x)\n output z = f(x, 5) }";
        var (module, diagnostics) = BindText.Bind(text);
        Assert.Empty(diagnostics.Items);
        Assert.Equal(["f32[2, 6]", "f32[2, 5]"], module.Models[0].Outputs.Select(o => o.Value.Type.ToString()));
    }

    [Theory]
    [InlineData("x + full([4], 1.0)")]
    [InlineData("full([4], 1.0) |> relu")]
    [InlineData("attend(m, m, m, where: full) . full([4], 1.0)")]
    public void Constant_full_and_mask_full_do_not_collide(string value)
    {
        var (module, diagnostics) = BindText.Bind($"import std.nn\nimport std.attention\nmodel M {{\n input x: f32[4]\n input m: f32[4, 4]\n output y = {value}\n output z = x + m }}");
        Assert.Empty(diagnostics.Items);
        Assert.Equal("f32[4]", module.Models[0].Outputs[0].Value.Type.ToString());
    }

    [Fact]
    public void Name_of_an_output_is_a_value_afterwards()
    {
        var (module, diagnostics) = BindText.Bind("import std.nn\nmodel M {\n input x: f32[4]\n output logits = x * 2\n output y = softmax(logits) }");
        Assert.Empty(diagnostics.Items);
        Assert.Equal("logits", module.Models[0].Outputs[0].Name);
    }

    [Theory]
    [InlineData("@[|sparsely|] // SD3003", "w: f32[4, 4]")]
    [InlineData("@unstructured(zeros >= [|190%|]) // SD3005", "w: f32[4, 4]")]
    [InlineData("@[|nm(4, 2)|] // SD3006", "w: f32[4, 4]")]
    [InlineData("@[|nm(2, 8)|] // SD3007", "w: f32[4, 12]")]
    [InlineData("@[|block(4, 0)|] // SD3008", "w: f32[4, 4]")]
    [InlineData("@[|nm(2)|] // SD3009", "w: f32[4, 4]")]
    [InlineData("@[|unstructured(90%)|] // SD3009", "w: f32[4, 4]")]
    [InlineData("@[|mask(w)|] // SD3009", "w: f32[4, 4]")]
    [InlineData("@dense @[|nm(2, 4)|] // SD3012", "w: f32[4, 4]")]
    [InlineData("@format([|cst|]) // SD3013", "w: f32[4, 4]")]
    [InlineData("@format([|bsr(2)|]) // SD3040", "w: f32[4, 4]")]
    [InlineData("@[|format(csr)|] // SD3015", "w: f32[4]")]
    [InlineData("@[|topk(2)|] // SD3016", "w: f32[4, 4]")]
    public void Parameter_annotation_is_reported_at(string annotation, string param)
    {
        var (marked, ids) = (annotation[..annotation.IndexOf("//", StringComparison.Ordinal)], annotation[annotation.IndexOf("//", StringComparison.Ordinal)..]);
        SyntaxText.AssertMarked(
            $"import std.formats\nmodel M {{\n param {param} {marked} {ids}\n output y = w }}", text => BindText.Bind(text).Diagnostics);
    }

    [Theory]
    [InlineData("output y = x @[|nm(2, 4)|] // SD3017")]
    [InlineData("output y = x @[|topk(0)|] // SD3020\n output z = x @[|topk(5)|] // SD3020")]
    [InlineData("output y = x @[|topk(2, exact)|] // SD3009\n output z = x @topk(2, [|per|]: channel) // SD2010")]
    [InlineData("output y = x @threshold([|tt|]) // SD2001\n output z = x @threshold(1, expect: [|200%|]) // SD3005")]
    [InlineData("output y: f32[4] @[|topk(2)|] = x // SD3021\n state [|s|]: f32[4] @[|dense|] // SD4006 SD3017")]
    [InlineData("output y = [|keep(x, top: 50%)|] // SD3900")]
    public void Selection_is_reported_at(string statement) =>
        SyntaxText.AssertMarked($"model M {{\n input x: f32[4]\n {statement}\n}}", text => BindText.Bind(text).Diagnostics);

    [Theory]
    [InlineData("[|nope.*|] : dense // SD3010\n w : dense\n [|v[*]|] : nm(2, 4) // SD3010")]
    [InlineData("[|w|] : dense // SD3101\n * : unstructured(zeros >= 50%)")]
    [InlineData("w : [|topk(2)|] // SD3016")]
    [InlineData("w : dense @[|nm(2, 4)|] // SD3012")]
    public void Overlay_is_reported_at(string rules) => SyntaxText.AssertMarked(
        $"model M {{\n param w: f32[4] @unstructured(zeros >= 10%)\n output y = w }}\nsparsify M {{\n {rules}\n}}", text => BindText.Bind(text).Diagnostics);

    [Theory]
    [InlineData("where: [|causal & causel|]", 0)]
    [InlineData("where: [|window|] // SD2008", 1)]
    [InlineData("where: window(1, [|2|]) // SD2009", 1)]
    [InlineData("where: window([|n|]: 2) // SD2010", 1)]
    [InlineData("where: [|a_shape(1, 2)|] & causal // SD3018", 1)]
    [InlineData("where: [|causal + causal|] // SD2023", 1)]
    [InlineData("score: [|soft_cap(30)|] // SD3903", 1)]
    [InlineData("[|whre|]: causal // SD2010", 1)]
    [InlineData("where: [|3|] // SD2011", 0)]
    public void Attention_is_reported_at(string argument, int marks)
    {
        var end = argument.IndexOf("//", StringComparison.Ordinal);
        var (marked, ids) = end < 0 ? (argument, "") : (argument[..end], argument[end..]);
        if (marks == 0)
        {
            var (_, diagnostics) = BindText.Bind($"import std.attention\nmodel M {{ input x: f32[8, 4]\n output y = attend(x, x, x, {marked.Replace("[|", "").Replace("|]", "")}) }}");
            Assert.Single(diagnostics.Items);
            return;
        }

        SyntaxText.AssertMarked(
            $"import std.attention\nmodel M {{ input x: f32[8, 4]\n output y = attend(x, x, x, {marked}) {ids}\n}}", text => BindText.Bind(text).Diagnostics);
    }

    [Theory]
    [InlineData("f = [i, j] -> dense(i)")]
    [InlineData("f = [i, j] -> dense(i), compressed(j), dense(j)")]
    [InlineData("f = [i, j] -> dense(i), compressed(j / 4), dense(j % 8)")]
    [InlineData("f = [i, j] -> dense(i), dense(j % 4), compressed(j / 4)")]
    [InlineData("f = [i, j] -> dense(i), fast(j)")]
    [InlineData("f = [i, j] -> dense(i), dense(j / 4), pick(j % 4)")]
    [InlineData("f = [i, j] -> singleton(i), dense(j)")]
    [InlineData("f = [i, j] -> dense(i), compressed(2)(j)")]
    [InlineData("f = [i, j] -> compressed(i * 3 + j)")]
    public void Format_that_cannot_store_is_reported(string format)
    {
        var (_, diagnostics) = BindText.Bind("format " + format);
        Assert.Equal("SD3014", Assert.Single(diagnostics.Items).Id);
    }

    [Fact]
    public void Mistakes_in_library_calls_are_shown_at_the_call_with_a_hint()
    {
        var (_, diagnostics) = BindText.Bind("import std.nn\nmodel M {\n input x: f32[4, 5]\n output y = conv2d(x, x, strid: 2)\n output z = rellu(x)\n}");
        Assert.Equal(
            """
            test.dsl:4:26: error SD2010: 'conv2d' has no argument 'strid'
               4 |  output y = conv2d(x, x, strid: 2)
                 |                          ^^^^^
              hint: did you mean 'stride'? it is conv2d(x, f; stride: int, pad: int, dilation: int, stride_h: int, stride_w: int, dilation_h: int, dilation_w: int, pad_top: int, pad_left: int, pad_bottom: int, pad_right: int)
            test.dsl:5:13: error SD2001: there is no 'rellu' here
               5 |  output z = rellu(x)
                 |             ^^^^^
              hint: did you mean 'relu'?

            """,
            string.Concat(diagnostics.Items.Select(DiagnosticRenderer.Render)));
    }

    [Fact]
    public void Shape_mismatch_names_operands_extents_and_the_signature()
    {
        var (_, diagnostics) = BindText.Bind("import std.nn\nmodel M(N: dim 1..4) {\n input x: f32[N, 5]\n param w: f32[6, 7]\n output y = matmul(x, w)\n}");
        Assert.Equal(
            """
            test.dsl:5:13: error SD2005: 'matmul' needs the extents 'k' of its operands to be equal, but 'a' has 5 and 'b' has 6
               5 |  output y = matmul(x, w)
                 |             ^^^^^^^^^^^^
              note: it is matmul(a[.., i, k], b[.., k, j]) with a: f32[N, 5], b: f32[6, 7]
              hint: check the shapes of the operands

            """,
            string.Concat(diagnostics.Items.Select(DiagnosticRenderer.Render)));
    }

    [Fact]
    public void Of_very_many_unknown_names_only_the_first_are_compared_with_all_others()
    {
        var lets = Enumerable.Range(0, 400).Select(i => FormattableString.Invariant($"let name{i} = unknown{i}(x)\n let almost{i} = nam{i}\n"));
        var diagnostics = BindText.Bind("model M { input x: f32[4]\n" + string.Concat(lets) + "output y = x }").Diagnostics.Items;
        Assert.Equal(800, diagnostics.Count);
        Assert.Equal("did you mean 'name0'?", diagnostics[1].Hint);
        Assert.DoesNotContain(diagnostics.Skip(400), d => d.Hint.StartsWith("did you mean", StringComparison.Ordinal));
    }
}
