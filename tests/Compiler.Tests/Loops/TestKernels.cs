using SparseDsl.Backends.Reference;
using SparseDsl.Compiler.Loops;
using SparseDsl.Dsl;

namespace SparseDsl.Compiler.Tests.Loops;

/// <summary>Kernels that passes must not change the meaning of, and random memory for them.</summary>
internal static class TestKernels
{
    /// <summary>By name; N and M are odd extents.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        ["scale"] = """
            kernel scale(x: in f32[N], y: out f32[N]; N: i32)
              vector i in 0..N
                y[i] = x[i]*2.0 + 1.0
            """,
        ["dot"] = """
            kernel dot(x: in f32[N], w: in f32[N], y: out f32[1]; N: i32)
              local acc: f32 = 0.5
              vector i in 0..N
                acc = acc + x[i]*w[i]
              y[0] = acc
            """,
        ["matmul"] = """
            kernel matmul(a: in f32[7*N], b: in f32[N*64], y: out f32[7*64]; N: i32)
              parallel i in 0..7
                tile acc: f32[64] = 0.0
                for k in 0..N
                  vector j in 0..64
                    acc[j] = fma(a[i*N + k], b[k*64 + j], acc[j])
                vector j2 in 0..64
                  y[i*64 + j2] = max(acc[j2], 0.0)
            """,
        ["tiled"] = """
            kernel tiled(a: in f32[N*4], b: in f32[N*32], y: out f32[4*32]; N: i32)
              tile acc: f32[4, 32] = 1.0
              for k in 0..N
                unroll r in 0..4
                  let s = a[k*4 + r]
                  vector j in 0..32
                    acc[r, j] = acc[r, j] + s*b[k*32 + j]
              unroll r2 in 0..4
                vector j2 in 0..32
                  y[r2*32 + j2] = acc[r2, j2]
            """,
        ["softmax"] = """
            kernel softmax(x: in f32[3*N], y: out f32[3*N]; N: i32)
              parallel r in 0..3
                local m: f32 = -inf
                vector i in 0..N
                  m = max(m, x[r*N + i])
                local s: f32 = 0.0
                vector j in 0..N
                  let e = exp(x[r*N + j] - m)
                  s = s + e
                  y[r*N + j] = e
                vector k in 0..N
                  y[r*N + k] = y[r*N + k] / s
            """,
        ["blocked"] = """
            kernel blocked(x: in f32[N*3], y: out f32[N]; N: i32)
              parallel b in 0..(N + 7) / 8
                vector i in b*8..b*8 + min(8, N - b*8)
                  local acc: f32 = 0.0
                  for k in 0..3
                    acc = acc + x[k*N + i]
                  y[i] = acc
            """,
        ["guarded"] = """
            kernel guarded(x: in f32[N], y: out f32[N], c: inout i32[1]; N: i32)
              local count: i32 = 0
              vector i in 0..N
                local v: f32 = 0.0
                if i > 2 && x[i] > 0.0
                  v = x[i - 3] + 1.0
                  count = count + 1
                else
                  v = -x[i]
                if N > 16
                  v = v*2.0
                y[i] = v + x[i + 1 if i + 1 < N]
              c[0] = count
            """,
        ["gathered"] = """
            kernel gathered(x: in f32[N], p: in i32[N], q: in u8[N], y: out f32[N], z: out u8[N]; N: i32)
              vector i in 0..N
                let a = x[p[i]]
                y[i] = a + f32(q[i])*0.5 + x[i / 2] + f32(i)
                z[i] = u8(i32(q[i]) % 7 + 1)
            """,
        ["strided"] = """
            kernel strided(x: in f32[N*3 + 2], y: out f32[N*2]; N: i32)
              vector i in 0..N
                y[i*2] = x[i*3 + 1] - x[i*3]
                y[i*2 + 1] = min(x[i*3 + 2], f32(N - i))
            """,
        ["reversed"] = """
            kernel reversed(x: in f32[N], y: out f32[N]; N: i32)
              vector i in 0..N
                y[N - i - 1] = x[i]
            """,
        ["scan"] = """
            kernel scan(x: in f32[N], y: out f32[N]; N: i32)
              local s: f32 = 0.0
              for i in 0..N
                s = s*0.5 + x[i]
                y[i] = s + s*0.5
            """,
        ["repeated"] = """
            kernel repeated(x: in f32[N + 64], w: in f32[8], y: out f32[N*4 + 4]; N: i32)
              for i in 0..N
                let a = x[i + 1]*w[3] + x[i + 1]*w[3]
                local r: f32 = a
                y[i*4] = a + w[2]
                if i % 3 == 1
                  r = r + x[i + 1]
                  y[i*4 + 1] = x[i + 1]*w[3] + r
                else
                  y[i*4 + 1] = tanh(r)
                let b = y[i*4] + y[i*4 + 1]
                y[i*4 + 1] = b
                y[i*4 + 2] = y[i*4 + 1]*b
                y[i*4 + 3] = a
                while r > 1.0
                  r = r - a*a - 1.0
              y[N*4] = x[N + 1]*w[3]
              y[N*4 + 1] = x[N + 1]*w[3] - f32((N*6 + 4) / 2 % 5)
              y[N*4 + 2] = 0.0
              y[N*4 + 3] = 0.0
            """,
        ["extremes"] = """
            kernel extremes(x: in f32[N], y: out f32[4]; N: i32)
              local low: f32 = inf
              local high: f32 = -inf
              local prod: f32 = 1.0
              local sub: f32 = 3.0
              vector i in 0..N
                low = min(low, x[i])
                high = max(x[i], high)
                prod = prod*(1.0 + x[i]*0.01)
                sub = sub - x[i]
              y[0] = low
              y[1] = high
              y[2] = prod
              y[3] = sub
            """,
        ["nested"] = """
            kernel nested(x: in f32[5*N], w: in f32[5], y: out f32[2]; N: i32)
              local acc: f32 = 0.0
              local all: f32 = 1.0
              for r in 0..5
                let s = w[r]
                vector i in 0..N
                  acc = fma(s, x[r*N + i], acc)
                vector j in 0..N
                  all = max(all, x[r*N + j]*s)
              y[0] = acc
              y[1] = all
            """,
        ["uniform"] = """
            kernel uniform(x: in f32[64], y: out f32[64], z: out f32[64]; N: i32)
              vector i in 0..64
                local k: i32 = 0
                local t: f32 = x[i]
                while k < N
                  t = t*0.5
                  k = k + 1
                y[i] = t
                if N > 5
                  z[i] = t + 1.0
                else
                  z[i] = select(i < N, t, x[3])
            """,
        ["sequential"] = """
            kernel sequential(x: in f32[N + 1], y: inout f32[N + 1]; N: i32)
              local last: f32 = 0.0
              vector i in 0..N
                last = x[i] - last
              y[0] = last
            """,
        ["wide"] = """
            kernel wide(x: in i64[N], y: out f64[N]; N: i32)
              vector i in 0..N
                y[i] = f64(x[i]*3:i64) + 0.5:f64
            """,
        ["varying_bounds"] = """
            kernel varying_bounds(p: in i32[N + 1], v: in f32[N*9], y: out f32[N]; N: i32)
              vector i in 0..N
                local s: f32 = 0.0
                for e in i*2..i*2 + i % 5
                  s = s + v[e]
                y[i] = s
            """,
    };

    /// <summary>Odd and even extents around the lanes of every target.</summary>
    public static int[] Extents { get; } = [0, 1, 7, 15, 16, 17, 31, 33, 63, 65];

    public static Kernel Get(string name) => LoopParser.ParseKernel(All[name] + "\n");

    /// <summary>What a kernel leaves in memory for random contents and an extent N.</summary>
    public static Dictionary<string, Array> Execute(Kernel kernel, int extent, bool round = false)
    {
        var dims = new Dictionary<string, long> { ["N"] = extent };
        var memory = kernel.Buffers.ToDictionary(b => b.Name, b => Contents(b, (int)b.Count.Evaluate(n => dims[n]), extent));
        LoopInterpreter.Run(kernel, memory, dims, new LoopInterpreterOptions(RoundToElement: round));
        return memory;
    }

    /// <summary>Fails when two memories differ by more than rounding.</summary>
    public static void AssertClose(Dictionary<string, Array> expected, Dictionary<string, Array> actual, double tolerance, string what)
    {
        foreach (var (name, array) in expected)
        {
            for (var i = 0; i < array.Length; i++)
            {
                var (a, b) = (Convert.ToDouble(array.GetValue(i), null), Convert.ToDouble(actual[name].GetValue(i), null));
                Assert.True(a.Equals(b) || Math.Abs(a - b) <= tolerance * Math.Max(1, Math.Abs(a)), $"{what}: {name}[{i}] is {b}, not {a}");
            }
        }
    }

    private static Array Contents(Compiler.Loops.Buffer buffer, int count, int extent)
    {
        var random = new Random(buffer.Name[0] + count);
        return buffer.Element.IsFloat()
            ? Enumerable.Range(0, count).Select(_ => (double)(float)((random.NextDouble() * 4) - 2)).ToArray()
            : Enumerable.Range(0, count).Select(_ => (long)random.Next(0, Math.Max(1, buffer.Element == ElementType.I32 ? extent : 200))).ToArray();
    }
}
