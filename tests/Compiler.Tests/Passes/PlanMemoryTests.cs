using SparseDsl.Compiler;
using SparseDsl.Compiler.Graphs;
using SparseDsl.Compiler.Loops;
using SparseDsl.Compiler.Lowering;
using SparseDsl.Compiler.Passes.Loops;
using SparseDsl.Dsl.Diagnostics;
using SparseDsl.Tests.Graphs;

namespace SparseDsl.Compiler.Tests.Passes;

/// <summary>Temporaries share memory exactly when their life times allow it, and elementwise results are written over dead operands.</summary>
public sealed class PlanMemoryTests
{
    public static TheoryData<string> Names => [.. GraphCases.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_two_live_temporaries_share_a_slot_and_every_tenant_fits(string name) => CheckPlan(Plan(GraphCases.Parse(name)), GraphCases.Parse(name));

    [Fact]
    public void A_chain_of_matrix_products_needs_two_slots()
    {
        var graph = GraphParser.Parse("""
            graph G(N: 1..9)
              input x: f32[N, N]
              a "m" in "": f32[N, N] = [i < N, j < N] sum(k < N) (%x[i, k] * %x[k, j])
              b "m" in "": f32[N, N] = [i < N, j < N] sum(k < N) (%a[i, k] * %x[k, j])
              c "m" in "": f32[N, N] = [i < N, j < N] sum(k < N) (%b[i, k] * %x[k, j])
              d "m" in "": f32[N, N] = [i < N, j < N] sum(k < N) (%c[i, k] * %x[k, j])
              y "m" in "": f32[N, N] = [i < N, j < N] sum(k < N) (%d[i, k] * %x[k, j])
              output y = %y
            """);
        var plan = Plan(graph);
        CheckPlan(plan, graph);
        Assert.Equal(2, plan.SlotSizes.Length);
    }

    [Fact]
    public void An_elementwise_result_takes_the_place_of_a_dead_operand()
    {
        var plan = Plan(Elementwise("%s[i, j] + %b[j]"));
        var call = plan.Calls[1];
        Assert.Equal("s", call.Regions[Position(call, BufferAccess.Out)]);
        Assert.DoesNotContain(plan.Regions, r => r.Name == "t");
        Assert.Single(plan.SlotSizes);
    }

    [Theory]
    [InlineData("%s[j, i] + %b[j]")] // read elsewhere than it is written
    [InlineData("%s[i, 0] + %b[j]")] // read after it was written
    [InlineData("sum(k < 6) (%s[i, k] * %b[j])")]
    public void A_result_that_reads_other_elements_gets_its_own_place(string body)
    {
        var plan = Plan(Elementwise(body));
        Assert.Equal(2, plan.SlotSizes.Length);
        CheckPlan(plan, Elementwise(body));
    }

    [Fact]
    public void An_operand_that_is_read_later_keeps_its_place()
    {
        var graph = GraphParser.Parse("""
            graph G()
              input x: f32[6, 6]
              s "m" in "": f32[6, 6] = [i < 6, j < 6] sum(k < 6) (%x[i, k] * %x[k, j])
              t "t" in "": f32[6, 6] = [i < 6, j < 6] %s[i, j] + 1
              y "m" in "": f32[6, 6] = [i < 6, j < 6] sum(k < 6) (%s[i, k] * %t[k, j])
              output y = %y
            """);
        CheckPlan(Plan(graph), graph);
        Assert.Equal(2, Plan(graph).SlotSizes.Length);
    }

    [Fact]
    public void A_slot_is_as_large_as_the_largest_tenant_whatever_the_dims()
    {
        var graph = GraphParser.Parse("""
            graph G(N: 1..900, M: 1..900)
              input x: f32[N]
              input z: f32[M]
              a "m" in "": f32[N] = [i < N] max(k < N) (%x[i] * %x[k])
              b "m" in "": f32[M] = [i < M] max(k < N) (%z[i] * %a[k])
              c "m" in "": f32[N] = [i < N] max(k < M) (%x[i] * %b[k])
              d "m" in "": f32[M] = [i < M] max(k < N) (%z[i] * %c[k])
              y "m" in "": f32[1] = [i < 1] max(k < M) %d[k]
              output y = %y
            """);
        CheckPlan(Plan(graph), graph);
    }

    private static Graph Elementwise(string body) => GraphParser.Parse($$"""
        graph G()
          input x: f32[6, 6]
          input b: f32[6]
          s "m" in "": f32[6, 6] = [i < 6, j < 6] sum(k < 6) (%x[i, k] * %x[k, j])
          t "t" in "": f32[6, 6] = [i < 6, j < 6] {{body}}
          y "m" in "": f32[6, 6] = [i < 6, j < 6] sum(k < 6) (%t[i, k] * %x[k, j])
          output y = %y
        """);

    private static int Position(KernelCall call, BufferAccess access) => call.Kernel.Buffers.ToList().FindIndex(b => b.Access == access);

    private static LoopProgram Plan(Graph graph)
    {
        var diagnostics = new DiagnosticBag();
        var plan = PlanMemory.Run(Lower.Run(graph, Target.Avx512, diagnostics));
        Assert.Empty(diagnostics.Items);
        return plan;
    }

    private static void CheckPlan(LoopProgram plan, Graph graph)
    {
        var temporaries = plan.Regions.OfType<Region.Temporary>().ToArray();
        var lives = temporaries.ToDictionary(t => t.Name, t => Life(plan, t.Name));
        foreach (var a in temporaries)
        {
            foreach (var b in temporaries.Where(b => b.Slot == a.Slot && b.Name != a.Name))
            {
                Assert.True(lives[a.Name].Last < lives[b.Name].First || lives[b.Name].Last < lives[a.Name].First, $"{a.Name} and {b.Name} live at the same time");
            }
        }

        foreach (var end in new[] { 0L, 1L })
        {
            foreach (var t in temporaries)
            {
                var bytes = t.Count.Evaluate(Value) * SparseDsl.Dsl.ElementTypes.Size(t.Element);
                var slot = plan.SlotSizes[t.Slot].Evaluate(Value);
                Assert.True(slot >= bytes && slot % 64 == 0, $"{t.Name} needs {bytes} bytes, its slot has {slot}");
            }

            long Value(string name) => end == 0 == (name == "M") ? graph.Dims.Single(d => d.Name == name).Low : graph.Dims.Single(d => d.Name == name).High;
        }
    }

    private static (int First, int Last) Life(LoopProgram plan, string name)
    {
        int[] uses = [.. plan.Calls.Select((c, i) => (c, i)).Where(x => x.c.Regions.Contains(name)).Select(x => x.i)];
        return (uses.Min(), uses.Max());
    }
}
