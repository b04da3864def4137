using Google.Protobuf;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Cli.Documentation;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Cost;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Import.Data;
using SparseDsl.Import.Onnx.Proto;

namespace SparseDsl.Tests.Cli;

/// <summary>
/// Every row of the diagnostics table that needs a file, weights or options, provoked through the command line as its example says. Rows whose example is
/// a program are provoked by the program (<see cref="DocumentationTests"/>); each row must be one or the other.
/// </summary>
public sealed class DiagnosticScenarioTests : CommandLine
{
    private const string Two = "model A() {\n    input x: f32[3]\n    output y = x\n}\nmodel B() {\n    input x: f32[3]\n    output y = x\n}\n";

    /// <summary>By id: the arguments of a command line, after its files were written.</summary>
    private static readonly Dictionary<string, Func<DiagnosticScenarioTests, string[]>> Scenarios = new(StringComparer.Ordinal)
    {
        ["SD3004"] = t => t.RunMatrix("@unstructured(zeros >= 90%)", i => i % 2),
        ["SD3031"] = t => t.RunMatrix("@block(4, 1, zeros >= 70%)", i => i / 64 % 4 == 0 ? 1 : 0),
        ["SD3032"] = t => t.RunMatrix("@nm(2, 4)", i => i % 4 == 0 ? 0 : 1),
        ["SD3033"] = t => t.RunMatrix("@channels(zeros >= 30%)", i => i % 64 == 0 ? 1 : 0),
        ["SD5001"] = t => t.RunMatrix("", ("v", TensorData.FromFloats(new float[4], 2, 2))),
        ["SD5002"] = t => t.RunMatrix("", ("w", TensorData.FromFloats(new float[4], 2, 2))),
        ["SD5003"] = t => t.RunMatrix("", ("w", TensorData.FromInt64s(new long[4096], 64, 64))),
        ["SD5004"] = t => t.RunMatrix("", i => i == 70 ? double.NaN : 1),
        ["SD5005"] = t => t.RunMatrix("", ("w", TensorData.FromFloats(new float[4096], 64, 64)), ("w3", TensorData.FromFloats(new float[1], 1))),
        ["SD5006"] = t => t.RunMatrix("@mask(\"nowhere.npy\")", _ => 1),
        ["SD5007"] = t =>
        {
            Npy.Write(t.PathOf("mask.npy"), TensorData.FromFloats(new float[20], 4, 5));
            return t.RunMatrix("@mask(\"mask.npy\")", _ => 1);
        },
        ["SD5101"] = t => ["check", t.PathOf("missing.dsl")],
        ["SD5102"] = t => [.. t.RunTwice(), "--output", $"y={t.PathOf("no/such/folder/y.npy")}"],
        ["SD5103"] = t =>
        {
            Npy.Write(t.PathOf("x.npy"), TensorData.FromFloats(new float[6], 2, 3));
            var whole = File.ReadAllBytes(t.PathOf("x.npy"));
            return ["run", t.Twice(), "--input", $"x={t.Write("cut.npy", whole[..^5])}"];
        },
        ["SD5104"] = t => ["run", t.Picture(), "--input", $"image={t.Write("cut.png", File.ReadAllBytes(Digit("seven.png"))[..60])}"],
        ["SD5105"] = t => ["run", t.Twice(), "--model", "Twic"],
        ["SD5106"] = t => ["run", t.Write("none.dsl", "op twice(x) = x + x\n")],
        ["SD5107"] = t => ["run", t.Write("two.dsl", Two)],
        ["SD5108"] = t => ["run", t.Twice(), "--input", "picture=random"],
        ["SD5109"] = t => ["run", t.Twice()],
        ["SD5110"] = t => t.RunTwice(TensorData.FromInt64s(new long[6], 2, 3)),
        ["SD5111"] = t => t.RunTwice(TensorData.FromFloats(new float[8], 2, 4)),
        ["SD5112"] = t => ["run", t.Twice(), "--input", "x=random"],
        ["SD5113"] = t => t.RunTwice(TensorData.FromFloats(new float[300], 100, 3)),
        ["SD5114"] = t => ["run", t.Picture(), "--input", $"image={Digit("heldout.npz")}"],
        ["SD5115"] = t => ["run", t.Write("matrix.dsl", Matrix("")), "--input", "x=random"],
        ["SD5119"] = t => ["run", t.Twice(), "--input", $"x={Digit("seven.png")}"],
        ["SD5120"] = t => [.. t.RunTwice(), "--output", $"z={t.PathOf("z.npy")}"],
        ["SD5121"] = t => [.. t.RunTwice(), "--target", Target.All.First(a => !NativeTarget.IsHere(a)).Name],
        ["SD5122"] = t => ["run", t.Twice(), "--input", $"x={t.Write("data.txt", "1 2 3")}"],
        ["SD5123"] = t => [.. t.RunTwice(), "--dim", "M=4"],
        ["SD5124"] = t => ["fmt", t.Write("odd.dsl", "const   a=1\n"), "--check"],
        ["SD5125"] = t => t.RunMatrix("@format(nm(2, 4))", i => i % 4 == 0 ? 0 : 1),
        ["SD5126"] = t => ["run", t.Write("big.dsl", "model Big(N: dim 1..2147483647) {\n    input x: f32[N, 1000]\n    output y = x\n}\n"), "--input", "x=zeros", "--dim", "N=2147483647"],
        ["SD5127"] = t => ["explain", t.Twice(), "--profile", t.Write("damaged.json", "{\"profile\": 1")],
        ["SD5128"] = t => ["explain", t.Twice(), "--profile", t.Write("other.json", MachineProfile.Default.Print())],
        ["SD5129"] = t => ["bench", t.Twice(), "--against", "onnxruntime", "--rounds", "1"],
        ["SD5130"] = t => ["bench", t.Twice(), "--against", "onnxruntime", "--onnx", t.Write("net.onnx", OnnxNets.Relu()), "--peers", t.PathOf("no/such/folder"), "--rounds", "1"],
        ["SD5131"] = t => ["bench", t.Twice(), "--against", "onnxruntime", "--onnx", t.Write("net.onnx", OnnxNets.Relu()), "--peers", OnnxNets.Peers, "--rounds", "1"],
        ["SD5140"] = t => [.. t.RunTwice(), "--output", $"y={t.PathOf("x.npy")}"],
        ["SD5141"] = t => ["run", t.Write("pair.dsl", "model Pair() {\n    input x: f32[3]\n    output y = x\n    output z = x\n}\n"), "--input", "x=zeros", "--output", $"y={t.PathOf("out.npy")}", "--output", $"z={t.PathOf("out.npy")}"],
        ["SD5142"] = t => ["run", t.Twice(), "--input", $"x={t.Folder}"],
        ["SD5143"] = t => ["build", t.Twice(), "--target", "csharp", "-o", t.PathOf("twice.dsl")],
        ["SD5144"] = t => ["run", t.Twice(), "--input", $"x={t.Write("complex.npy", ComplexArray())}"],
        ["SD5145"] = t => ["check", t.Write("empty.dsl", "// nothing\n")],
        ["SD5146"] = t => ["explain", t.Write("wide.dsl", "model Wide(N: dim 1..100000) {\n    input x: f32[N, 100000]\n    output y = x + x\n}\n"), "--dim", "N=100000"],
        ["SD5201"] = t => t.Import(new NodeProto { OpType = "Det", Input = { "x" }, Output = { "y" } }, hasShape: true),
        ["SD5202"] = t => t.Import(new NodeProto { OpType = "Relu", Input = { "x" }, Output = { "y" } }, hasShape: false),
        ["SD5401"] = t => t.Prune("--pattern", "u:1.5"),
        ["SD5402"] = t => t.Prune(),
        ["SD5403"] = t => t.Prune("--calibration", Directory.CreateDirectory(t.PathOf("empty")).FullName),
        ["SD5404"] = t =>
        {
            t.WriteTensor("deep.safetensors", "w", new float[36], 4, 1, 3, 3);
            var program = t.Write("deep.dsl", "import std.nn\nmodel Deep() {\n    input x: f32[1, 4, 9, 9]\n    param w: f32[4, 1, 3, 3]\n    output y = depthwise_conv2d(x, w)\n}\n");
            return ["prune", program, "--pattern", "u:0.5", "--method", "magnitude"];
        },
        ["SD5160"] = t =>
        {
            t.WriteTensor("deep.safetensors", "w", new float[36], 4, 1, 3, 3);
            var program = t.Write("deep.dsl", "import std.nn\nmodel Deep() {\n    input x: f32[1, 4, 9, 9]\n    param w: f32[4, 1, 3, 3]\n    output y = depthwise_conv2d(x, w)\n}\n");
            return ["quantize", program, "--type", "bf16"];
        },
        ["SD5405"] = t => t.Prune("--method", "magnitude", "--exclude", "hed.weight"),
        ["SD5406"] = t => t.Prune("--calibration", t.Calibration(_ => 1), "--target-speedup", "50"),
        ["SD5407"] = t => t.Prune("--calibration", t.Calibration(i => i == 5 ? float.NaN : 1)),
        ["SD5408"] = t => t.Prune("--calibration", t.Calibration(i => i)),
        ["SD5409"] = t =>
        {
            Directory.CreateDirectory(t.PathOf("out"));
            t.Write("out/matrix.dsl", TwiceText);
            return t.Prune("--method", "magnitude", "-o", t.PathOf("out/pruned.dsl"));
        },
        ["SD5410"] = t =>
        {
            var command = t.Prune("--method", "magnitude", "--state", t.PathOf("state"));
            Run(command);
            var kept = Assert.Single(Directory.GetFiles(t.PathOf("state")));
            File.WriteAllBytes(kept, File.ReadAllBytes(kept)[..40]);
            return command;
        },
        ["SD5305"] = t => ["build", t.Twice(), "--target", "csharp", "-o", t.PathOf("out"), "--class", "Run"],
        ["SD5412"] = t =>
        {
            var command = t.Prune("--method", "magnitude");
            t.WriteTensor("matrix.safetensors", "w", [.. Enumerable.Range(0, 4096).Select(i => i == 70 ? float.NaN : 1f)], 64, 64);
            return command;
        },
        ["SD5411"] = t => t.Prune("--method", "magnitude", "-o", t.PathOf("matrix.dsl")),
    };

