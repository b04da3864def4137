using System.Runtime.InteropServices;

namespace SparseDsl.Benchmarks;

/// <summary>
/// Intel MKL's product of a CSR matrix and a dense one. It is part of libtorch, which is what PyTorch's sparse tensors call; an MKL of its own serves as well.
/// SPARSEDSL_MKL names another library.
/// </summary>
internal sealed unsafe class Mkl : RotatedProduct
{
    private const int NoTranspose = 10;
    private const int RowMajor = 101;
    private const int General = 20;

    // Of the package that scripts/fetch-peers restores.
    private const string Package = "libtorch-cpu-linux-x64/2.10.0/runtimes/linux-x64/native/libtorch_cpu.so";

    private static readonly Lazy<nint?> Found = new(() => NativePeer.Find(Candidates(), "mkl_sparse_s_create_csr", "mkl_sparse_s_mm", "mkl_sparse_s_mv", "mkl_sparse_destroy", "MKL_Set_Num_Threads_Local"));

    private readonly SparseProduct product;
    private readonly int threads;
    private readonly Functions functions = new(Found.Value!.Value);
    private readonly (int[] Starts, int[] Columns, float[] Values) matrix;

    // The library keeps pointers to the arrays of a matrix.
    private readonly List<GCHandle> pinned = [];

    /// <summary>Prepares a product.</summary>
    public Mkl(SparseProduct product, int threads, int copies)
        : base("mkl csr", product)
    {
        (this.product, this.threads, matrix) = (product, threads, Compress(product));
        Prepare(copies);
    }

    /// <summary>The library; null where it is not installed.</summary>
    public static nint? Library => Found.Value;

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        pinned.ForEach(handle => handle.Free());
        pinned.Clear();
    }

    /// <inheritdoc/>
    protected override nint Pack()
    {
        var starts = (int*)Pin(matrix.Starts);
        var columns = (int*)Pin(matrix.Columns);
        var values = (float*)Pin(matrix.Values);
        nint made;
        Check(functions.Create(&made, 0, product.Rows, product.Inner, starts, starts + 1, columns, values));
        return made;
    }

    /// <inheritdoc/>
    protected override void Compute(nint weight, float* input, float* output)
    {
        functions.SetThreads(threads);
        var kind = new Description(General, 0, 0);
        Check(product.Columns == 1
            ? functions.Vector(NoTranspose, 1, weight, kind, input, 0, output)
            : functions.Matrix(NoTranspose, 1, weight, kind, RowMajor, input, product.Columns, product.Columns, 0, output, product.Columns));
    }

    /// <inheritdoc/>
    protected override void Free(nint weight) => Check(functions.Destroy(weight));

    private static (int[] Starts, int[] Columns, float[] Values) Compress(SparseProduct product)
    {
        var starts = new int[product.Rows + 1];
        var (columns, values) = (new List<int>(), new List<float>());
        for (var row = 0; row < product.Rows; row++)
        {
            for (var column = 0; column < product.Inner; column++)
            {
                if (product.Weight[(row * product.Inner) + column] is not 0 and var value)
                {
                    columns.Add(column);
                    values.Add(value);
                }
            }

            starts[row + 1] = columns.Count;
        }

        return (starts, [.. columns], [.. values]);
    }

    // A copy: every matrix has arrays of its own.
    private nint Pin(Array array)
    {
        var handle = GCHandle.Alloc(array.Clone(), GCHandleType.Pinned);
        pinned.Add(handle);
        return handle.AddrOfPinnedObject();
    }

    private static IEnumerable<string> Candidates()
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return Environment.GetEnvironmentVariable("SPARSEDSL_MKL") is { Length: > 0 } named ? [named] : ["libmkl_rt.so.2", "libmkl_rt.so", Path.Combine(packages, Package)];
    }

    private static void Check(int status)
    {
        if (status != 0)
        {
            throw new InvalidDataException(FormattableString.Invariant($"MKL answers with status {status}"));
        }
    }

    /// <summary><c>struct matrix_descr</c></summary>
    private readonly record struct Description(int Type, int Mode, int Diagonal);

    private sealed class Functions(nint library)
    {
        public readonly delegate* unmanaged<nint*, int, int, int, int*, int*, int*, float*, int> Create =
            (delegate* unmanaged<nint*, int, int, int, int*, int*, int*, float*, int>)NativeLibrary.GetExport(library, "mkl_sparse_s_create_csr");

        public readonly delegate* unmanaged<int, float, nint, Description, int, float*, int, int, float, float*, int, int> Matrix =
            (delegate* unmanaged<int, float, nint, Description, int, float*, int, int, float, float*, int, int>)NativeLibrary.GetExport(library, "mkl_sparse_s_mm");

        public readonly delegate* unmanaged<int, float, nint, Description, float*, float, float*, int> Vector =
            (delegate* unmanaged<int, float, nint, Description, float*, float, float*, int>)NativeLibrary.GetExport(library, "mkl_sparse_s_mv");

        public readonly delegate* unmanaged<nint, int> Destroy = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "mkl_sparse_destroy");

        public readonly delegate* unmanaged<int, int> SetThreads = (delegate* unmanaged<int, int>)NativeLibrary.GetExport(library, "MKL_Set_Num_Threads_Local");
    }
}
