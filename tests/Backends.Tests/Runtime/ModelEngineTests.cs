using SparseDsl.Runtime;

namespace SparseDsl.Backends.Tests.Runtime;

/// <summary>What every generated model does alike: checks of lengths, dims, threads and memory, and its end.</summary>
public sealed class ModelEngineTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1025)]
    [InlineData(int.MaxValue)]
    public void A_number_of_threads_that_cannot_be_meant_is_refused(int threads)
    {
        using var weights = new MemoryWeights();
        Assert.Equal("threads", Assert.Throws<ArgumentOutOfRangeException>(() => new Engine(weights, threads)).ParamName);
        Assert.Equal("threads", Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerTeam(threads)).ParamName);
    }

    [Fact]
    public void Weights_must_be_there()
    {
        Assert.Equal("weights", Assert.Throws<ArgumentNullException>(() => new Engine(null!)).ParamName);
        var freed = new MemoryWeights();
        freed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => new Engine(freed));
    }

    [Fact]
    public void A_disposed_engine_gives_its_weights_to_nobody()
    {
        using var weights = new MemoryWeights();
        var engine = new Engine(weights);
        Assert.Same(weights, engine.Weights);
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => engine.Weights);
        Assert.Throws<ObjectDisposedException>(() => engine.Run([], [1]));
    }

    [Fact]
    public void Dims_that_alternate_within_the_arena_allocate_nothing()
    {
        using var weights = new MemoryWeights();
        using var engine = new Engine(weights);
        engine.Run([], [2]);
        Assert.Equal(0, Quiet.Fewest(() =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                engine.Run([], [1 + (i % 2)]);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }));
        Assert.Equal([1, 2], engine.Planned.Distinct().Order());
    }

    [Fact]
    public void A_plan_that_fails_is_made_again()
    {
        using var weights = new MemoryWeights();
        using var engine = new Engine(weights);
        engine.Run([], [3]);
        engine.Fails = true;
        Assert.Throws<ModelException>(() => engine.Run([], [4]));
        engine.Fails = false;
        engine.Run([], [3]);
        Assert.Equal([3, 4, 3], engine.Planned);
    }

    [Fact]
    public void A_length_tells_a_dim_or_what_it_should_be()
    {
        Assert.Equal(3, DimOf(72));
        var odd = Assert.Throws<ArgumentException>(() => DimOf(71));
        Assert.Equal("x has 71 elements; f32[N, 24] has 24 for each N, which must be between 1 and 40 (Parameter 'x')", odd.Message);
        var empty = Assert.Throws<ArgumentOutOfRangeException>(() => DimOf(0));
        Assert.StartsWith("x has 0 elements; f32[N, 24] has 24 for each N, which must be between 1 and 40", empty.Message, StringComparison.Ordinal);
        Assert.Equal("x", Assert.Throws<ArgumentOutOfRangeException>(() => DimOf(41 * 24)).ParamName);

        static int DimOf(int length) => ModelEngine.DimOf(length, 24, "x", "f32[N, 24]", "N", 1, 40, 1);
    }

    [Fact]
    public void Outputs_share_memory_with_nothing()
    {
        // Inputs may be one memory; neighbours and empty tensors do not overlap.
        ModelEngine.CheckOverlap([1000, 1000, 1008, 1016, 1004], [8, 8, 8, 4, 0], 2, "a", "b", "y", "z", "none");
        AssertOverlap("b and y overlap in memory: an output needs memory of its own (Parameter 'y')", [2000, 1000, 1007]);
        AssertOverlap("b and y overlap in memory: an output needs memory of its own (Parameter 'y')", [2000, 1007, 1000]);
        AssertOverlap("a and y overlap in memory: an output needs memory of its own (Parameter 'y')", [1000, 2000, 1000]);
        var outputs = Assert.Throws<ArgumentException>(() => ModelEngine.CheckOverlap([1000, 1004], [8, 8], 0, "y", "z"));
        Assert.Equal("z", outputs.ParamName);

        static void AssertOverlap(string message, nint[] tensors) =>
            Assert.Equal(message, Assert.Throws<ArgumentException>(() => ModelEngine.CheckOverlap(tensors, [8, 8, 8], 2, "a", "b", "y")).Message);
    }

    private sealed unsafe class Engine(WeightSource weights, int threads = 1) : ModelEngine(weights, threads, tensors: 0, states: 0)
    {
        public List<long> Planned { get; } = new(1000);

        public bool Fails { get; set; }

        protected override long Plan(ReadOnlySpan<long> dims)
        {
            Planned.Add(dims[0]);
            return Fails ? throw new ModelException("no") : dims[0] * 64;
        }

        protected override void Execute(ReadOnlySpan<nint> tensors, byte* arena)
        {
        }
    }
}
