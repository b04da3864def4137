using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Examples.Ocr;
using SparseDsl.Tests;
using SparseDsl.TestSupport;

namespace SparseDsl.Ocr.Tests;

/// <summary>
/// The recogniser as a native library for arm64, called from C in an emulator with NEON: for the line that the detector cuts out of a picture it finds what the
/// network compiled in this process finds.
/// </summary>
public sealed class NativeLibraryTests : IDisposable
{
    private const string Compiler = "aarch64-linux-gnu-gcc";
    private const string Emulator = "qemu-aarch64-static";
    private const string Linker = "ld.lld-19";

    private readonly string folder = Directory.CreateTempSubdirectory("sparsedsl-ocr-native").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_recogniser_for_arm64_reads_what_the_network_of_this_process_reads()
    {
        string[] tools = [Compiler, Emulator, Linker];
        Assert.SkipUnless(LlvmToolchain.IsThere && tools.All(Has), $"needed: libLLVM, {string.Join(", ", tools)}; scripts/install-llvm installs them");
        var program = NetworkImporter.Ensure(ModelFiles.Require("ocr/rec.onnx"), folder);
        Start("dotnet", ["sparsedsl.dll", "build", program, "--target", "arm64", "--cpu", "generic", "-o", folder], AppContext.BaseDirectory);
        File.WriteAllText(Path.Combine(folder, "main.c"), Main);
        Start(Compiler, ["-std=c11", "-O1", "-fno-tree-vectorize", "-Wall", "-Wextra", "-Werror", "-o", "main", "main.c", "-L.", "-lRec", "-Wl,-rpath,.", "-lm"], folder);

        using var detector = SparseNetwork.Load(NetworkImporter.Ensure(ModelFiles.Require("ocr/det.onnx"), folder));
        using var recognizer = SparseNetwork.Load(program);
        var here = new Recorder(recognizer.Run);
        var decoder = CtcDecoder.FromKeys(ModelFiles.Require("ocr/keys.txt"));

        // The network reads few of the spaces.
        Assert.Equal(WithoutSpaces(File.ReadAllText(Repository.PathOf("examples/ocr/line.txt"))), WithoutSpaces(string.Concat(Read(detector, here, decoder))));

        // A processor with NEON; with SVE the emulator takes minutes.
        foreach (var (input, expected) in here.Calls)
        {
            var found = RunNative(input, decoder.ClassCount, "cortex-a72");
            Assert.Equal(expected.Values.Length, found.Length);
            var difference = expected.Values.Zip(found, (a, b) => MathF.Abs(a - b)).Max();
            Assert.True(difference <= 1e-3f, $"likelihoods differ by {difference}");
            Assert.Equal(decoder.Decode(expected.Values).Text, decoder.Decode(found).Text);
        }
    }

    private static string WithoutSpaces(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    // Upright lines only: nothing is turned.
    private static IEnumerable<string> Read(INetwork detector, INetwork recognizer, CtcDecoder decoder)
    {
        var upright = new Recorder(_ => new Tensor([1, 2], [1, 0]));
        return OcrReader.Create(detector, upright, recognizer, decoder).Read(ImageFile.Load(Repository.PathOf("examples/ocr/line.png"))).Select(line => line.Text);
    }

    // The pixels in a file, the likelihoods in another.
    private float[] RunNative(Tensor pixels, int classes, string machine)
    {
        File.WriteAllBytes(Path.Combine(folder, "pixels"), MemoryMarshal.AsBytes(pixels.Values.AsSpan()).ToArray());
        string[] call = ["./main", pixels.Shape[3].ToString(CultureInfo.InvariantCulture), classes.ToString(CultureInfo.InvariantCulture)];
        Start(Emulator, ["-L", "/usr/aarch64-linux-gnu", "-cpu", machine, .. call], folder);
        return MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, "likelihoods"))).ToArray();
    }

    /// <summary>A network, and what it was asked and answered.</summary>
    private sealed class Recorder(Func<Tensor, Tensor> network) : INetwork
    {
        public List<(Tensor Input, Tensor Output)> Calls { get; } = [];

        public Tensor Run(Tensor input)
        {
            var output = network(input);
            Calls.Add((input, output));
            return output;
        }
    }

    private const string Main = """
        #include <stdio.h>
        #include <stdlib.h>

        #include "Rec.h"

        static void *read_file(const char *path, size_t *size)
        {
            FILE *file = fopen(path, "rb");
            void *data = malloc(1 << 25);
            if (file == NULL || data == NULL) {
                exit(2);
            }

            *size = fread(data, 1, 1 << 25, file);
            fclose(file);
            return data;
        }

        int main(int count, char **arguments)
        {
            size_t size, bytes;
            int width = count > 2 ? atoi(arguments[1]) : 0, places = (width + 3) / 8;
            size_t results = count > 2 ? (size_t)atoi(arguments[2]) * places : 0;
            void *weights = read_file("Rec.sdw", &size);
            float *x = read_file("pixels", &bytes), *y = malloc(sizeof(float) * results);
            Rec_context *context;
            if (Rec_create(weights, size, &context) != REC_OK || Rec_run(context, x, y, width) != REC_OK) {
                return 1;
            }

            FILE *file = fopen("likelihoods", "wb");
            fwrite(y, sizeof(float), results, file);
            fclose(file);
            Rec_destroy(context);
            return 0;
        }

        """;

    private static void Start(string program, string[] arguments, string folder)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = folder })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {output.Result}{errors}");
    }

    private static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(p => p.Length > 0 && File.Exists(Path.Combine(p, program)));
}
