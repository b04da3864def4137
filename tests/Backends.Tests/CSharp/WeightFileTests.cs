using SparseDsl.Backends.CSharp;
using SparseDsl.Runtime;

namespace SparseDsl.Backends.Tests.CSharp;

/// <summary>Weight files come back as written, and damage is named.</summary>
public sealed class WeightFileTests : IDisposable
{
    private static readonly string Hash = new('a', 64);

    private readonly string folder = Directory.CreateTempSubdirectory("weights").FullName;

    private string FilePath => Path.Combine(folder, "model.sdw");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public unsafe void Arrays_come_back_aligned_and_equal_ones_are_stored_once()
    {
        byte[] large = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 7))];
        Write(("avx512/fc.w", "f32", large), ("leer", "i32", []), ("größe", "u8", [1, 2, 3]), ("avx2/fc.w", "f32", [.. large]));

        using var file = WeightFile.Open(FilePath);

        Assert.Equal(Hash, file.ModelHash);
        Assert.True(file.TryFind("avx512/fc.w", out var first));
        Assert.True(file.TryFind("avx2/fc.w", out var second));
        Assert.True(file.TryFind("größe", out var small));
        Assert.True(file.TryFind("leer", out var empty));
        Assert.False(file.TryFind("fc.w", out _));
        Assert.Equal(large, new ReadOnlySpan<byte>((void*)first.Address, (int)first.ByteLength).ToArray());
        Assert.Equal(first, second);
        Assert.Equal(("u8", 3), (small.Element, small.ByteLength));
        Assert.Equal([1, 2, 3], new ReadOnlySpan<byte>((void*)small.Address, 3).ToArray());
        Assert.Equal(0, empty.ByteLength);
        Assert.Equal(0, (first.Address | small.Address | empty.Address) % 64);
        Assert.True(file.Bind("avx512/fc.w", "f32", 4, 250) == (byte*)first.Address);
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        Write(("w", "f32", new byte[64]));
        using var file = WeightFile.Open(FilePath);
        file.Require("Digits", Hash);
        AssertFault("the weight file 'model.sdw' was packed for the model 'Digits', not for 'Letters'", () => file.Require("Letters", new string('b', 64)));
        AssertFault(
            "the weight file 'model.sdw' was packed for another version of the model 'Digits': its layout is aaaaaaaaaaaa, the class has bbbbbbbbbbbb; "
            + "build the program and pack the weights from the same source",
            () => file.Require("Digits", new string('b', 64)));
        AssertFault("the weight 'v' is missing in the weight file 'model.sdw'", () => Bind("v", "f32", 16));
        AssertFault("the weight 'w' is f32 in the weight file 'model.sdw', not i32", () => Bind("w", "i32", 16));
        AssertFault("the weight 'w' has 16 elements in the weight file 'model.sdw', not 17", () => Bind("w", "f32", 17));

        unsafe void Bind(string name, string element, long count) => file.Bind(name, element, 4, count);
    }

    [Fact]
    public void Every_flipped_bit_is_noticed()
    {
        Write(("first", "f32", [.. Enumerable.Range(0, 100).Select(i => (byte)i)]), ("second", "i32", new byte[8]));
        var good = File.ReadAllBytes(FilePath);
        for (var i = 0; i < good.Length; i++)
        {
            if (i is >= 112 and < 128)
            {
                continue; // zeros that mean nothing
            }

            byte[] bad = [.. good];
            bad[i] ^= 0x10;
            File.WriteAllBytes(FilePath, bad);
            Assert.Throws<ModelException>(() => WeightFile.Open(FilePath).Dispose());
        }
    }

    [Fact]
    public void Every_shorter_file_is_truncated()
    {
        Write(("first", "f32", new byte[100]));
        var good = File.ReadAllBytes(FilePath);
        for (var length = 0; length < good.Length; length += 5)
        {
            File.WriteAllBytes(FilePath, good[..length]);
            var error = Assert.Throws<ModelException>(() => WeightFile.Open(FilePath).Dispose());
            Assert.Contains("is truncated", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Another_version_and_another_kind_of_file_are_told_apart()
    {
        Write(("w", "f32", new byte[64]));
        var bytes = File.ReadAllBytes(FilePath);
        bytes[8] = 3;
        File.WriteAllBytes(FilePath, bytes);
        AssertFault("the weight file 'model.sdw' has version 3; this runtime reads version 2: pack the weights again", () => WeightFile.Open(FilePath));
        File.WriteAllBytes(FilePath, new byte[300]);
        AssertFault("the weight file 'model.sdw' is not a file of packed weights", () => WeightFile.Open(FilePath));
    }

    [Fact]
    public void A_missing_file_is_said_to_be_missing()
    {
        var error = Assert.Throws<FileNotFoundException>(() => WeightFile.Open(FilePath));
        Assert.StartsWith($"there is no weight file '{FilePath}'", error.Message, StringComparison.Ordinal);
        var folder = Directory.CreateDirectory(FilePath + ".folder").FullName;
        Assert.StartsWith($"'{folder}' is a folder, not a weight file", Assert.Throws<IOException>(() => WeightFile.Open(folder)).Message, StringComparison.Ordinal);
        Directory.Delete(folder);
    }

    [Fact]
    public void Memory_stays_until_the_last_holder_lets_go()
    {
        Write(("w", "f32", [1, 2, 3, 4]));
        var file = WeightFile.Open(FilePath);
        var first = new Engine(file);
        var second = new Engine(file);
        file.Dispose();
        file.Dispose();
        first.Dispose();
        first.Dispose();
        Assert.Equal(0x04030201, second.FirstWord());
        second.Dispose();
        Assert.Throws<ObjectDisposedException>(() => new Engine(file));
    }

    [Fact]
    public unsafe void A_file_that_was_disposed_of_refuses_every_access()
    {
        Write(("w", "f32", new byte[64]));
        var file = WeightFile.Open(FilePath);
        file.Dispose();
        AssertFreed(file);
        var memory = new MemoryWeights();
        memory.Add("w", "f32", new byte[64]);
        memory.Dispose();
        AssertFreed(memory);
        Assert.Throws<ObjectDisposedException>(() => file.Verify());
        Assert.Throws<ObjectDisposedException>(() => memory.Add("v", "f32", []));
        Assert.Equal("the weight file 'model.sdw'", file.Description);

        static void AssertFreed(WeightSource source)
        {
            Assert.Throws<ObjectDisposedException>(() => source.ModelHash);
            Assert.Throws<ObjectDisposedException>(() => source.Model);
            Assert.Throws<ObjectDisposedException>(() => source.Require("Digits", Hash));
            Assert.Throws<ObjectDisposedException>(() => source.TryFind("w", out _));
            Assert.Throws<ObjectDisposedException>(() => source.TryFind("v", out _));
            Assert.Throws<ObjectDisposedException>(() => { source.Bind("w", "f32", 4, 16); });
            Assert.Throws<ObjectDisposedException>(() => { source.Bind("w", "f32", 4, out _); });
        }
    }

    [Fact]
    public async Task A_file_is_unmapped_only_when_nobody_reads_it()
    {
        // 4 MB: reading takes far longer than disposing.
        Write(("w", "f32", new byte[4 << 20]));
        for (var round = 0; round < 20; round++)
        {
            var file = WeightFile.Open(FilePath, verify: false);
            using var started = new ManualResetEventSlim();
            var reader = Task.Run(() =>
            {
                started.Set();
                while (true)
                {
                    file.Require("Digits", Hash);
                    file.Verify();
                }
            }, TestContext.Current.CancellationToken);
            started.Wait(TestContext.Current.CancellationToken);
            file.Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => reader);
        }
    }

    [Fact]
    public void Names_must_be_given()
    {
        Assert.Equal("path", Assert.Throws<ArgumentNullException>(() => WeightFile.Open(null!)).ParamName);
        Assert.Equal("name", Assert.Throws<ArgumentNullException>(() => WeightFile.FromResource(typeof(WeightFile).Assembly, null!)).ParamName);
        Assert.Equal("assembly", Assert.Throws<ArgumentNullException>(() => WeightFile.FromResource(null!, "w")).ParamName);
    }

    [Fact]
    public void Calls_on_one_engine_do_not_overlap()
    {
        using var weights = new MemoryWeights();
        using var engine = new Engine(weights);
        engine.Inside = () => Assert.Throws<InvalidOperationException>(() => engine.Call());
        engine.Call();
        engine.Inside = null;
        engine.Call();
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(engine.Call);
    }

    private sealed unsafe class Engine(WeightSource weights) : ModelEngine(weights, threads: 1, tensors: 0, states: 0)
    {
        public Action? Inside { get; set; }

        public int FirstWord() => *(int*)Weights.Bind("w", "f32", 4, 1);

        public void Call() => Run([], []);

        protected override long Plan(ReadOnlySpan<long> dims) => 0;

        protected override void Execute(ReadOnlySpan<nint> tensors, byte* arena) => Inside?.Invoke();
    }

    private static void AssertFault(string message, Action action) => Assert.Equal(message, Assert.Throws<ModelException>(action).Message);

    private void Write(params (string Name, string Element, byte[] Bytes)[] weights)
    {
        using var stream = File.Create(FilePath);
        WeightFileWriter.Write(stream, "Digits", Hash, [.. weights.Select(w => new PackedWeight(w.Name, w.Element, w.Bytes))]);
    }
}
