using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SparseDsl.Backends.Llvm.Ptx;

namespace SparseDsl.Backends.Tests.Llvm.Ptx;

/// <summary>
/// A CUDA driver without a GPU: memory of the device is memory of the host, streams do their work at once, and kernels run in a <see cref="WarpEmulator"/>. It knows the
/// PTX of models that were announced, and refuses any other; wrong use fails as it would with a driver.
/// </summary>
internal static unsafe class FakeCuda
{
    private const int Success = 0;
    private const int InvalidValue = 1;
    private const int OutOfMemory = 2;
    private const int InvalidPtx = 218;
    private const int InvalidHandle = 400;
    private const int NotFound = 500;
    private const int LaunchFailed = 719;
    private const nint Context = 0x7ead;
    private const int ErrorLogBuffer = 5;

    private static readonly ConcurrentDictionary<string, PtxProgram> Announced = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<nint, object> Handles = new();
    private static readonly ConcurrentDictionary<nint, long> Memory = new();
    private static readonly ConcurrentDictionary<nint, long> Pinned = new();
    private static readonly nint NoText = Marshal.StringToCoTaskMemUTF8("as the test wants it");
    private static long lastHandle = 1;

    [ThreadStatic]
    private static nint current;

    private sealed record Kernel(WarpEmulator Emulator, nint Address);

    /// <summary>Compute capability of the device.</summary>
    public static (int Major, int Minor) Capability { get; set; } = (8, 0);

    /// <summary>Number of devices.</summary>
    public static int Devices { get; set; } = 1;

    /// <summary>What has been made and not freed: modules, streams, events, memory.</summary>
    public static int Live => Handles.Values.Count(h => h is not Kernel) + Memory.Count + Pinned.Count;

    /// <summary>Makes a model known.</summary>
    public static void Announce(string ptx, PtxProgram program) => Announced[ptx] = program;

    /// <summary>The address of a function, as the loader of libraries gives it; 0 for one that this driver lacks.</summary>
    public static nint Find(string name) => name switch
    {
        "cuInit" => (nint)(delegate* unmanaged[Cdecl]<uint, int>)&Init,
        "cuDeviceGetCount" => (nint)(delegate* unmanaged[Cdecl]<int*, int>)&DeviceGetCount,
        "cuDeviceGet" => (nint)(delegate* unmanaged[Cdecl]<int*, int, int>)&DeviceGet,
        "cuDeviceGetName" => (nint)(delegate* unmanaged[Cdecl]<byte*, int, int, int>)&DeviceGetName,
        "cuDeviceGetAttribute" => (nint)(delegate* unmanaged[Cdecl]<int*, int, int, int>)&DeviceGetAttribute,
        "cuDevicePrimaryCtxRetain" => (nint)(delegate* unmanaged[Cdecl]<nint*, int, int>)&ContextRetain,
        "cuDevicePrimaryCtxRelease_v2" => (nint)(delegate* unmanaged[Cdecl]<int, int>)&ContextRelease,
        "cuCtxSetCurrent" => (nint)(delegate* unmanaged[Cdecl]<nint, int>)&ContextSetCurrent,
        "cuModuleLoadDataEx" => (nint)(delegate* unmanaged[Cdecl]<nint*, byte*, uint, int*, void**, int>)&ModuleLoad,
        "cuModuleUnload" => (nint)(delegate* unmanaged[Cdecl]<nint, int>)&ModuleUnload,
        "cuModuleGetFunction" => (nint)(delegate* unmanaged[Cdecl]<nint*, nint, byte*, int>)&ModuleGetFunction,
        "cuMemAlloc_v2" => (nint)(delegate* unmanaged[Cdecl]<ulong*, nuint, int>)&MemAlloc,
        "cuMemFree_v2" => (nint)(delegate* unmanaged[Cdecl]<ulong, int>)&MemFree,
        "cuMemAllocHost_v2" => (nint)(delegate* unmanaged[Cdecl]<void**, nuint, int>)&MemAllocHost,
        "cuMemFreeHost" => (nint)(delegate* unmanaged[Cdecl]<void*, int>)&MemFreeHost,
        "cuMemcpyHtoDAsync_v2" => (nint)(delegate* unmanaged[Cdecl]<ulong, void*, nuint, nint, int>)&CopyToDevice,
        "cuMemcpyDtoHAsync_v2" => (nint)(delegate* unmanaged[Cdecl]<void*, ulong, nuint, nint, int>)&CopyToHost,
        "cuMemsetD8Async" => (nint)(delegate* unmanaged[Cdecl]<ulong, byte, nuint, nint, int>)&Memset,
        "cuStreamCreate" => (nint)(delegate* unmanaged[Cdecl]<nint*, uint, int>)&StreamCreate,
        "cuStreamDestroy_v2" => (nint)(delegate* unmanaged[Cdecl]<nint, int>)&Destroy,
        "cuStreamSynchronize" => (nint)(delegate* unmanaged[Cdecl]<nint, int>)&StreamSynchronize,
        "cuEventCreate" => (nint)(delegate* unmanaged[Cdecl]<nint*, uint, int>)&EventCreate,
        "cuEventDestroy_v2" => (nint)(delegate* unmanaged[Cdecl]<nint, int>)&Destroy,
        "cuEventRecord" => (nint)(delegate* unmanaged[Cdecl]<nint, nint, int>)&EventRecord,
        "cuEventElapsedTime" => (nint)(delegate* unmanaged[Cdecl]<float*, nint, nint, int>)&EventElapsedTime,
        "cuLaunchKernel" => (nint)(delegate* unmanaged[Cdecl]<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)&LaunchKernel,
        "cuGetErrorString" => (nint)(delegate* unmanaged[Cdecl]<int, byte**, int>)&GetErrorString,
        _ => 0,
    };

