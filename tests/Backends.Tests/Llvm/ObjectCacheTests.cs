using SparseDsl.Backends.Llvm;
using SparseDsl.Backends.Llvm.Toolchain;

namespace SparseDsl.Backends.Tests.Llvm;

/// <summary>Compiled objects are found again, and what is damaged is compiled again.</summary>
public sealed class ObjectCacheTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("sparsedsl-cache-").FullName;

    public ObjectCacheTests() => SuiteTests.Require();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void An_object_is_compiled_once_for_each_text_and_processor()
    {
        var cache = new ObjectCache(folder);
        var first = cache.Compile(Text(1), Cpu("x86-64-v3"));
        Assert.Single(Directory.GetFiles(folder));
        var written = File.GetLastWriteTimeUtc(Directory.GetFiles(folder)[0]);
        Assert.Equal(first, cache.Compile(Text(1), Cpu("x86-64-v3")));
        Assert.Single(Directory.GetFiles(folder));
        Assert.True(File.GetLastWriteTimeUtc(Directory.GetFiles(folder)[0]) >= written);
        cache.Compile(Text(2), Cpu("x86-64-v3"));
        cache.Compile(Text(1), Cpu("x86-64-v4"));
        Assert.Equal(3, Directory.GetFiles(folder).Length);
    }

    [Fact]
    public void The_objects_of_a_model_are_found_without_writing_its_modules()
    {
        var (cache, program) = (new ObjectCache(folder), CSharp.ModelTests.Lowered("avx2"));
        var first = cache.Compile(program, Cpu("x86-64-v3"));
        Assert.Single(Directory.GetFiles(folder));
        Assert.Equal(first, cache.Compile(program, Cpu("x86-64-v3")));
        Assert.Equal(LlvmToolchain.CompileAll(LlvmEmitter.EmitParts(program, Cpu("x86-64-v3")), Cpu("x86-64-v3")), first);
        cache.Compile(program, Cpu("haswell"));
        Assert.Equal(2, Directory.GetFiles(folder).Length);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(20, 0)]
    [InlineData(40, 0)]
    [InlineData(-1, 5)]
    [InlineData(-1, 100)]
    public void A_damaged_file_is_compiled_again(int length, int flipped)
    {
        var cache = new ObjectCache(folder);
        var first = cache.Compile(Text(1), Cpu("x86-64-v3"));
        var file = Assert.Single(Directory.GetFiles(folder));
        var bytes = File.ReadAllBytes(file);
        bytes[flipped] ^= 1;
        File.WriteAllBytes(file, length < 0 ? bytes : bytes[..length]);
        Assert.Equal(first, cache.Compile(Text(1), Cpu("x86-64-v3")));
        Assert.Equal(first, cache.Compile(Text(1), Cpu("x86-64-v3")));
        bytes[flipped] ^= 1;
        Assert.Equal(bytes, File.ReadAllBytes(file));
    }

    [Fact]
    public void The_oldest_objects_make_room()
    {
        var size = new ObjectCache(folder).Compile(Text(0), Cpu("x86-64-v3")).Length + 32;
        var cache = new ObjectCache(folder, mostBytes: 3 * size);
        foreach (var file in Directory.GetFiles(folder))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-1));
        }

        for (var number = 1; number <= 3; number++)
        {
            cache.Compile(Text(number), Cpu("x86-64-v3"));
        }

        Assert.Equal(3, Directory.GetFiles(folder).Length);
        Assert.All(Directory.GetFiles(folder), file => Assert.True(File.GetLastWriteTimeUtc(file) > DateTime.UtcNow.AddMinutes(-30)));
    }

    [Fact]
    public void Where_nothing_can_be_written_nothing_is_kept()
    {
        File.WriteAllText(Path.Combine(folder, "file"), "");
        Assert.NotEmpty(new ObjectCache(Path.Combine(folder, "file", "cache")).Compile(Text(1), Cpu("x86-64-v3")));
    }

    [Fact]
    public void Text_that_LLVM_refuses_is_a_bug_with_its_message()
    {
        var bug = Assert.Throws<Compiler.CompilerBugException>(() => LlvmToolchain.Compile("define i32 @f() {\n  ret i64 1\n}\n", Cpu("x86-64-v3")));
        Assert.Contains("refuses the generated code", bug.Message, StringComparison.Ordinal);
        Assert.Contains("ret i64 1", bug.Message, StringComparison.Ordinal);

        // Errors of code generation end the process unless LLVM is told what to do instead.
        var other = Assert.ThrowsAny<Exception>(() => LlvmToolchain.Compile("define i32 @f() {\n  %x = call i32 asm \"nonsense\", \"=r\"()\n  ret i32 %x\n}\n", Cpu("x86-64-v3")));
        Assert.IsType<Compiler.CompilerBugException>(other);
    }

    private static string Text(int number) => $"define i32 @f() {{\n  ret i32 {number}\n}}\n";

    private static LlvmCpu Cpu(string name) => LlvmCpu.Find(name)!;
}
