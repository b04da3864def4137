using System.Runtime.InteropServices;

namespace SparseDsl.Benchmarks;

/// <summary>
/// XNNPACK's 1 x 1 convolution of an image by channels, which is its sparse kernel (Elsen et al. 2020, "Fast sparse ConvNets"). Spoken to as the version of
/// Debian 12 (February 2022) is; in later ones the same functions take other arguments, and those are left alone.
/// </summary>
internal sealed unsafe class Xnnpack : RotatedProduct
{
    // Versions with caches of weights take them as arguments.
    private static readonly string[] Later = ["xnn_init_code_cache", "xnn_init_weights_cache", "xnn_create_weights_cache", "xnn_reshape_convolution2d_nchw_f32"];

    private static readonly Lazy<nint?> Found = new(Find);

    private readonly SparseProduct product;
    private readonly Functions functions = new(Found.Value!.Value);
    private readonly nint threads;

    /// <summary>Prepares a product.</summary>
    public Xnnpack(SparseProduct product, int threads, int copies)
        : base("xnnpack sparse", product)
    {
        this.product = product;
        this.threads = threads > 1 ? functions.CreateThreads((nuint)threads) : 0;
        Prepare(copies);
    }

    /// <summary>The library; null where none of the right version is installed.</summary>
    public static nint? Library => Found.Value;

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        if (threads != 0)
        {
            functions.DestroyThreads(threads);
        }
    }

    /// <inheritdoc/>
    protected override nint Pack()
    {
        var (inner, rows) = ((nuint)product.Inner, (nuint)product.Rows);
        nint made;
        fixed (float* weight = product.Weight)
        {
            Check(functions.Create(0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, inner, rows, inner, rows, weight, null, float.NegativeInfinity, float.PositiveInfinity, 0, &made));
        }

        return made;
    }

    /// <inheritdoc/>
    protected override void Place(nint weight, float* input, float* output) =>
        Check(functions.Setup(weight, 1, 1, (nuint)product.Columns, input, output, threads));

    /// <inheritdoc/>
    protected override void Compute(nint weight, float* input, float* output) => Check(functions.Run(weight, threads));

    /// <inheritdoc/>
    protected override void Free(nint weight) => Check(functions.Delete(weight));

    private static nint? Find()
    {
        var library = NativePeer.Find(["libXNNPACK.so.0", "libXNNPACK.so"], "xnn_initialize", "xnn_create_convolution2d_nchw_f32", "xnn_setup_convolution2d_nchw_f32", "xnn_run_operator", "xnn_delete_operator");
        return library is { } found && !Later.Any(name => NativeLibrary.TryGetExport(found, name, out _)) && NativeLibrary.TryLoad("libpthreadpool.so.0", out _)
            && ((delegate* unmanaged<nint, int>)NativeLibrary.GetExport(found, "xnn_initialize"))(0) == 0 ? found : null;
    }

    private static void Check(int status)
    {
        if (status != 0)
        {
            throw new InvalidDataException(FormattableString.Invariant($"XNNPACK answers with status {status}"));
        }
    }

    private sealed class Functions(nint library)
    {
        private static readonly nint Pool = NativeLibrary.Load("libpthreadpool.so.0");

        public readonly delegate* unmanaged<uint, uint, uint, uint, uint, uint, uint, uint, uint, uint, uint, nuint, nuint, nuint, nuint, float*, float*, float, float, uint, nint*, int> Create =
            (delegate* unmanaged<uint, uint, uint, uint, uint, uint, uint, uint, uint, uint, uint, nuint, nuint, nuint, nuint, float*, float*, float, float, uint, nint*, int>)
            NativeLibrary.GetExport(library, "xnn_create_convolution2d_nchw_f32");

        public readonly delegate* unmanaged<nint, nuint, nuint, nuint, float*, float*, nint, int> Setup =
            (delegate* unmanaged<nint, nuint, nuint, nuint, float*, float*, nint, int>)NativeLibrary.GetExport(library, "xnn_setup_convolution2d_nchw_f32");

        public readonly delegate* unmanaged<nint, nint, int> Run = (delegate* unmanaged<nint, nint, int>)NativeLibrary.GetExport(library, "xnn_run_operator");

        public readonly delegate* unmanaged<nint, int> Delete = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "xnn_delete_operator");

        public readonly delegate* unmanaged<nuint, nint> CreateThreads = (delegate* unmanaged<nuint, nint>)NativeLibrary.GetExport(Pool, "pthreadpool_create");

        public readonly delegate* unmanaged<nint, void> DestroyThreads = (delegate* unmanaged<nint, void>)NativeLibrary.GetExport(Pool, "pthreadpool_destroy");
    }
}
