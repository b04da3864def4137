using SparseDsl.Compiler.Data;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Pruning.Schedules;

namespace SparseDsl.Pruning.Tests;

/// <summary>Whole networks: what the parts give together.</summary>
public class PrunerTests
{
    private static readonly PruningOptions Half = new(new PruningPattern.Unstructured(0.5), PruningMethod.Obs) { Rows = 512, Include = ["**"] };

    [Fact]
    public void Every_layer_gets_its_zeros_and_the_rest_stays()
    {
        var (result, weights) = Prune(Programs.ConvNet, Half);
        Assert.Equal(["wide.weight", "normal.weight", "point.weight", "head.weight"], result.Layers.Select(l => l.Path));
        Assert.All(result.Layers, l => Assert.InRange(l.Zeros, 0.5, 0.51));
        Assert.All(result.Layers, l => Assert.InRange(l.Error!.Value, 0, 0.5));
        string[] changed = [.. weights.Keys.Where(p => !result.Weights[p].Bytes.SequenceEqual(weights[p].Bytes)).Order(StringComparer.Ordinal)];
        Assert.Equal(["head.bias", "head.weight", "normal.mean", "normal.weight", "point.bias", "point.weight", "wide.bias", "wide.weight"], changed);
        Assert.All(result.Layers, l => Assert.StartsWith("unstructured(zeros >= 50", l.Annotation, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nm:2:4", "point.weight", "nm(2, 4)")]
    [InlineData("nm:3:5", "head.weight", "nm(3, 5)")]
    [InlineData("nm:2:4", "head.weight", "unstructured(zeros >= ")]
    [InlineData("nm:2:4", "wide.weight", "unstructured(zeros >= 50%)")]
    [InlineData("block:4x1:0.3", "wide.weight", "block(4, 1, zeros >= ")]
    public void Annotations_say_what_the_language_has_words_for(string pattern, string path, string expected)
    {
        var (result, _) = Prune(Programs.ConvNet, Half with { Pattern = PruningPattern.Parse(pattern, out _)!, Method = PruningMethod.Magnitude });
        Assert.StartsWith(expected, result.Layers.Single(l => l.Path == path).Annotation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Programs.Mlp)]
    [InlineData(Programs.ConvNet)]
    public void Fitted_networks_are_nearer_than_cut_ones(string program)
    {
        var fitted = Prune(program, Half).Result.Layers;
        var weighed = Prune(program, Half with { Method = PruningMethod.Wanda }).Result.Layers;
        var cut = Prune(program, Half with { Method = PruningMethod.Magnitude }).Result.Layers;
        // The last layer's error is that of the network.
        Assert.True(fitted[^1].Error < 0.6 * cut[^1].Error, $"{fitted[^1].Error} is not well below {cut[^1].Error}");
        Assert.True(fitted[^1].Error < 0.6 * weighed[^1].Error, $"{fitted[^1].Error} is not well below {weighed[^1].Error}");
    }

    [Fact]
    public void Equal_inputs_give_equal_bytes_with_any_number_of_threads()
    {
        var first = Prune(Programs.ConvNet, Half).Result;
        var second = Prune(Programs.ConvNet, Half with { Threads = 3 }).Result;
        AssertEqual(first, second);
    }

    [Fact]
    public void Another_seed_samples_other_places()
    {
        var first = Prune(Programs.ConvNet, Half with { Rows = 64 }).Result;
        var second = Prune(Programs.ConvNet, Half with { Rows = 64, Seed = 2 }).Result;
        Assert.False(first.Weights["point.weight"].Bytes.SequenceEqual(second.Weights["point.weight"].Bytes));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_run_that_was_interrupted_goes_on_to_the_same_bytes(int layersBefore)
    {
        var state = new MemoryState();
        var options = Half with { Schedule = PruningSchedule.Sensitivity };
        var pruned = 0;
        void Watch(string what, int done, int all)
        {
            if (what.StartsWith("pruning ", StringComparison.Ordinal) && pruned++ == layersBefore)
            {
                throw new OperationCanceledException();
            }
        }

        Assert.Throws<OperationCanceledException>(() => Prune(Programs.ConvNet, options, state, Watch));
        var before = state.Keys.Count;
        var (resumed, _) = Prune(Programs.ConvNet, options, state);
        Assert.InRange(before, layersBefore + 1, state.Keys.Count - 1);
        AssertEqual(Prune(Programs.ConvNet, options).Result, resumed);
    }

    [Fact]
    public void What_was_kept_for_other_weights_is_not_taken()
    {
        var state = new MemoryState();
        Prune(Programs.Mlp, Half, state);
        var before = state.Keys.Count;
        Prune(Programs.Mlp, Half with { Damping = 0.02 }, state);
        Assert.Equal(2 * before, state.Keys.Count);
    }

    [Fact]
    public void Layers_that_suffer_less_lose_more()
    {
        var (result, _) = Prune(Programs.ConvNet, Half with { Schedule = PruningSchedule.Sensitivity });
        Assert.True(result.Layers.Select(l => l.Pattern?.Zeros ?? 0).Distinct().Count() > 1);
        var (zeros, all) = (result.Layers.Sum(l => l.Zeros * l.Outputs * l.Inputs), result.Layers.Sum(l => (double)l.Outputs * l.Inputs));
        Assert.InRange(zeros / all, 0.5, 0.6);
    }

    [Theory]
    [InlineData(PruningSchedule.Sensitivity)]
    [InlineData(PruningSchedule.Uniform)]
    public void A_speed_up_is_reached_and_not_by_much_more(PruningSchedule schedule)
    {
        var (result, _) = Prune(Programs.ConvNet, Half with { TargetSpeedup = 1.5, Schedule = schedule }, times: FakeTimes);
        Assert.InRange(result.Times!.Speedup, 1.5, 1.8);
    }

    [Fact]
    public void A_speed_up_out_of_reach_is_refused()
    {
        var diagnostics = new DiagnosticBag();
        var model = Programs.Bind(Programs.Mlp);
        var pruner = new Pruner(model, Programs.Weights(model), Programs.Samples(model, 4, ("N", 8)), Half with { TargetSpeedup = 100 }, diagnostics) { Times = FakeTimes };
        Assert.Null(pruner.Run());
        Assert.Equal(["SD5406"], diagnostics.Items.Where(d => d.Severity == Severity.Error).Select(d => d.Id));
    }

    [Fact]
    public void Excluded_parameters_stay_and_small_ones_are_pruned_only_by_name()
    {
        var (result, weights) = Prune(Programs.ConvNet, Half with { Include = [], Exclude = ["normal.*"] });
        Assert.Equal("is excluded", result.Layers.Single(l => l.Path == "normal.weight").Reason);
        Assert.Same(weights["normal.weight"], result.Weights["normal.weight"]);
        Assert.Contains("% of the multiplications", result.Layers.Single(l => l.Path == "head.weight").Reason, StringComparison.Ordinal);
        Assert.Equal("", result.Layers.Single(l => l.Path == "wide.weight").Reason);
    }

    // Time goes with the weights that are left; a fifth is something else.
    private static NetworkTimes FakeTimes(IReadOnlyDictionary<string, PruningPattern> patterns) =>
        new(100, patterns.ToDictionary(p => p.Key, p => new LayerTime(100, 100 * (1 - p.Value.Zeros)), StringComparer.Ordinal));

    private static (PruningResult Result, Dictionary<string, TensorData> Weights) Prune(
        string program, PruningOptions options, IPruningState? state = null, PruningProgress? progress = null, TimePrediction? times = null)
    {
        var model = Programs.Bind(program);
        var weights = Programs.Weights(model);
        var dims = program == Programs.Mlp ? new[] { ("N", 64L) } : [("N", 2L), ("H", 16L)];
        var diagnostics = new DiagnosticBag();
        var pruner = new Pruner(model, weights, Programs.Samples(model, 12, dims), options, diagnostics) { State = state, Times = times, Progress = progress ?? ((_, _, _) => { }) };
        var result = pruner.Run();
        Assert.Empty(diagnostics.Items.Where(d => d.Severity == Severity.Error).Select(d => d.OneLine));
        return (result!, weights);
    }

    private static void AssertEqual(PruningResult first, PruningResult second)
    {
        Assert.Equal(first.Layers, second.Layers);
        Assert.All(first.Weights, w => Assert.True(w.Value.Bytes.SequenceEqual(second.Weights[w.Key].Bytes), w.Key));
    }

    private sealed class MemoryState : IPruningState
    {
        private readonly Dictionary<string, IReadOnlyDictionary<string, TensorData>> _kept = new(StringComparer.Ordinal);

        public IReadOnlyCollection<string> Keys => _kept.Keys;

        public IReadOnlyDictionary<string, TensorData>? Find(string key) => _kept.GetValueOrDefault(key);

        public void Keep(string key, IReadOnlyDictionary<string, TensorData> tensors) => _kept.Add(key, tensors);
    }
}
