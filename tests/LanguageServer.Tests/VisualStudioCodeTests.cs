using System.Text.Json;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Dsl.Symbols;
using SparseDsl.Dsl.Syntax;

namespace SparseDsl.Tests.LanguageServer;

/// <summary>The extension for Visual Studio Code against the language: its grammar knows every word and operator the lexer knows.</summary>
public class VisualStudioCodeTests
{
    private static readonly string Folder = Repository.PathOf("editors/vscode");
    private static readonly TextMate Grammar = new(Read("syntaxes/sparsedsl.tmLanguage.json"));

    public static TheoryData<string> JsonFiles => [.. Directory.EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Folder, f)).Where(f => !f.StartsWith("node_modules", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Programs => [.. new[] { "src/Stdlib", "examples", "tests/Golden" }
        .SelectMany(f => Directory.EnumerateFiles(Repository.PathOf(f), "*.dsl", SearchOption.AllDirectories))
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
        .Select(f => Path.GetRelativePath(Repository.Root, f).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(JsonFiles))]
    public void Every_json_file_parses(string file) => Assert.Equal(JsonValueKind.Object, Read(file).ValueKind);

    [Fact]
    public void Every_file_the_manifest_names_is_there()
    {
        var manifest = Read("package.json");
        var contributes = manifest.GetProperty("contributes");
        string[] files =
        [
            manifest.GetProperty("main").GetString()!,
            contributes.GetProperty("languages")[0].GetProperty("configuration").GetString()!,
            contributes.GetProperty("grammars")[0].GetProperty("path").GetString()!,
            contributes.GetProperty("snippets")[0].GetProperty("path").GetString()!,
        ];

        Assert.All(files, f => Assert.True(File.Exists(Path.Combine(Folder, f)), f));
        Assert.Equal(Read("syntaxes/sparsedsl.tmLanguage.json").GetProperty("scopeName").GetString(), contributes.GetProperty("grammars")[0].GetProperty("scopeName").GetString());
    }

    [Fact]
    public void Every_reserved_word_is_a_keyword()
    {
        Assert.NotEmpty(Keywords.Reserved);
        Assert.All(Keywords.Reserved, word => AssertScope(word, 0, "keyword.", "storage.", "constant.language."));
    }

    [Fact]
    public void Every_word_that_begins_an_item_or_a_statement_is_one_before_a_name()
    {
        Assert.All(Keywords.Items.Concat(Keywords.Statements), word => AssertScope(word + " name", 0, "storage."));
        Assert.All(new[] { "cover", "from", "step" }, word => AssertScope(word + " name", 0, "keyword."));
    }

    [Fact]
    public void Every_built_in_word_has_its_scope()
    {
        Assert.All(LanguageWords.Keywords.Except(Keywords.Items).Except(Keywords.Statements), w => AssertScope(w + " x", 0, "keyword.", "constant.language."));
        Assert.All(LanguageWords.Reductions, w => AssertScope(w + "(k) x[k]", 0, "support.function.reduction"));
        Assert.All(LanguageWords.LevelKinds, w => AssertScope(w + "(i)", 0, "support.function.level"));
        Assert.All(LanguageWords.ElementTypes, w => AssertScope(w + "[4]", 0, "support.type.element"));
        Assert.All(LanguageWords.AttributeKinds, w => AssertScope("a: " + w, 3, "support.type."));
        Assert.All(LanguageWords.Annotations, w => AssertScope("@" + w.Name, 1, "entity.name.function.decorator"));
    }

    [Theory]
    [InlineData("a // relu \"x\"", 2, "comment.line")]
    [InlineData("/* let\nlet */ a", 8, "comment.block")]
    [InlineData("\"let // x\" ", 5, "string.")]
    [InlineData("\"a\\n\"", 2, "constant.character.escape")]
    [InlineData("\"a\\q\"", 2, "invalid.")]
    [InlineData("1e-5", 3, "constant.numeric")]
    [InlineData("zeros >= 90%", 11, "constant.numeric")]
    [InlineData("a % 2", 2, "keyword.operator.arithmetic")]
    [InlineData("0..4", 1, "keyword.operator.range")]
    [InlineData("x |> relu", 5, "entity.name.function.call")]
    [InlineData("model Digits(N: dim 1..64) {", 6, "entity.name.type")]
    [InlineData("flatten(from: 1)", 8, "variable.parameter")]
    [InlineData("letter", 0, "variable.other")]
    public void A_place_has_its_scope(string text, int at, string scope) => AssertScope(text, at, scope);

    /// <summary>Every token of every program of the repository has the scope of its kind.</summary>
    [Theory]
    [MemberData(nameof(Programs))]
    public void The_grammar_and_the_lexer_agree(string file)
    {
        var source = new SourceText(file, File.ReadAllText(Repository.PathOf(file)).Replace("\r", "", StringComparison.Ordinal));
        var lexed = Lexer.Lex(source, new DiagnosticBag());
        var scopes = Grammar.Scopes(source.Text);

        foreach (var token in lexed.Tokens.Where(t => t.Kind != TokenKind.End))
        {
            string[] expected = token.Kind switch
            {
                TokenKind.Number => ["constant.numeric"],
                TokenKind.String => ["string.", "constant.character"],
                TokenKind.Symbol => ["keyword.operator", "punctuation.", "entity.name.namespace"],
                // A word behind a dot or an at sign is a name whatever it is.
                _ when Keywords.IsReserved(token.Text) && !IsPartOfPath(source.Text, token.Span) => ["keyword.", "storage.", "constant.language"],
                _ => ["variable.", "entity.", "support.", "storage.", "keyword.", "constant."],
            };
            for (var i = token.Span.Start; i < token.Span.End; i++)
            {
                Assert.True(Matches(scopes[i], expected), $"{new SourceLocation(source, token.Span)}: {token.Described} has the scope {scopes[i] ?? "none"}");
            }
        }

        Assert.All(lexed.Comments, c => Assert.StartsWith("comment.", scopes[c.Span.Start], StringComparison.Ordinal));
    }

    [Fact]
    public void Snippets_are_programs_of_the_language()
    {
        foreach (var snippet in Read("snippets/sparsedsl.json").EnumerateObject())
        {
            var text = Filled(string.Join('\n', snippet.Value.GetProperty("body").EnumerateArray().Select(l => l.GetString())));
            var isStatement = snippet.Value.GetProperty("prefix").GetString() is "param" or "input" or "for";
            var mistakes = new DiagnosticBag();
            Parser.Parse(new SourceText("snippet.dsl", isStatement ? $"model M {{\n{text}\n}}\n" : text + "\n"), mistakes);
            Assert.True(!mistakes.HasErrors, $"{snippet.Name}: {string.Join("; ", mistakes.Items)}\n{text}");
        }
    }

    /// <summary>What a snippet inserts when nothing is typed.</summary>
    private static string Filled(string body)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        body = System.Text.RegularExpressions.Regex.Replace(body, @"\$\{(\d+)\|((?:\\.|[^\\|])*?)\|\}", m =>
            System.Text.RegularExpressions.Regex.Split(m.Groups[2].Value, @"(?<!\\),")[0].Replace("\\,", ",", StringComparison.Ordinal));
        body = System.Text.RegularExpressions.Regex.Replace(body, @"\$\{(\d+):([^}]*)\}", m => names[m.Groups[1].Value] = m.Groups[2].Value);
        return System.Text.RegularExpressions.Regex.Replace(body, @"\$(\d+)", m => names.GetValueOrDefault(m.Groups[1].Value, ""));
    }

    private static bool IsPartOfPath(string text, SourceSpan word) => word.Start > 0 && text[word.Start - 1] is '.' or '@';

    private static void AssertScope(string text, int at, params string[] expected)
    {
        var scope = Grammar.Scopes(text)[at];
        Assert.True(Matches(scope, expected), $"'{text}' has the scope {scope ?? "none"} at {at}, not {string.Join(" or ", expected)}");
    }

    private static bool Matches(string? scope, string[] expected) => scope is not null && expected.Any(e => scope.StartsWith(e, StringComparison.Ordinal));

    private static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, file))).RootElement;
}
