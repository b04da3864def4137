using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseDsl.Measurement;

/// <summary>Loops that do one thing as fast as the machine can, with the widest vectors it has.</summary>
internal static unsafe class Probes
{
    // Keeps results alive without writing memory in the loops.
    private static float s_sink;

    /// <summary>Multiply-adds whose operands are all in registers, in enough chains to hide their latency; gives the floating-point operations done.</summary>
    public static double Fma(int rounds) => Vector512.IsHardwareAccelerated ? Fma512(rounds) : Fma256(rounds);

    /// <summary>Adds up floats, some times over; gives the bytes read. The count is a multiple of 128.</summary>
    public static double Read(float* data, long count, int passes)
    {
        for (var pass = 0; pass < passes; pass++)
        {
            s_sink += Vector512.IsHardwareAccelerated ? Sum512(data, count) : Sum256(data, count);
        }

        return (double)passes * count * sizeof(float);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Fma512(int rounds)
    {
        var (x, y) = (Vector512.Create(0.999f), Vector512.Create(1e-3f));
        Vector512<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (var round = 0; round < rounds; round++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
            k = Vector512.FusedMultiplyAdd(k, x, y);
            l = Vector512.FusedMultiplyAdd(l, x, y);
        }

        s_sink = Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
        return 2.0 * 12 * Vector512<float>.Count * rounds;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Fma256(int rounds)
    {
        var (x, y) = (Vector256.Create(0.999f), Vector256.Create(1e-3f));
        Vector256<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (var round = 0; round < rounds; round++)
        {
            a = Vector256.FusedMultiplyAdd(a, x, y);
            b = Vector256.FusedMultiplyAdd(b, x, y);
            c = Vector256.FusedMultiplyAdd(c, x, y);
            d = Vector256.FusedMultiplyAdd(d, x, y);
            e = Vector256.FusedMultiplyAdd(e, x, y);
            f = Vector256.FusedMultiplyAdd(f, x, y);
            g = Vector256.FusedMultiplyAdd(g, x, y);
            h = Vector256.FusedMultiplyAdd(h, x, y);
            i = Vector256.FusedMultiplyAdd(i, x, y);
            j = Vector256.FusedMultiplyAdd(j, x, y);
            k = Vector256.FusedMultiplyAdd(k, x, y);
            l = Vector256.FusedMultiplyAdd(l, x, y);
        }

        s_sink = Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
        return 2.0 * 12 * Vector256<float>.Count * rounds;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum512(float* data, long count)
    {
        Vector512<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (long i = 0; i < count; i += 128)
        {
            a += Vector512.Load(data + i);
            b += Vector512.Load(data + i + 16);
            c += Vector512.Load(data + i + 32);
            d += Vector512.Load(data + i + 48);
            e += Vector512.Load(data + i + 64);
            f += Vector512.Load(data + i + 80);
            g += Vector512.Load(data + i + 96);
            h += Vector512.Load(data + i + 112);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum256(float* data, long count)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        for (long i = 0; i < count; i += 32)
        {
            a += Vector256.Load(data + i);
            b += Vector256.Load(data + i + 8);
            c += Vector256.Load(data + i + 16);
            d += Vector256.Load(data + i + 24);
        }

        return Vector256.Sum(a + b + c + d);
    }
}
