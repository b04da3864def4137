using System.Text.Json;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Import.Data;

namespace SparseDsl.Tests.Cli;

/// <summary>run over good and bad files.</summary>
public sealed class RunCommandTests : CommandLine
{
    private readonly string digits;
    private readonly string twice;

    /// <summary>Puts the programs into the folder.</summary>
    public RunCommandTests()
    {
        digits = Write("digits.dsl", DigitsText);
        twice = Write("twice.dsl", TwiceText);
        File.Copy(Digit("digits.safetensors"), PathOf("digits.safetensors"));
    }

    [Theory]
    [InlineData("csharp")]
    [InlineData("llvm")]
    [InlineData("reference")]
    public void The_seven_is_a_seven(string backend)
    {
        Assert.SkipUnless(backend != "llvm" || LlvmToolchain.IsThere, LlvmCommandTests.Missing);
        var outcome = Run("run", digits, "--input", $"image={Digit("seven.png")}", "--backend", backend, "--json");
        Assert.Equal((0, ""), (outcome.Code, outcome.Errors));
        var outputs = outcome.Json.GetProperty("outputs");
        Assert.Equal(7, outputs.GetProperty("class").GetProperty("values")[0].GetInt32());
        var expected = JsonDocument.Parse(File.ReadAllText(Digit("expected.json"))).RootElement.GetProperty("seven").GetProperty("logits").EnumerateArray().Select(v => v.GetDouble());
        var found = outputs.GetProperty("logits").GetProperty("values").EnumerateArray().Select(v => v.GetDouble());
        Assert.All(expected.Zip(found), p => Assert.Equal(p.First, p.Second, 1e-4));
    }

