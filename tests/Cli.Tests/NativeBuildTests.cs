using System.Diagnostics;
using System.Globalization;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Llvm.Toolchain;
using SparseDsl.Compiler;
using SparseDsl.Compiler.Data;
using SparseDsl.Dsl;
using SparseDsl.Import.Data;

namespace SparseDsl.Tests.Cli;

/// <summary>Native libraries: their C example is compiled and run, on this machine and for arm64 in an emulator, and prints what C# computes.</summary>
public sealed class NativeBuildTests : CommandLine
{
    private static readonly string[] Strict = ["-O1", "-Wall", "-Wextra", "-Werror"];

    // Cross compilers of Debian 12 fail on some programs above -O1.
    private static readonly string[] Cross = ["-O1", "-fno-tree-vectorize", "-Wall", "-Wextra", "-Werror"];

    [Theory]
    [InlineData("x64", "x86-64-v2", "sse42")]
    [InlineData("x64", "x86-64-v3", "avx2")]
    [InlineData("x64", "x86-64-v4", "avx512")]
    [InlineData("arm64", "generic", "vector128")]
    [InlineData("arm64", "neoverse-n1", "vector128")]
    public void The_example_prints_what_csharp_computes(string target, string cpu, string csharp)
    {
        Require(target, csharp);
        var folder = Build(DigitsProgram(), target, cpu);
        Compile(target, folder, "example.c");
        var printed = Execute(target, folder, "example").Split('\n').Where(l => l.Contains(':', StringComparison.Ordinal))
            .ToDictionary(l => l[..l.IndexOf(':', StringComparison.Ordinal)], l => l[(l.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries));

        // What the example fills its input with.
        Npy.Write(PathOf("image.npy"), new TensorData(ElementType.U8, [1, 28, 28], [.. Enumerable.Range(0, 784).Select(i => (byte)(i % 5))]));
        Assert.Equal(0, Run("run", PathOf("digits.dsl"), "--target", csharp, "--input", $"image={PathOf("image.npy")}", "--output", $"logits={PathOf("logits.npy")}", "--output", $"class={PathOf("class.npy")}").Code);
        Assert.Equal(Npy.Read(PathOf("logits.npy")).ToFloats(), printed["logits"].Select(t => float.Parse(t, CultureInfo.InvariantCulture)));
        Assert.Equal([Npy.Read(PathOf("class.npy")).GetInt64(0).ToString(CultureInfo.InvariantCulture)], printed["class_"]);
    }

    [Fact]
    public void The_library_checks_what_it_is_given()
    {
        Require("x64", "avx2");
        var folder = Build(DigitsProgram(), "x64", "x86-64-v3");
        File.WriteAllText(Path.Combine(folder, "misuse.c"), Misuse);
        Compile("x64", folder, "misuse.c");
        Assert.Equal("ok\n", Execute("x64", folder, "misuse"));
    }

    [Fact]
    public void The_header_is_C_and_Cpp_and_the_library_exports_its_functions_only()
    {
        Require("x64", "avx2");
        var folder = Build(DigitsProgram(), "x64", "x86-64-v3");
        foreach (var (language, standard) in new[] { ("c", "c99"), ("c++", "c++11") })
        {
            // Without a C++ compiler gcc says that cc1plus is missing.
            var (code, _, errors) = Start("gcc", folder, "-x", language, $"-std={standard}", "-pedantic-errors", "-Wall", "-fsyntax-only", "Digits.h");
            Assert.True(code == 0 || errors.Contains("cc1plus", StringComparison.Ordinal), errors);
        }

        if (Has("nm"))
        {
            var exported = Start("nm", folder, "-D", "--defined-only", "libDigits.so").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')[^1]);
            Assert.Equal(["Digits_create", "Digits_destroy", "Digits_reset", "Digits_run", "Digits_set_parallel"], exported.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void A_processor_of_another_kind_is_a_mistake_of_the_command_line()
    {
        var outcome = Run("build", DigitsProgram(), "--target", "arm64", "--cpu", "x86-64-v3", "-o", PathOf("out"));
        Assert.Equal(2, outcome.Code);
        Assert.Contains("the processor 'x86-64-v3' is not one of arm64", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal(2, Run("build", DigitsProgram(), "--target", "csharp", "--cpu", "x86-64-v3", "-o", PathOf("out")).Code);
    }

    private const string Misuse = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>

        #include "Digits.h"

        #define EXPECT(condition) do { if (!(condition)) { printf("line %d: %s\n", __LINE__, #condition); return 1; } } while (0)

        static int parts;

        /* Three parts, the last first. */
        static void in_parts(void *user, void (*body)(void *, int32_t, int32_t), void *context, int32_t count, int32_t uneven)
        {
            int32_t a = count / 3, b = count / 2;
            *(int *)user += 1;
            (void)uneven;
            body(context, b, count);
            body(context, 0, a);
            body(context, a, b);
        }

        int main(void)
        {
            static uint8_t images[64 * 784];
            static float logits[2][640], probabilities[640];
            static int32_t classes[640];
            FILE *file = fopen("Digits.sdw", "rb");
            size_t size = 1 << 20;
            char *weights = malloc(size), *damaged;
            Digits_context *a, *b;
            size = fread(weights, 1, size, file);
            fclose(file);
            for (int i = 0; i < 64 * 784; i++) {
                images[i] = (uint8_t)(i * 7 % 251);
            }

            EXPECT(Digits_create(weights, size, NULL) == DIGITS_NULL);
            EXPECT(Digits_create(NULL, 0, &a) == DIGITS_BAD_WEIGHTS && a == NULL);
            EXPECT(Digits_create(weights, size - 1, &a) == DIGITS_BAD_WEIGHTS);
            EXPECT(Digits_create(weights, 100, &a) == DIGITS_BAD_WEIGHTS);

            /* Any damage is noticed or harmless: arrays stay inside the file. */
            damaged = malloc(size);
            for (size_t at = 0; at < 600; at++) {
                memcpy(damaged, weights, size);
                damaged[at] ^= (char)0xff;
                int32_t status = Digits_create(damaged, size, &a);
                EXPECT(status == DIGITS_OK || status == DIGITS_BAD_WEIGHTS || status == DIGITS_OTHER_WEIGHTS);
                EXPECT(at < 16 || at >= 80 || status == DIGITS_OTHER_WEIGHTS);
                Digits_destroy(a);
            }

            /* Two contexts over the same bytes, at an odd address. */
            memcpy(damaged + 1, weights, size - 1);
            damaged = realloc(damaged, size + 1);
            memcpy(damaged + 1, weights, size);
            EXPECT(Digits_create(damaged + 1, size, &a) == DIGITS_OK);
            EXPECT(Digits_create(weights, size, &b) == DIGITS_OK);
            EXPECT(Digits_run(a, images, logits[0], probabilities, classes, 0) == DIGITS_BAD_DIM);
            EXPECT(Digits_run(a, images, logits[0], probabilities, classes, 65) == DIGITS_BAD_DIM);
            EXPECT(Digits_run(NULL, images, logits[0], probabilities, classes, 1) == DIGITS_NULL);
            EXPECT(Digits_run(a, images, logits[0], probabilities, classes, 3) == DIGITS_OK);
            EXPECT(Digits_run(a, images, logits[0], probabilities, classes, 64) == DIGITS_OK);
            EXPECT(Digits_set_parallel(b, in_parts, &parts) == DIGITS_OK);
            EXPECT(Digits_run(b, images, logits[1], probabilities, classes, 64) == DIGITS_OK);
            EXPECT(parts > 0);
            EXPECT(memcmp(logits[0], logits[1], sizeof logits[0]) == 0);
            EXPECT(Digits_set_parallel(b, NULL, NULL) == DIGITS_OK && Digits_reset(b) == DIGITS_OK);
            EXPECT(Digits_run(b, images, logits[1], probabilities, classes, 64) == DIGITS_OK);
            Digits_destroy(a);
            Digits_destroy(b);
            Digits_destroy(NULL);
            puts("ok");
            return 0;
        }

        """;

    private string DigitsProgram()
    {
        File.Copy(Digit("digits.safetensors"), PathOf("digits.safetensors"), overwrite: true);
        return Write("digits.dsl", DigitsText);
    }

    private string Build(string program, string target, string cpu)
    {
        var outcome = Run("build", program, "--target", target, "--cpu", cpu, "-o", PathOf("out"));
        Assert.True(outcome.Code == 0, outcome.Errors);
        Assert.Contains("libDigits.so, Digits.o, Digits.h, example.c, CMakeLists.txt, Digits.sdw", outcome.Output, StringComparison.Ordinal);
        return PathOf("out");
    }

    private static void Require(string target, string csharp)
    {
        Assert.SkipUnless(LlvmToolchain.IsThere, LlvmCommandTests.Missing);
        Assert.SkipUnless(Has("ld.lld-19") || Has("ld.lld"), "LLVM's linker is not installed: on Debian, apt-get install lld-19");
        Assert.SkipUnless(NativeTarget.IsHere(Target.Named.Single(t => t.Name == csharp)), $"this machine cannot run code for {csharp}");
        string[] tools = target == "x64" ? ["gcc"] : ["aarch64-linux-gnu-gcc", "qemu-aarch64-static"];
        Assert.SkipUnless(tools.All(Has), $"not installed: {string.Join(", ", tools.Where(t => !Has(t)))}; scripts/install-llvm installs them");
    }

    private static void Compile(string target, string folder, string file)
    {
        var program = Path.GetFileNameWithoutExtension(file);
        string[] flags = target == "x64" ? Strict : Cross;
        var (code, _, errors) = Start(target == "x64" ? "gcc" : "aarch64-linux-gnu-gcc", folder, ["-std=c11", .. flags, "-o", program, file, "-L.", "-lDigits", "-Wl,-rpath,.", "-lm"]);
        Assert.True(code == 0, errors);
    }

    private static string Execute(string target, string folder, string program)
    {
        var path = Path.Combine(folder, program);
        var (code, output, errors) = target == "x64" ? Start(path, folder) : Start("qemu-aarch64-static", folder, "-L", "/usr/aarch64-linux-gnu", "-cpu", "max", path);
        Assert.True(code == 0, output + errors);
        return output;
    }

    private static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(p => p.Length > 0 && File.Exists(Path.Combine(p, program)));

    private static (int Code, string Output, string Errors) Start(string program, string folder, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = folder })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.Result, errors);
    }
}
