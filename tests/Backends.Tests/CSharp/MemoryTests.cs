using SparseDsl.Compiler.Data;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Scalars;
using static SparseDsl.Backends.Tests.CSharp.Ir;
using Buffer = SparseDsl.Compiler.Loops.Buffer;

namespace SparseDsl.Backends.Tests.CSharp;

/// <summary>Loads, stores, masks, gathers, compression, reductions and conversions, on every target and type.</summary>
public class MemoryTests
{
    private static readonly ElementType[] Elements = [.. ElementTypes.All.Where(e => e != ElementType.Bool)];

    /// <summary>Lane counts of 4-byte values up to a full register, so that narrow types also fill parts of one.</summary>
    private static IEnumerable<int> LaneCounts(string target) => new[] { 1, 2, 4, 8, 16 }.Where(n => n <= Find(target).Lanes(4));

    private static bool Fits(ElementType element, int lanes) => element.Size() * lanes <= 64;

    [Theory]
    [MemberData(nameof(Targets), MemberType = typeof(Ir))]
    public void Loads_and_stores_with_strides_and_masks_touch_exactly_their_elements(string target)
    {
        var cases = from lanes in LaneCounts(target)
                    from element in Elements.Append(ElementType.Bool)
                    where Fits(element, lanes)
                    from stride in new[] { 1, 2, 3, -1, 0 }
                    from masked in new[] { false, true }
                    from storing in new[] { false, true }
                    where !(storing && stride == 0)
                    select (lanes, element, stride, masked, storing);
        var checks = new List<(string Name, TensorData Expected)>();
        var kernels = new List<Kernel>();
        foreach (var (lanes, element, stride, masked, storing) in cases)
        {
            var name = $"y{kernels.Count}_{(storing ? "store" : "load")}_{element.Name()}x{lanes}_stride{(stride < 0 ? "m" : "")}{Math.Abs(stride)}{(masked ? "_masked" : "")}";

            // Exactly as much memory as the lanes reach: the allocation ends there.
            var reach = Math.Abs(stride) * (lanes - 1) + 1;
            var first = stride < 0 ? reach - 1 : 0;
            var x = new Buffer("x_" + element.Name(), element, 64, BufferAccess.In);
            var y = new Buffer(name, element, storing ? reach : lanes, BufferAccess.Out);
            var kept = Math.Max(1, lanes - 1);
            LoopExpr? mask = masked ? new LoopExpr.FirstLanes(Op("add", I(kept - 1), Op("min", I(1), I(5))), lanes) : null;
            var body = storing
                ? Block(Store(y, I(first), Load(x, I(3), lanes), stride, mask))
                : Block(Store(y, I(0), Load(x, I(64 - reach + first), lanes, stride, mask)));
            kernels.Add(new Kernel("k" + kernels.Count, name, [x, y], [], body));

            var source = Source(element).ToDoubles();
            var expected = new double[storing ? reach : lanes];
            for (var lane = 0; lane < (masked ? kept : lanes); lane++)
            {
                expected[storing ? first + (lane * stride) : lane] = source[storing ? 3 + lane : 64 - reach + first + (lane * stride)];
            }

            checks.Add((name, Tensor(element, expected)));
        }

        Check(target, kernels, checks);
    }

