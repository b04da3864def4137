using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Tests.Syntax;

/// <summary>How expressions group, as the printed tree says it.</summary>
public class ExpressionTests
{
    [Theory]
    [InlineData("a + b * c", "(+ a (* b c))")]
    [InlineData("a - b - c", "(- (- a b) c)")]
    [InlineData("-a ^ 2", "(neg (^ a 2))")]
    [InlineData("2 ^ -a ^ b", "(^ 2 (neg (^ a b)))")]
    [InlineData("a * b . c", "(* a (. b c))")]
    [InlineData("a . b'", "(. a (' b))")]
    [InlineData("a.b . c.d", "(. (member a b) (member c d))")]
    [InlineData("a | b & c < d + 1", "(| a (& b (< c (+ d 1))))")]
    [InlineData("!a & b", "(& (! a) b)")]
    [InlineData("a or b and c", "(| a (& b c))")]
    [InlineData("x |> f |> g(2)", "(|> (|> x f) (call g 2))")]
    [InlineData("x |> f(1) as s[i + 1] |> g", "(|> (|> x (call f 1 (as s) (at (+ i 1)))) g)")]
    [InlineData("a if c else b if d else e", "(choose c a (choose d b e))")]
    [InlineData("a if c else b |> f", "(|> (choose c a b) f)")]
    [InlineData("0..n + 1", "(.. 0 (+ n 1))")]
    [InlineData("90%", "90%")]
    [InlineData("90 % 7", "(% 90 7)")]
    [InlineData("90% * x", "(* 90% x)")]
    [InlineData("x[.., :r, 1:, :, a:b]", "(index x .. (slice (high r)) (slice (low 1)) (slice) (slice (low a) (high b)))")]
    [InlineData("sum(k) a[k] * b[k] + c", "(+ (sum (over k) (* (index a k) (index b k))) c)")]
    [InlineData("sum(c, r < 3) x[c] . y", "(sum (over c r (< 3)) (. (index x c) y))")]
    [InlineData("a * sum(k) b * c", "(* a (sum (over k) (* b c)))")]
    [InlineData("max(x, 0)", "(call max x 0)")]
    [InlineData("max(x, y) + 1", "(+ (call max x y) 1)")]
    [InlineData("max(x, y) - 1", "(- (call max x y) 1)")]
    [InlineData("max(x)[0]", "(index (call max x) 0)")]
    [InlineData("max(j) (x[j] - 1)", "(max (over j) (- (index x j) 1))")]
    [InlineData("sum(..) x", "(sum (over ..) x)")]
    [InlineData("sum(i) sum(j < i) x[i, j]", "(sum (over i) (sum (over j (< i)) (index x i j)))")]
    [InlineData("x . k1 @topk(k, expect: 8%)", "(. x (annotated k1 (@topk k expect: 8%)))")]
    [InlineData("f(x) @a @b(1)", "(annotated (call f x) (@a) (@b 1))")]
    [InlineData("pick(n)(j % m)", "(call (call pick n) (% j m))")]
    [InlineData("f(mask: 1, for: 2)", "(call f mask: 1 for: 2)")]
    [InlineData("a\n+ b\n|> f", "(|> (+ a b) f)")]
    [InlineData("\"a\\n\\\"\\\\\"", "\"a\\n\\\"\\\\\"")]
    [InlineData("step + cover * from", "(+ step (* cover from))")]
    public void Groups_as(string text, string tree)
    {
        var item = Assert.IsType<ConstItem>(Assert.Single(SyntaxText.ParseClean("const c = " + text).Items));
        Assert.Equal(tree, AstPrinter.Print(item.Value));
    }

    [Fact]
    public void Line_ends_separate_statements_unless_an_operator_bridges_them()
    {
        var module = SyntaxText.ParseClean("fn f(x) {\n let a = x\n  - 1\n let b = [\n  1,\n  2 if x\n  else 3 ]; let c = b\n if a { b } else { c }\n}");
        Assert.Equal(
            "(module)\n(fn f (parameters x) (attributes) (block\n  (let (a) (- x 1))\n  (let (b) (list 1 (choose x 2 3)))\n  (let (c) b)\n"
            + "  (value (if a (block\n    (value b)) (else (block\n    (value c)))))))\n",
            AstPrinter.Print(module));
    }
}
