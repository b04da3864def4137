using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Dsl.Tests.Syntax;

/// <summary>Where each mistake is reported, to the character, and that one mistake is reported once.</summary>
public class SyntaxDiagnosticsTests
{
    [Theory]
    [InlineData("const a = 1 [|#|] 2 // SD1001")]
    [InlineData("const a = [|é‽|] // SD1001")]
    [InlineData("const a = [|\"x // SD1002|]")]
    [InlineData("const a = 1 [|/*|] SD1003")]
    [InlineData("const a = [|1.|] + [|2x|] + [|3.f|] + [|1e999|] // SD1004 SD1004 SD1004 SD1004")]
    [InlineData("const a = \"a[|\\q|]b\" // SD1005")]
    [InlineData("const a = (1 + 2[||] // SD1006\nconst b = 2")]
    [InlineData("const a = [|)|] // SD1007")]
    [InlineData("const [|=|] 3 // SD1008")]
    [InlineData("const a[||] // SD1008\nconst b = 1")]
    [InlineData("model M(N[|)|] { } // SD1008")]
    [InlineData("op f(x, [|3|], y, [|)|] = x // SD1008 SD1008")]
    [InlineData("const a = 2 *[||] // SD1009\nconst b = 1")]
    [InlineData("const a =[||] // SD1009\nmodel M { }")]
    [InlineData("const a = f(1,[||], 2,[||]) + (3 -[||]) // SD1009 SD1009 SD1009")]
    [InlineData("[|modle|] Digits { } // SD1010")]
    [InlineData("[|modul|] digits // SD1010")]
    [InlineData("model M {\n [|parm|] w: f32[2] // SD1010\n [|lte|] x = w // SD1010\n}")]
    [InlineData("const a = 1 if b [|=|] 2 else 3 // SD1011")]
    [InlineData("const a = f(b[|=|]2) // SD1011")]
    [InlineData("const a [|==|] 2 // SD1012")]
    [InlineData("fn f(x) { let [|model|] = x } // SD1013")]
    [InlineData("const [|for|] = x // SD1013")]
    [InlineData("const a = 1 + [|layer|] // SD1013")]
    [InlineData("[|offline|] { t = 3 } over calibration(tokens: 3) // SD1014\nconst b = 1")]
    [InlineData("fn f(x) { let y = [|route|](x) } // SD1014")]
    [InlineData("fn f(x) {\n [|while|] steps < 3 { // SD1014\n let let\n }\n x\n}")]
    [InlineData("module a\n[|module|] b // SD1015")]
    [InlineData("import std.nn\n[|module|] b // SD1016")]
    [InlineData("const a = 1\n[|import|] std.nn // SD1017")]
    [InlineData("[|let|] a = 1 // SD1018\n[|input|] x: f32 // SD1018")]
    [InlineData("model M {\n [|op|] f(x) = x // SD1019\n let a = 1\n}")]
    [InlineData("const a = 1 [|2|] // SD1020")]
    [InlineData("model A { } [|model|] B { } // SD1020")]
    [InlineData("fn f(x) {\n relu\n [|(|]x) // SD1021\n}")]
    [InlineData("fn f(x) {\n let y = relu\n [|(|]x) // SD1021\n y\n}")]
    [InlineData("const a = b[|%|]2 // SD1022")]
    [InlineData("const a = [[|8%|]b, 1] // SD1023")]
    [InlineData("const a = b < c [|<|] d // SD1024")]
    [InlineData("const a = b |> [|3|] |> [|[1]|] // SD1025 SD1025")]
    [InlineData("sparsify M {\n [|a.**b|] : dense // SD1028\n [|a[x]|] : dense // SD1028\n a.b[0] : dense\n}")]
    [InlineData("const a = (b [|as|] c) // SD1029")]
    [InlineData("const a = f(1[|;|] b: 2) // SD1030")]
    [InlineData("const a = b [|&&|] c // SD1031")]
    [InlineData("const a = [|not|] c // SD1031")]
    [InlineData("[|def|] f(x) { x } // SD1031")]
    [InlineData("const a = b[|.|] c // SD1032")]
    [InlineData("const a = [|'|]w.npy' // SD1033")]
    [InlineData("fn f(x) {\n [|y|] = x // SD1034\n x\n}")]
    [InlineData("fn f(x) {\n [|return|] x // SD1035\n}")]
    public void Mistake_is_reported_at(string marked) => SyntaxText.AssertMarked(marked);

    [Fact]
    public void Every_mistake_of_a_file_is_reported() => SyntaxText.AssertMarked(
        """
        module digits
        import std.nn
        model Digits(N: dim 1..64, K[|)|] {     // SD1008
            input image: u8[N, 28,[||]]          // SD1009
            param w: f32[256 [|784|]] @nm(2,[||])  // SD1008 SD1009
            let x = image |>[||]                 // SD1009
            let h = linear(x, w[||] // SD1006
            output y: f32 [|==|] h               // SD1012
        }
        fn f(x) {
            let y = x +[||]                      // SD1009
            let z = y
            if x [|=|] 1 { y } else { x }        // SD1011
            y[||] // SD1006
        model [|3|] { let a =[||] }              // SD1008 SD1009
        const z = 1 [|é|]                        // SD1001
        """);

    [Fact]
    public void What_follows_a_mistake_is_still_in_the_tree()
    {
        var (module, _) = SyntaxText.Parse("op f( = 3\nfn g(x) {\n let a = \n let b = x\n b\n}\nmodel 3 { }\nconst c = 1\n");
        Assert.Equal(["g", "c"], module.Items.Select(i => i.Name.Text));
        var body = Assert.IsType<FunctionItem>(module.Items[0]).Body.Statements;
        Assert.Equal([typeof(ErrorStmt), typeof(LetStmt), typeof(ValueStmt)], body.Select(s => s.GetType()));
    }

    [Fact]
    public void An_unclosed_bracket_points_at_its_opener()
    {
        var diagnostic = Assert.Single(SyntaxText.Parse("model M {\n    let a = f(1,\n        2\n    let b = a\n}\n").Diagnostics.Items);
        Assert.Equal(
            """
            test.dsl:3:10: error SD1006: a ')' is missing: '(' is not closed
               3 |         2
                 |          ^
              test.dsl:2:14: note: '(' is opened here
               2 |     let a = f(1,
                 |              ^
              hint: insert ')' here or at an earlier place

            """,
            DiagnosticRenderer.Render(diagnostic));
    }

    [Theory]
    [InlineData("const a = 3 +", "an expression is missing after '+'")]
    [InlineData("const a 3", "expected '=', found the number 3")]
    [InlineData("fn f(x y) { x }", "expected ',' or ')', found the name 'y'")]
    [InlineData("foo(x)", "expected a declaration, found the name 'foo'")]
    [InlineData("fn f(x: 3) { x }", "expected a type, found the number 3")]
    [InlineData("model M {\n param w\n}", "expected ':', found the end of the line")]
    [InlineData("pattern p", "expected '=' or '{', found the end of the file")]
    [InlineData("const a = 1 2", "the number 2 does not belong to this statement, which is complete")]
    [InlineData("modle M { }", "'modle' is not a keyword: did you mean 'model'?")]
    public void Messages_read_like_sentences(string text, string message) =>
        Assert.Equal(message, Assert.Single(SyntaxText.Parse(text).Diagnostics.Items).Message);
}
