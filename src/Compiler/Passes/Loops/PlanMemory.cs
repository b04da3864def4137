using System.Collections.Immutable;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Binding;
using SparseDsl.Dsl.Scalars;

namespace SparseDsl.Compiler.Passes.Loops;

/// <summary>Gives every temporary a slot of the arena, so that temporaries whose life times are disjoint share memory.</summary>
/// <remarks>
/// Needs: calls in execution order; a kernel writes each element of an Out buffer once, unless it stores it without loading anything at the same place.
/// Gives: <see cref="Region.Temporary.Slot"/> and <see cref="LoopProgram.SlotSizes"/>.
/// <para>A temporary lives from the first call that touches it to the last. An elementwise kernel whose operand dies in it writes its result over the
/// operand: the call then binds one region twice, and the result's region is gone.</para>
/// Slots are filled from the largest temporary down, each into the first slot none of whose tenants lives at the same time: then a slot is as large as its
/// first tenant, and never grows for the sake of a later one (at the upper ends of the ranges of dims, which is where memory matters).
/// </remarks>
public static class PlanMemory
{
    private const int Alignment = 64;

    /// <summary>Runs the pass.</summary>
    public static LoopProgram Run(LoopProgram program)
    {
        program = ReuseOperands.Run(program);
        var slots = new List<Slot>();
        var assigned = new Dictionary<string, int>(StringComparer.Ordinal);
        var lives = Lifetimes.Of(program);
        foreach (var tenant in program.Regions.OfType<Region.Temporary>().Select(t => new Tenant(t, lives, program)).OrderByDescending(t => t.Bytes).ThenBy(t => t.First))
        {
            var number = slots.FindIndex(s => s.HasRoomFor(tenant));
            if (number < 0)
            {
                number = slots.Count;
                slots.Add(new Slot());
            }

            slots[number].Add(tenant);
            assigned.Add(tenant.Region.Name, number);
        }

        return program with
        {
            Regions = [.. program.Regions.Select(r => r is Region.Temporary t ? t with { Slot = assigned[t.Name] } : r)],
            SlotSizes = [.. slots.Select(s => s.Size(program))],
        };
    }

    /// <summary>Bytes of a region, rounded up to whole cache lines.</summary>
    internal static Dim AlignedBytes(Region region) =>
        Dim.CeilDiv(region.Count * region.Element.Size(), Alignment) * Alignment;

    /// <summary>Bounds of a dim of the model.</summary>
    internal static (long? Low, long? High) RangeOf(ImmutableArray<SymbolicDim> dims, string name) =>
        dims.FirstOrDefault(d => d.Name == name) is { } dim ? (dim.Low, dim.High) : (null, null);

    private sealed class Tenant(Region.Temporary region, IReadOnlyDictionary<string, (int First, int Last)> lives, LoopProgram program)
    {
        public Region.Temporary Region { get; } = region;

        public long Bytes { get; } = AlignedBytes(region).Range(n => RangeOf(program.Dims, n)).High ?? long.MaxValue;

        // A region no call touches lives nowhere and fits anywhere.
        public int First { get; } = lives.TryGetValue(region.Name, out var life) ? life.First : int.MaxValue;

        public int Last { get; } = lives.TryGetValue(region.Name, out var life) ? life.Last : int.MinValue;

        public bool LivesWith(Tenant other) => First <= other.Last && other.First <= Last;
    }

    private sealed class Slot
    {
        private readonly List<Tenant> tenants = [];

        public bool HasRoomFor(Tenant tenant) => !tenants.Any(tenant.LivesWith);

        public void Add(Tenant tenant) => tenants.Add(tenant);

        /// <summary>The largest tenant's bytes; a maximum of several where ranges do not tell which that is.</summary>
        public Dim Size(LoopProgram program)
        {
            var largest = new List<Dim>();
            foreach (var bytes in tenants.Select(t => AlignedBytes(t.Region)))
            {
                if (largest.Any(l => IsAtLeast(l, bytes)))
                {
                    continue;
                }

                largest.RemoveAll(l => IsAtLeast(bytes, l));
                largest.Add(bytes);
            }

            return largest.Aggregate(Dim.Max);

            bool IsAtLeast(Dim a, Dim b) => (a - b).Range(n => RangeOf(program.Dims, n)).Low >= 0;
        }
    }
}

/// <summary>When regions are in use.</summary>
internal static class Lifetimes
{
    /// <summary>Numbers of the first and the last call that touch each region; regions no call touches are absent.</summary>
    public static Dictionary<string, (int First, int Last)> Of(LoopProgram program)
    {
        var lives = new Dictionary<string, (int First, int Last)>(StringComparer.Ordinal);
        for (var call = 0; call < program.Calls.Length; call++)
        {
            foreach (var region in program.Calls[call].Regions)
            {
                lives[region] = (lives.TryGetValue(region, out var life) ? life.First : call, call);
            }
        }

        return lives;
    }
}