    [Theory]
    [MemberData(nameof(Targets), MemberType = typeof(Ir))]
    public void Gathers_read_their_offsets_and_masked_lanes_touch_nothing(string target)
    {
        var checks = new List<(string Name, TensorData Expected)>();
        var kernels = new List<Kernel>();
        foreach (var (lanes, element, masked) in from lanes in LaneCounts(target) from element in Elements where Fits(element, lanes) from masked in new[] { false, true } select (lanes, element, masked))
        {
            var name = $"y{kernels.Count}_{element.Name()}x{lanes}{(masked ? "_masked" : "")}";
            var x = new Buffer("x_" + element.Name(), element, 64, BufferAccess.In);
            var y = new Buffer(name, element, lanes, BufferAccess.Out);
            LoopExpr ramp = lanes == 1 ? I(5) : new LoopExpr.Ramp(I(5), 3, lanes);
            LoopExpr offsets = ramp;
            LoopExpr? mask = null;
            if (masked)
            {
                // Lanes that are switched off point far outside the buffer.
                mask = Op("lt", ramp, lanes == 1 ? I(9) : new LoopExpr.Splat(I(9), lanes));
                offsets = Op("select", mask, ramp, lanes == 1 ? I(1 << 29) : new LoopExpr.Splat(I(1 << 29), lanes));
            }

            kernels.Add(new Kernel("k" + kernels.Count, name, [x, y], [], Block(Store(y, I(0), new LoopExpr.Gather(x, offsets, mask)))));
            var source = Source(element).ToDoubles();
            checks.Add((name, Tensor(element, Enumerable.Range(0, lanes).Select(l => !masked || 5 + (3 * l) < 9 ? source[5 + (3 * l)] : 0))));
        }

        Check(target, kernels, checks);
    }

    [Theory]
    [MemberData(nameof(Targets), MemberType = typeof(Ir))]
    public void Compression_keeps_the_lanes_in_order_and_stays_inside_its_buffer(string target)
    {
        var checks = new List<(string Name, TensorData Expected)>();
        var kernels = new List<Kernel>();
        foreach (var (lanes, element) in from lanes in LaneCounts(target) from element in new[] { ElementType.F32, ElementType.I32, ElementType.F64, ElementType.U8 } where Fits(element, lanes) select (lanes, element))
        {
            var name = $"y{kernels.Count}_{element.Name()}x{lanes}";
            var x = new Buffer("x_" + element.Name(), element, 64, BufferAccess.In);
            var threshold = new LoopExpr.Const(3, new LoopType(element, lanes));
            var kept = Source(element).ToDoubles().Where(v => v > 3).ToArray();

            // The count comes last, so that a store beyond the kept elements would damage it.
            var y = new Buffer(name, element, kept.Length, BufferAccess.Out);
            var n = new Buffer("n_" + name, ElementType.I32, 1, BufferAccess.Out);
            var position = Index("position");
            var i = Index("i");
            var body = Block(
                new Stmt.Local(position, I(0)),
                For(i, I(0), I(64), lanes, new Stmt.CompressStore(y, position, Load(x, V(i), lanes), Op("gt", Load(x, V(i), lanes), threshold))),
                Store(n, I(0), V(position)));
            kernels.Add(new Kernel("k" + kernels.Count, name, [x, y, n], [], body));
            checks.Add((name, Tensor(element, kept)));
            checks.Add((n.Name, Tensor(ElementType.I32, [kept.Length])));
        }

        Check(target, kernels, checks);
    }

    [Theory]
    [MemberData(nameof(Targets), MemberType = typeof(Ir))]
    public void Horizontal_reductions_combine_halves(string target)
    {
        var checks = new List<(string Name, TensorData Expected)>();
        var kernels = new List<Kernel>();
        ElementType[] elements = [ElementType.F32, ElementType.F64, ElementType.I32, ElementType.I64, ElementType.U32];
        foreach (var (lanes, element, kind) in from lanes in LaneCounts(target) from element in elements where Fits(element, lanes) from kind in Enum.GetValues<ReduceKind>() where kind != ReduceKind.Prod || element.IsFloat() select (lanes, element, kind))
        {
            var name = $"y{kernels.Count}_{kind}_{element.Name()}x{lanes}";
            var x = new Buffer("x_" + element.Name(), element, 64, BufferAccess.In);
            var y = new Buffer(name, element, 1, BufferAccess.Out);
            kernels.Add(new Kernel("k" + kernels.Count, name, [x, y], [], Block(Store(y, I(0), new LoopExpr.Horizontal(kind, Load(x, I(8), lanes))))));
            checks.Add((name, Tensor(element, [Tree(kind, element, [.. Source(element).ToDoubles().Skip(8).Take(lanes)])])));
        }

        Check(target, kernels, checks);
    }