    [Fact]
    public void People_read_class_time_and_what_sparsity_bought()
    {
        var output = Run("run", digits, "--input", $"image={Digit("seven.png")}", "--repeat", "3").Output;
        Assert.Contains("class: i32[1] = 7\n", output, StringComparison.Ordinal);
        Assert.Contains("1 thread", output, StringComparison.Ordinal);
        Assert.Contains("10,035 non-zeros of 200,704", output, StringComparison.Ordinal);
        Assert.Contains("12,595 MAC of 203,264", output, StringComparison.Ordinal);
        Assert.Contains("as fast", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Accuracy_on_held_out_digits_is_what_the_reference_says()
    {
        var all = Npz.Read(Digit("heldout.npz"));
        var (images, labels) = (all["images"], all["labels"]);
        var correct = 0;
        for (var first = 0; first < labels.Count; first += 50)
        {
            var part = new TensorData(ElementType.U8, [50, 28, 28], images.Bytes.Slice(first * 784, 50 * 784).ToArray());
            Npz.Write(PathOf("part.npz"), [new("images", part), new("other", labels)]);
            Assert.Equal(0, Run("run", digits, "--input", $"image={PathOf("part.npz")}:images", "--output", $"class={PathOf("class.npy")}", "--threads", "2").Code);
            var classes = Npy.Read(PathOf("class.npy")).ToInt64s();
            correct += Enumerable.Range(0, 50).Count(i => classes[i] == labels.GetInt64(first + i));
        }

        var expected = JsonDocument.Parse(File.ReadAllText(Digit("expected.json"))).RootElement.GetProperty("heldout").GetProperty("correct").GetInt32();
        Assert.Equal(expected, correct);
    }

    [Theory]
    [InlineData("out.npy")]
    [InlineData("out.npz")]
    [InlineData("out.safetensors")]
    public void Outputs_are_written_whole(string name)
    {
        Npy.Write(PathOf("x.npy"), TensorData.FromFloats([1, 2, 3, 4, 5, 6], 2, 3));
        var outcome = Run("run", twice, "--input", $"x={PathOf("x.npy")}", "--output", $"y={PathOf(name)}");
        Assert.Equal((0, ""), (outcome.Code, outcome.Errors));
        Assert.Equal([2f, 4, 6, 8, 10, 12], TensorFiles.Read(PathOf(name)).Values.Single().ToFloats());
        Assert.DoesNotContain(Directory.GetFiles(Folder), f => Path.GetFileName(f).StartsWith('.'));
    }

    [Fact]
    public void Long_outputs_are_cut_in_json()
    {
        var output = Run("run", Write("wide.dsl", "model Wide() {\n    input x: f32[65]\n    output y = x + x\n}\n"), "--input", "x=zeros", "--json").Json.GetProperty("outputs").GetProperty("y");
        Assert.True(output.GetProperty("truncated").GetBoolean());
        Assert.Equal(64, output.GetProperty("values").GetArrayLength());
        Assert.Equal(65, output.GetProperty("shape")[0].GetInt32());
    }

    [Fact]
    public void Random_input_is_the_same_on_both_backends()
    {
        Assert.Equal(["SD5112"], Run("run", digits, "--input", "image=random", "--json").Ids);
        Assert.Equal(0, Run("run", digits, "--input", "image=random", "--dim", "N=3", "--output", $"logits={PathOf("a.npy")}").Code);
        Assert.Equal(0, Run("run", digits, "--input", "image=random", "--dim", "N=3", "--output", $"logits={PathOf("b.npy")}", "--backend", "reference").Code);
        Assert.All(Npy.Read(PathOf("a.npy")).ToFloats().Zip(Npy.Read(PathOf("b.npy")).ToFloats()), p => Assert.Equal(p.First, p.Second, 1e-4f * (1 + Math.Abs(p.First))));
    }

    [Theory]
    [InlineData("avx2")]
    [InlineData("vector128")]
    [InlineData("scalar")]
    public void Every_target_gives_the_class(string target) =>
        Assert.Contains("class: i32[1] = 7\n", Run("run", digits, "--input", $"image={Digit("seven.png")}", "--target", target).Output, StringComparison.Ordinal);

    [Fact]
    public void Wrong_inputs_are_told_all_at_once()
    {
        var outcome = Run("run", twice, "--input", "z=random", "--output", "w=w.npy", "--output", "y=y.txt", "--json");
        Assert.Equal(1, outcome.Code);
        Assert.Equal(["SD5108", "SD5109", "SD5120", "SD5122"], outcome.Ids.Order());
    }

    [Fact]
    public void Shapes_are_compared_with_names()
    {
        Npy.Write(PathOf("x.npy"), TensorData.FromFloats(new float[8], 2, 4));
        var outcome = Run("run", twice, "--input", $"x={PathOf("x.npy")}");
        Assert.Equal(1, outcome.Code);
        Assert.Contains("the tensor 'x' must be f32[N, 3]; found f32[2, 4]", outcome.Errors, StringComparison.Ordinal);

        Npy.Write(PathOf("x.npy"), TensorData.FromFloats(new float[27], 9, 3));
        Assert.Equal(["SD5113"], Run("run", twice, "--input", $"x={PathOf("x.npy")}", "--json").Ids);
        Npy.Write(PathOf("x.npy"), TensorData.FromInt64s(new long[6], 2, 3));
        Assert.Equal(["SD5110"], Run("run", twice, "--input", $"x={PathOf("x.npy")}", "--json").Ids);
        Npy.Write(PathOf("x.npy"), TensorData.FromFloats(new float[6], 2, 3));
        Assert.Equal(["SD5111"], Run("run", twice, "--input", $"x={PathOf("x.npy")}", "--dim", "N=3", "--json").Ids);
    }

    [Fact]
    public void Broken_files_are_diagnostics()
    {
        var png = File.ReadAllBytes(Digit("seven.png"));
        var npz = File.ReadAllBytes(Digit("heldout.npz"));
        var files = new (string Path, string Id)[]
        {
            (Write("cut.png", png[..(png.Length / 2)]), "SD5104"),
            (Write("empty.png", []), "SD5104"),
            (Write("text.jpg", "no picture"u8.ToArray()), "SD5104"),
            (Write("cut.npz", npz[..(npz.Length / 2)]), "SD5103"),
            (Write("empty.npy", []), "SD5103"),
            (Write("text.safetensors", "no tensors"u8.ToArray()), "SD5103"),
            (PathOf("missing.npy"), "SD5101"),
            (PathOf("missing.png"), "SD5101"),
            (Write("data.txt", []), "SD5122"),
            (Digit("heldout.npz"), "SD5114"),
        };
        foreach (var (path, id) in files)
        {
            var outcome = Run("run", digits, "--input", $"image={path}", "--output", $"class={PathOf("out.npy")}", "--json");
            Assert.Equal(1, outcome.Code);
            Assert.Equal([id], outcome.Ids);
            Assert.False(File.Exists(PathOf("out.npy")));
        }
    }

    [Theory]
    [InlineData("array.npz", "npy", "it seems to be an .npy file: give it that extension")]
    [InlineData("array.npy", "safetensors", "it seems to be a .safetensors file: give it that extension")]
    [InlineData("array.npy", "npz", "it seems to be a zip archive: give it the extension .npz when NumPy wrote it")]
    [InlineData("picture.npy", "png", "it seems to be a PNG image: give it the extension .png")]
    [InlineData("cut.npy", "cut", "write the file again")]
    [InlineData("text.npz", "text", "write the file again")]
    [InlineData("pointer.safetensors", "lfs", "it seems to be a pointer of Git LFS: fetch the file itself")]
    public void Files_of_another_format_are_told_what_they_are(string name, string kind, string hint)
    {
        var tensors = new Dictionary<string, TensorData> { ["x"] = TensorData.FromFloats(new float[6], 2, 3) };
        var whole = PathOf(kind is "npy" or "npz" or "safetensors" ? $"whole.{kind}" : "whole.npy");
        TensorFiles.Write(whole, tensors);
        var bytes = kind switch
        {
            "png" => File.ReadAllBytes(Digit("seven.png")),
            "cut" => File.ReadAllBytes(whole)[..^5],
            "text" => "1 2 3\n"u8.ToArray(),
            "lfs" => "version https://git-lfs.github.com/spec/v1\n"u8.ToArray(),
            _ => File.ReadAllBytes(whole),
        };
        var outcome = Run("run", digits, "--input", $"image={Write(name, bytes)}");
        Assert.Equal(1, outcome.Code);
        Assert.Contains("SD5103", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains(hint, outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_with_a_mask_is_said_at_its_annotation()
    {
        var program = Write("net.dsl", "model Net() {\n    input x: f32[4]\n    param w: f32[4] @mask(\"kept.npy\")\n    output y = x * w\n}\n");
        TensorFiles.Write(PathOf("net.safetensors"), new Dictionary<string, TensorData> { ["w"] = TensorData.FromFloats([1, 2, 3, 4], 4) });
        Says("there is no such file");
        Write("kept.npy", "no array"u8.ToArray());
        Says("this is not an npy array");
        Npy.Write(PathOf("kept.npy"), TensorData.FromFloats(new float[3], 3));
        Says("f32[3]");
        File.Delete(PathOf("kept.npy"));
        Directory.CreateDirectory(PathOf("kept.npy"));
        Says("it is a folder");

        void Says(string problem)
        {
            var outcome = Run("run", program, "--input", "x=random");
            Assert.Equal(1, outcome.Code);
            Assert.Contains("net.dsl:3:", outcome.Errors, StringComparison.Ordinal);
            Assert.Contains("kept.npy", outcome.Errors, StringComparison.Ordinal);
            Assert.Contains(problem, outcome.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Missing_and_wrong_weights_are_diagnostics()
    {
        string[] run = ["run", digits, "--input", $"image={Digit("seven.png")}", "--json"];
        Assert.Equal(["SD5101"], Run([.. run, "--weights", PathOf("none.safetensors")]).Ids);
        new SafetensorsWriter().Add("w1", TensorData.FromFloats(new float[6], 2, 3)).Write(PathOf("other.safetensors"));
        Assert.Equal(["SD5001", "SD5001", "SD5001", "SD5002"], Run([.. run, "--weights", PathOf("other.safetensors")]).Ids.Order());
        File.Delete(PathOf("digits.safetensors"));
        Assert.Equal(["SD5115"], Run(run).Ids);
    }

    [Fact]
    public void An_output_that_cannot_be_written_leaves_nothing()
    {
        var outcome = Run("run", twice, "--input", "x=zeros", "--dim", "N=1", "--output", $"y={PathOf("no/such/y.npy")}", "--json");
        Assert.Equal(1, outcome.Code);
        Assert.Equal(["SD5102"], outcome.Ids);
        Assert.False(Directory.Exists(PathOf("no")));
    }

    [Fact]
    public void Pictures_of_another_size_do_not_fit_unless_resized()
    {
        var text = "model A() {\n    input x: f32[1, 14, 20] from image(gray, height: 14, keep_aspect: true, pad_to: 2, scale: 1 / 255)\n    output y = x\n}\n";
        Assert.Equal(["SD5111"], Run("run", Write("a.dsl", text), "--input", $"x={Digit("seven.png")}", "--json").Ids);
        Assert.Equal(0, Run("run", Write("a.dsl", text.Replace("20]", "14]", StringComparison.Ordinal)), "--input", $"x={Digit("seven.png")}", "--output", $"y={PathOf("y.npy")}").Code);
        var y = Npy.Read(PathOf("y.npy")).ToFloats();
        Assert.InRange(y.Max(), 0.5f, 1f);
        Assert.Equal(0, y.Min());
    }
}