    /// <summary>What the command line cannot provoke, here or at all, and why.</summary>
    private static readonly Dictionary<string, string> Unreachable = new(StringComparer.Ordinal)
    {
        ["SD5303"] = "files of a project file: the source generator reports it, in its tests",
        ["SD5304"] = "files of a project file: the source generator reports it, in its tests",
        ["SD5301"] = "settings of a project file: the source generator reports it, in its tests",
        ["SD5302"] = "a guard of the source generator against bugs of the compiler",
        ["SD5133"] = "needs a machine without LLVM's linker: LlvmCommandTests starts another process for it",
        ["SD5134"] = "needs another linker: LlvmCommandTests starts another process for it",
        ["SD5170"] = "needs a machine without a GPU: LlvmCommandTests starts another process for it",
        ["SD5171"] = "needs a GPU; PtxTests have a driver that refuses",
        ["SD5172"] = "needs a GPU to be run: LlvmCommandTests builds for one",
        ["SD5132"] = "this process may have found libLLVM: LlvmCommandTests starts another",
        [NativeTarget.IsHere(Target.Avx512) ? "SD5121" : ""] = "this machine runs code for every target",
    };

    public static TheoryData<string> Ids => [.. Scenarios.Keys.Except(Unreachable.Keys)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Command_line_provokes(string id)
    {
        var row = DiagnosticTable.All.Single(r => r.Id == id);
        var outcome = Run(Scenarios[id](this));
        Assert.Contains($"{(row.Severity == Severity.Error ? "error" : "warning")} {id}: ", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal(row.Severity == Severity.Error ? 1 : 0, outcome.Code);
        Assert.Contains("  hint: ", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_row_is_provoked_by_its_example_or_here()
    {
        var programs = DiagnosticTable.All.Where(r => DiagnosticExample.Run(r.Example).Any(d => d.Id == r.Id)).Select(r => r.Id).ToHashSet();
        Assert.Empty(DiagnosticTable.All.Select(r => r.Id).Except(programs).Except(Scenarios.Keys).Except(Unreachable.Keys));
        Assert.True(programs.Count >= 40);
    }

    private static string Matrix(string annotation) =>
        $"import std.nn\nimport std.formats\nmodel Matrix() {{\n    input x: f32[2, 64]\n    param w: f32[64, 64] {annotation}\n    output y = linear_no_bias(x, w)\n}}\n";

    // Two complex numbers, as numpy writes them.
    private static byte[] ComplexArray()
    {
        var header = "{'descr': '<c8', 'fortran_order': False, 'shape': (2,), }".PadRight(117) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. System.Text.Encoding.ASCII.GetBytes(header), .. new byte[16]];
    }

    private string Twice() => Write("twice.dsl", TwiceText);

    private string Picture() => Write("picture.dsl", "model Picture() {\n    input image: u8[28, 28] from image(gray)\n    output y = image\n}\n");

    private string[] RunTwice(TensorData? x = null)
    {
        Npy.Write(PathOf("x.npy"), x ?? TensorData.FromFloats(new float[6], 2, 3));
        return ["run", Twice(), "--input", $"x={PathOf("x.npy")}"];
    }

    private string[] RunMatrix(string annotation, Func<int, double> element) =>
        RunMatrix(annotation, ("w", TensorData.FromFloats([.. Enumerable.Range(0, 4096).Select(i => (float)element(i))], 64, 64)));

    private string[] RunMatrix(string annotation, params (string Name, TensorData Tensor)[] weights)
    {
        var writer = new SafetensorsWriter();
        foreach (var (name, tensor) in weights)
        {
            writer.Add(name, tensor);
        }

        writer.Write(PathOf("matrix.safetensors"));
        return ["run", Write("matrix.dsl", Matrix(annotation)), "--input", "x=random"];
    }

    private string[] Prune(params string[] options)
    {
        WriteTensor("matrix.safetensors", "w", [.. Enumerable.Range(0, 4096).Select(i => (float)Math.Sin(i))], 64, 64);
        return ["prune", Write("matrix.dsl", Matrix("")), .. options.Contains("--pattern") ? Array.Empty<string>() : ["--pattern", "u:0.5"], .. options];
    }

    private string Calibration(Func<int, float> element)
    {
        Directory.CreateDirectory(PathOf("calibration"));
        Npy.Write(PathOf("calibration/0.npy"), TensorData.FromFloats([.. Enumerable.Range(0, 128).Select(element)], 2, 64));
        return PathOf("calibration");
    }

    private void WriteTensor(string file, string name, float[] values, params int[] shape) =>
        new SafetensorsWriter().Add(name, TensorData.FromFloats(values, shape)).Write(PathOf(file));

    private string[] Import(NodeProto node, bool hasShape)
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = TensorProto.Types.DataType.Float };
        if (hasShape)
        {
            tensor.Shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimValue = 4 }, new TensorShapeProto.Types.Dimension { DimValue = 4 } } };
        }

        var graph = new GraphProto
        {
            Name = "g",
            Node = { node },
            Input = { new ValueInfoProto { Name = "x", Type = new TypeProto { TensorType = tensor } } },
            Output = { new ValueInfoProto { Name = "y" } },
        };
        var model = new ModelProto { IrVersion = 8, Graph = graph, OpsetImport = { new OperatorSetIdProto { Version = 13 } } };
        return ["import", Write("m.onnx", model.ToByteArray()), "-o", PathOf("imported")];
    }
}