    [Theory]
    [MemberData(nameof(Targets), MemberType = typeof(Ir))]
    public void Conversions_truncate_saturate_and_round_once(string target)
    {
        var checks = new List<(string Name, TensorData Expected)>();
        var kernels = new List<Kernel>();
        foreach (var (lanes, from, to) in from lanes in LaneCounts(target) from source in ElementTypes.All from result in ElementTypes.All where Fits(source, lanes) && Fits(result, lanes) select (lanes, source, result))
        {
            // A step in between must fit as well: i32 to f64 and f32 to i64 pass through 64 bits.
            var name = $"y{kernels.Count}_{from.Name()}_to_{to.Name()}x{lanes}";
            var x = new Buffer("x_" + from.Name(), from, 64, BufferAccess.In);
            var y = new Buffer(name, to, 64, BufferAccess.Out);
            var i = Index("i");
            if (lanes == 16 && (Via64(from, to) || from.Size() == 8 || to.Size() == 8))
            {
                continue;
            }

            kernels.Add(new Kernel("k" + kernels.Count, name, [x, y], [], For(i, I(0), I(64), lanes, Store(y, V(i), new LoopExpr.Cast(to, Load(x, V(i), lanes))))));
            checks.Add((name, Source(from).ConvertTo(to)));
        }

        Check(target, kernels, checks);
    }

    private static bool Via64(ElementType from, ElementType to) => to == ElementType.BF16 && from is not (ElementType.F32 or ElementType.F16 or ElementType.BF16)
        || (from == ElementType.U32 && to is ElementType.F16);

    private static void Check(string target, List<Kernel> kernels, List<(string Name, TensorData Expected)> checks)
    {
        var program = Program([.. kernels]);
        var inputs = program.Regions.OfType<Region.Input>().Select(r => (r.Name, Source(r.Element))).ToArray();
        var outputs = Run(program, target, 1, inputs);
        foreach (var (name, expected) in checks)
        {
            AssertSameBits(expected, outputs[name], name);
        }
    }

    private static double Tree(ReduceKind kind, ElementType element, double[] lanes)
    {
        while (lanes.Length > 1)
        {
            var half = lanes.Length / 2;
            lanes = [.. Enumerable.Range(0, half).Select(i => Tensor(element, [kind.Combine().Fold([lanes[i], lanes[i + half]])]).GetDouble(0))];
        }

        return lanes[0];
    }

    // 64 values that tell all elements apart where the type can; the floats have every kind of value in them.
    private static TensorData Source(ElementType element)
    {
        if (element == ElementType.Bool)
        {
            return Tensor(element, Enumerable.Range(0, 64).Select(i => (double)((i * 7 % 5) & 1)));
        }

        if (!element.IsFloat())
        {
            double[] extremes = element switch
            {
                ElementType.I64 => [5e9, -5e9, 1e15, -1e15],
                ElementType.U32 => [4294967295, 2147483648, 70000, 255],
                ElementType.I32 => [2147483647, -2147483648, 70000, -70000],
                _ => [-7, 255, 127, -128],
            };
            return Tensor(element, Enumerable.Range(0, 64).Select(i => i >= 40 && i < 44 ? extremes[i - 40] : (i * 37 % 64) - (element == ElementType.I32 ? 31 : 0)));
        }

        double[] special =
        [
            double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.0, 65504, 65519.99, 65520, 65536, 5.9604644775390625e-8, 2.98023223876953125e-8,
            2.9802322387695315e-8, 6.103515625e-05, 6.1005353927612305e-05, 1.00048828125, 1.00146484375, 1.00390625, 1.01171875, 1.0039062500000002, 3e9, -3e9, 1e20,
            -1e20, 255.9, -0.9,
        ];
        var random = new Random(5);
        return Tensor(element, Enumerable.Range(0, 64).Select(i => i >= 40 ? special[i - 40] : (random.NextDouble() * 12) - 4));
    }
}