    private static nint Add(object what)
    {
        var handle = (nint)Interlocked.Add(ref lastHandle, 16);
        Handles[handle] = what;
        return handle;
    }

    private static bool Is<T>(nint handle) => Handles.TryGetValue(handle, out var what) && what is T;

    // Whether all of [address, address + bytes) is memory that was given out.
    private static bool IsIn(ConcurrentDictionary<nint, long> memory, nint address, nuint bytes) => memory.Any(m => address >= m.Key && address + (nint)bytes <= m.Key + m.Value);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Init(uint flags) => flags == 0 ? Success : InvalidValue;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int DeviceGetCount(int* count)
    {
        *count = Devices;
        return Success;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int DeviceGet(int* device, int ordinal)
    {
        *device = 7;
        return ordinal == 0 ? Success : InvalidValue;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int DeviceGetName(byte* name, int length, int device)
    {
        "emulated\0"u8.CopyTo(new Span<byte>(name, length));
        return device == 7 ? Success : InvalidValue;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int DeviceGetAttribute(int* value, int attribute, int device)
    {
        *value = attribute == 75 ? Capability.Major : Capability.Minor;
        return device == 7 && attribute is 75 or 76 ? Success : InvalidValue;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ContextRetain(nint* context, int device)
    {
        *context = Context;
        return device == 7 ? Success : InvalidValue;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ContextRelease(int device) => device == 7 ? Success : InvalidValue;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ContextSetCurrent(nint context)
    {
        current = context;
        return context == Context ? Success : InvalidHandle;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ModuleLoad(nint* module, byte* image, uint count, int* options, void** values)
    {
        if (current == 0 || !Announced.TryGetValue(Marshal.PtrToStringUTF8((nint)image)!, out var program))
        {
            for (var i = 0; i < count; i++)
            {
                if (options[i] == ErrorLogBuffer)
                {
                    "line 1: no such model\0"u8.CopyTo(new Span<byte>(values[i], 64));
                }
            }

            return InvalidPtx;
        }

        *module = Add(new WarpEmulator(program));
        return Success;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ModuleUnload(nint module)
    {
        if (!Handles.TryRemove(module, out var what) || what is not WarpEmulator emulator)
        {
            return InvalidHandle;
        }

        emulator.Dispose();
        return Success;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ModuleGetFunction(nint* function, nint module, byte* name)
    {
        if (!Handles.TryGetValue(module, out var what) || what is not WarpEmulator emulator)
        {
            return InvalidHandle;
        }

        try
        {
            *function = Add(new Kernel(emulator, emulator.Find(Marshal.PtrToStringUTF8((nint)name)!)));
            return Success;
        }
        catch (Compiler.CompilerBugException)
        {
            return NotFound;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int MemAlloc(ulong* address, nuint bytes) => Allocate((void**)address, bytes, Memory);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int MemFree(ulong address) => Free((void*)address, Memory);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int MemAllocHost(void** address, nuint bytes) => Allocate(address, bytes, Pinned);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int MemFreeHost(void* address) => Free(address, Pinned);

    private static int Allocate(void** address, nuint bytes, ConcurrentDictionary<nint, long> memory)
    {
        if (bytes == 0 || current == 0)
        {
            return InvalidValue;
        }

        if (bytes > 1 << 30)
        {
            return OutOfMemory;
        }

        // Not zero, as memory of a device is not.
        *address = NativeMemory.AlignedAlloc(bytes, 256);
        new Span<byte>(*address, checked((int)bytes)).Fill(0xa5);
        memory[(nint)(*address)] = (long)bytes;
        return Success;
    }

    private static int Free(void* address, ConcurrentDictionary<nint, long> memory)
    {
        if (!memory.TryRemove((nint)address, out _))
        {
            return InvalidValue;
        }

        NativeMemory.AlignedFree(address);
        return Success;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CopyToDevice(ulong to, void* from, nuint bytes, nint stream)
    {
        if (!Is<string>(stream) || bytes == 0 || !IsIn(Memory, (nint)to, bytes))
        {
            return InvalidValue;
        }

        System.Buffer.MemoryCopy(from, (void*)to, bytes, bytes);
        return Success;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CopyToHost(void* to, ulong from, nuint bytes, nint stream)
    {
        if (!Is<string>(stream) || bytes == 0 || !IsIn(Memory, (nint)from, bytes) || !IsIn(Pinned, (nint)to, bytes))
        {
            return InvalidValue;
        }

        System.Buffer.MemoryCopy((void*)from, to, bytes, bytes);
        return Success;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Memset(ulong to, byte value, nuint bytes, nint stream)
    {
        if (!Is<string>(stream) || !IsIn(Memory, (nint)to, bytes))
        {
            return InvalidValue;
        }

        new Span<byte>((void*)to, checked((int)bytes)).Fill(value);
        return Success;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int StreamCreate(nint* stream, uint flags)
    {
        *stream = Add("stream");
        return flags == 1 ? Success : InvalidValue;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int StreamSynchronize(nint stream) => Is<string>(stream) ? Success : InvalidHandle;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Destroy(nint handle) => Handles.TryRemove(handle, out _) ? Success : InvalidHandle;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int EventCreate(nint* mark, uint flags)
    {
        *mark = Add(new long[1]);
        return flags == 0 ? Success : InvalidValue;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int EventRecord(nint mark, nint stream)
    {
        if (!Is<string>(stream) || !Handles.TryGetValue(mark, out var what) || what is not long[] time)
        {
            return InvalidHandle;
        }

        time[0] = System.Diagnostics.Stopwatch.GetTimestamp();
        return Success;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int EventElapsedTime(float* milliseconds, nint from, nint to)
    {
        if (!Handles.TryGetValue(from, out var first) || first is not long[] a || !Handles.TryGetValue(to, out var second) || second is not long[] b || a[0] == 0 || b[0] == 0)
        {
            return InvalidHandle;
        }

        *milliseconds = (float)System.Diagnostics.Stopwatch.GetElapsedTime(a[0], b[0]).TotalMilliseconds;
        return Success;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int LaunchKernel(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint sharedBytes, nint stream, void** parameters, void** extra)
    {
        if (!Handles.TryGetValue(function, out var what) || what is not Kernel kernel || !Is<string>(stream))
        {
            return InvalidHandle;
        }

        if (gridX == 0 || blockX is 0 or > 1024 || (gridY, gridZ, blockY, blockZ, sharedBytes) != (1, 1, 1, 1, 0) || extra != null)
        {
            return InvalidValue;
        }

        return kernel.Emulator.Launch(kernel.Address, parameters, (int)gridX, (int)blockX) ? Success : LaunchFailed;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetErrorString(int error, byte** text)
    {
        *text = (byte*)NoText;
        return Success;
    }
}
