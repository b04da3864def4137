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
    [InlineData("arm64", "generic", "neon")]
    [InlineData("arm64", "neoverse-n1", "neon")]
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
        var folder = Build(DigitsProgram(), "x64", "x86-64-v2");
        File.Move(Path.Combine(folder, "Digits.sdw"), Path.Combine(folder, "Other.sdw"));
        Build(DigitsProgram(), "x64", "x86-64-v3");
        File.WriteAllText(Path.Combine(folder, "misuse.c"), Misuse);
        Compile("x64", folder, "misuse.c");
        Assert.Equal("ok\n", Execute("x64", folder, "misuse"));
    }

    /// <summary>A library for all levels takes the best of the machine, and computes at each what C# does for it; machines that lack a level are emulated.</summary>
    [Theory]
    [InlineData("x64", "", "x86-64-v4", "sse42 avx2 avx512")]
    [InlineData("x64", "Haswell", "x86-64-v3", "sse42 avx2")]
    [InlineData("x64", "Nehalem", "x86-64-v2", "sse42")]
    [InlineData("x64", "core2duo", "none", "")]
    [InlineData("arm64", "cortex-a72", "generic", "neon")]
    [InlineData("arm64", "max,sve-default-vector-length=16", "generic", "neon")]
    [InlineData("arm64", "max,sve-default-vector-length=32", "sve256", "neon sve256")]
    [InlineData("arm64", "max,sve-default-vector-length=64", "sve512", "neon sve512")]
    public void A_library_of_all_levels_chooses_by_the_machine(string target, string machine, string best, string levels)
    {
        Require(target, machine.Length == 0 ? "avx512" : "sse42");
        Assert.SkipUnless(machine.Length == 0 || Has(EmulatorOf(target)), $"not installed: {EmulatorOf(target)}; scripts/install-llvm installs it");
        var folder = Build(DigitsProgram(), target, "all");
        File.WriteAllText(Path.Combine(folder, "levels.c"), Levels);
        Compile(target, folder, "levels.c");
        var lines = Execute(target, folder, "levels", machine).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("best: " + best, lines[0]);
        var printed = lines.Skip(1).Select(l => l.Split(' ')).ToList();
        string[] all = target == "x64" ? ["sse42", "avx2", "avx512"] : ["neon", "sve256", "sve512"];
        Assert.Equal(all.Select(l => levels.Split(' ').Contains(l) ? "0" : "7"), printed.Select(p => p[1]));
        Npy.Write(PathOf("image.npy"), new TensorData(ElementType.U8, [1, 28, 28], [.. Enumerable.Range(0, 784).Select(i => (byte)(i % 251))]));
        foreach (var (level, numbers) in all.Zip(printed).Where(l => l.Second[1] == "0"))
        {
            // Kernels for SVE are those for AVX of the same width, with more registers.
            var csharp = level switch { "sve256" => "avx2", "sve512" => "avx512", _ => level };
            if (NativeTarget.IsHere(Target.Named.Single(t => t.Name == csharp)))
            {
                Assert.Equal(0, Run("run", PathOf("digits.dsl"), "--target", csharp, "--input", $"image={PathOf("image.npy")}", "--output", $"logits={PathOf("logits.npy")}").Code);
                Assert.Equal(Npy.Read(PathOf("logits.npy")).ToFloats(), numbers.Skip(2).Select(t => float.Parse(t, CultureInfo.InvariantCulture)));
            }
        }
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
            Assert.Equal(["Digits_create", "Digits_create_at", "Digits_destroy", "Digits_level", "Digits_level_name", "Digits_reset", "Digits_run", "Digits_set_parallel"], exported.Order(StringComparer.Ordinal));
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

    private const string Levels = """
        #include <stdio.h>
        #include <stdlib.h>

        #include "Digits.h"

        int main(void)
        {
            static uint8_t image[784];
            float logits[10], probabilities[10];
            int32_t class;
            FILE *file = fopen("Digits.sdw", "rb");
            char *weights = malloc(1 << 22);
            size_t size = fread(weights, 1, 1 << 22, file);
            const char *best = Digits_level_name(Digits_level());
            Digits_context *context;
            for (int i = 0; i < 784; i++) {
                image[i] = (uint8_t)(i % 251);
            }

            printf("best: %s\n", best == NULL ? "none" : best);
            for (int level = 0; Digits_level_name(level) != NULL; level++) {
                int32_t status = Digits_create_at(level, weights, size, &context);
                printf("%s %d", Digits_level_name(level), status);
                if (status == DIGITS_OK) {
                    Digits_run(context, image, logits, probabilities, &class, 1);
                    for (int i = 0; i < 10; i++) {
                        printf(" %.9g", logits[i]);
                    }
                }

                printf("\n");
                Digits_destroy(context);
            }

            return (Digits_create(weights, size, &context) == DIGITS_OK) == (best != NULL) ? 0 : 1;
        }

        """;

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
            FILE *file = fopen("Digits.sdw", "rb"), *second = fopen("Other.sdw", "rb");
            size_t size = 1 << 20, other_size;
            char *weights = malloc(size), *other = malloc(size), *damaged;
            Digits_context *a, *b;
            size = fread(weights, 1, size, file);
            other_size = fread(other, 1, 1 << 20, second);
            fclose(file);
            fclose(second);
            for (int i = 0; i < 64 * 784; i++) {
                images[i] = (uint8_t)(i * 7 % 251);
            }

            EXPECT(Digits_create(weights, size, NULL) == DIGITS_NULL);
            EXPECT(Digits_create(NULL, 0, &a) == DIGITS_BAD_WEIGHTS && a == NULL);
            EXPECT(Digits_create(weights, size - 1, &a) == DIGITS_BAD_WEIGHTS);
            EXPECT(Digits_create(weights, 100, &a) == DIGITS_BAD_WEIGHTS);

            EXPECT(Digits_create(other, other_size, &a) == DIGITS_OTHER_WEIGHTS && a == NULL);

            /* Any damage is noticed, but in what follows the checksums in the header, which means nothing. */
            damaged = malloc(size);
            memcpy(damaged, weights, size);
            for (size_t at = 0; at < size; at += at < 1024 ? 1 : 61) {
                damaged[at] ^= (char)(1 << at % 8);
                EXPECT(Digits_create(damaged, size, &a) == (at >= 112 && at < 128 ? DIGITS_OK : DIGITS_BAD_WEIGHTS));
                EXPECT((a == NULL) == (at < 112 || at >= 128));
                damaged[at] ^= (char)(1 << at % 8);
                Digits_destroy(a);
            }

            for (size_t length = 0; length < size; length += length < 1024 ? 1 : 61) {
                EXPECT(Digits_create(damaged, length, &a) == DIGITS_BAD_WEIGHTS);
            }

            EXPECT(Digits_level() == DIGITS_LEVEL_X86_64_V3 && strcmp(Digits_level_name(0), "x86-64-v3") == 0 && Digits_level_name(1) == NULL);
            EXPECT(Digits_create_at(1, weights, size, &a) == DIGITS_OTHER_PROCESSOR && a == NULL);

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

    private static string EmulatorOf(string target) => target == "x64" ? "qemu-x86_64-static" : "qemu-aarch64-static";

    // On this machine, or on one that is emulated.
    private static string Execute(string target, string folder, string program, string machine = "")
    {
        var path = Path.Combine(folder, program);
        string[] root = target == "x64" ? [] : ["-L", "/usr/aarch64-linux-gnu"];
        var (code, output, errors) = target == "x64" && machine.Length == 0 ? Start(path, folder) : Start(EmulatorOf(target), folder, [.. root, "-cpu", machine.Length == 0 ? "max" : machine, path]);
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
