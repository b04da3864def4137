using System.Runtime.InteropServices;

namespace SparseDsl.Backends.Llvm.Ptx.Cuda;

/// <summary>The driver of NVIDIA's GPUs refuses, or there is none.</summary>
public sealed class CudaException(string message) : Exception(message)
{
}

/// <summary>
/// The functions of CUDA's driver interface that this project calls, by address. They are those of <c>libcuda.so.1</c>, which comes with the driver of a GPU, or what
/// stands for them.
/// </summary>
internal sealed unsafe class CudaDriver
{
    /// <summary>Names a library file, in place of the one that comes with the driver.</summary>
    public const string Variable = "LIBCUDA_PATH";

    private const string Library = "libcuda.so.1";

    // Attributes of devices, and options of loading a module.
    private const int ComputeCapabilityMajor = 75;
    private const int ComputeCapabilityMinor = 76;
    private const int ErrorLogBuffer = 5;
    private const int ErrorLogBufferSize = 6;
    private const int LogBytes = 8192;

    private readonly delegate* unmanaged[Cdecl]<uint, int> init;
    private readonly delegate* unmanaged[Cdecl]<int*, int> deviceGetCount;
    private readonly delegate* unmanaged[Cdecl]<int*, int, int> deviceGet;
    private readonly delegate* unmanaged[Cdecl]<byte*, int, int, int> deviceGetName;
    private readonly delegate* unmanaged[Cdecl]<int*, int, int, int> deviceGetAttribute;
    private readonly delegate* unmanaged[Cdecl]<nint*, int, int> primaryContextRetain;
    private readonly delegate* unmanaged[Cdecl]<int, int> primaryContextRelease;
    private readonly delegate* unmanaged[Cdecl]<nint, int> contextSetCurrent;
    private readonly delegate* unmanaged[Cdecl]<nint*, byte*, uint, int*, void**, int> moduleLoad;
    private readonly delegate* unmanaged[Cdecl]<nint, int> moduleUnload;
    private readonly delegate* unmanaged[Cdecl]<nint*, nint, byte*, int> moduleGetFunction;
    private readonly delegate* unmanaged[Cdecl]<ulong*, nuint, int> memAlloc;
    private readonly delegate* unmanaged[Cdecl]<ulong, int> memFree;
    private readonly delegate* unmanaged[Cdecl]<void**, nuint, int> memAllocHost;
    private readonly delegate* unmanaged[Cdecl]<void*, int> memFreeHost;
    private readonly delegate* unmanaged[Cdecl]<ulong, void*, nuint, nint, int> copyToDevice;
    private readonly delegate* unmanaged[Cdecl]<void*, ulong, nuint, nint, int> copyToHost;
    private readonly delegate* unmanaged[Cdecl]<ulong, byte, nuint, nint, int> memset;
    private readonly delegate* unmanaged[Cdecl]<nint*, uint, int> streamCreate;
    private readonly delegate* unmanaged[Cdecl]<nint, int> streamDestroy;
    private readonly delegate* unmanaged[Cdecl]<nint, int> streamSynchronize;
    private readonly delegate* unmanaged[Cdecl]<nint*, uint, int> eventCreate;
    private readonly delegate* unmanaged[Cdecl]<nint, int> eventDestroy;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, int> eventRecord;
    private readonly delegate* unmanaged[Cdecl]<float*, nint, nint, int> eventElapsedTime;
    private readonly delegate* unmanaged[Cdecl]<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> launchKernel;
    private readonly delegate* unmanaged[Cdecl]<int, byte**, int> getErrorString;

    /// <summary>Takes the functions of a driver.</summary>
    /// <param name="find">The address of an exported function; 0 when there is none.</param>
    /// <exception cref="CudaException">A function is missing, or the driver cannot start.</exception>
    public CudaDriver(Func<string, nint> find)
    {
        nint Get(string name) => find(name) is not 0 and var address ? address : throw new CudaException($"the driver has no function {name}");
        init = (delegate* unmanaged[Cdecl]<uint, int>)Get("cuInit");
        deviceGetCount = (delegate* unmanaged[Cdecl]<int*, int>)Get("cuDeviceGetCount");
        deviceGet = (delegate* unmanaged[Cdecl]<int*, int, int>)Get("cuDeviceGet");
        deviceGetName = (delegate* unmanaged[Cdecl]<byte*, int, int, int>)Get("cuDeviceGetName");
        deviceGetAttribute = (delegate* unmanaged[Cdecl]<int*, int, int, int>)Get("cuDeviceGetAttribute");
        primaryContextRetain = (delegate* unmanaged[Cdecl]<nint*, int, int>)Get("cuDevicePrimaryCtxRetain");
        primaryContextRelease = (delegate* unmanaged[Cdecl]<int, int>)Get("cuDevicePrimaryCtxRelease_v2");
        contextSetCurrent = (delegate* unmanaged[Cdecl]<nint, int>)Get("cuCtxSetCurrent");
        moduleLoad = (delegate* unmanaged[Cdecl]<nint*, byte*, uint, int*, void**, int>)Get("cuModuleLoadDataEx");
        moduleUnload = (delegate* unmanaged[Cdecl]<nint, int>)Get("cuModuleUnload");
        moduleGetFunction = (delegate* unmanaged[Cdecl]<nint*, nint, byte*, int>)Get("cuModuleGetFunction");
        memAlloc = (delegate* unmanaged[Cdecl]<ulong*, nuint, int>)Get("cuMemAlloc_v2");
        memFree = (delegate* unmanaged[Cdecl]<ulong, int>)Get("cuMemFree_v2");
        memAllocHost = (delegate* unmanaged[Cdecl]<void**, nuint, int>)Get("cuMemAllocHost_v2");
        memFreeHost = (delegate* unmanaged[Cdecl]<void*, int>)Get("cuMemFreeHost");
        copyToDevice = (delegate* unmanaged[Cdecl]<ulong, void*, nuint, nint, int>)Get("cuMemcpyHtoDAsync_v2");
        copyToHost = (delegate* unmanaged[Cdecl]<void*, ulong, nuint, nint, int>)Get("cuMemcpyDtoHAsync_v2");
        memset = (delegate* unmanaged[Cdecl]<ulong, byte, nuint, nint, int>)Get("cuMemsetD8Async");
        streamCreate = (delegate* unmanaged[Cdecl]<nint*, uint, int>)Get("cuStreamCreate");
        streamDestroy = (delegate* unmanaged[Cdecl]<nint, int>)Get("cuStreamDestroy_v2");
        streamSynchronize = (delegate* unmanaged[Cdecl]<nint, int>)Get("cuStreamSynchronize");
        eventCreate = (delegate* unmanaged[Cdecl]<nint*, uint, int>)Get("cuEventCreate");
        eventDestroy = (delegate* unmanaged[Cdecl]<nint, int>)Get("cuEventDestroy_v2");
        eventRecord = (delegate* unmanaged[Cdecl]<nint, nint, int>)Get("cuEventRecord");
        eventElapsedTime = (delegate* unmanaged[Cdecl]<float*, nint, nint, int>)Get("cuEventElapsedTime");
        launchKernel = (delegate* unmanaged[Cdecl]<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)Get("cuLaunchKernel");
        getErrorString = (delegate* unmanaged[Cdecl]<int, byte**, int>)Get("cuGetErrorString");
        Check(init(0), "it does not start");
    }

    /// <summary>The driver of this machine.</summary>
    /// <exception cref="CudaException">There is none, or it does not start.</exception>
    public static CudaDriver Load()
    {
        var library = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? path : Library;
        return NativeLibrary.TryLoad(library, out var handle)
            ? new CudaDriver(name => NativeLibrary.TryGetExport(handle, name, out var address) ? address : 0)
            : throw new CudaException($"{library}, the driver of NVIDIA's GPUs, cannot be loaded");
    }

    // ----------------------------------------------------------------------------------------------------------- devices

    /// <summary>The first GPU: its number, name and compute capability.</summary>
    /// <exception cref="CudaException">There is none.</exception>
    public (int Device, string Name, int Major, int Minor) FirstDevice()
    {
        int count, device, major, minor;
        Check(deviceGetCount(&count), "it does not count devices");
        if (count == 0)
        {
            throw new CudaException("the driver finds no GPU");
        }

        var name = stackalloc byte[256];
        Check(deviceGet(&device, 0), "it does not give a device");
        Check(deviceGetName(name, 256, device), "it does not name a device");
        Check(deviceGetAttribute(&major, ComputeCapabilityMajor, device), "it does not describe a device");
        Check(deviceGetAttribute(&minor, ComputeCapabilityMinor, device), "it does not describe a device");
        return (device, Marshal.PtrToStringUTF8((nint)name) ?? "", major, minor);
    }

    /// <summary>The context of a device that all of a process share; given back with <see cref="Release"/>.</summary>
    public nint Retain(int device)
    {
        nint context;
        Check(primaryContextRetain(&context, device), "it makes no context");
        return context;
    }

    /// <summary>Gives back a context.</summary>
    public void Release(int device) => primaryContextRelease(device);

    /// <summary>Makes a context that of the calling thread.</summary>
    public void Enter(nint context) => Check(contextSetCurrent(context), "it does not take a context");

    // ----------------------------------------------------------------------------------------------------------- modules

    /// <summary>Compiles and loads PTX for the device of the current context.</summary>
    /// <exception cref="CudaException">The driver refuses the text; the message has what it says.</exception>
    public nint LoadModule(string ptx)
    {
        nint module;
        var log = stackalloc byte[LogBytes];
        log[0] = 0;
        var options = stackalloc int[] { ErrorLogBuffer, ErrorLogBufferSize };
        var values = stackalloc void*[] { log, (void*)LogBytes };
        int status;
        fixed (byte* text = Toolchain.LlvmText.Bytes(ptx))
        {
            status = moduleLoad(&module, text, 2, options, values);
        }

        var problem = Marshal.PtrToStringUTF8((nint)log)?.Trim();
        Check(status, $"it refuses the code{(string.IsNullOrEmpty(problem) ? "" : $" ({problem.ReplaceLineEndings(" ")})")}");
        return module;
    }

    /// <summary>Unloads a module.</summary>
    public void Unload(nint module) => moduleUnload(module);

    /// <summary>A kernel of a module.</summary>
    public nint Function(nint module, string name)
    {
        nint function;
        fixed (byte* text = Toolchain.LlvmText.Bytes(name))
        {
            Check(moduleGetFunction(&function, module, text), $"it has no kernel {name}");
        }

        return function;
    }

    /// <summary>Starts a kernel behind what the stream has to do already.</summary>
    /// <param name="function">The kernel.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="parameters">The address of each parameter; they are read before this returns.</param>
    public void Launch(nint function, int grid, int block, nint stream, void** parameters) =>
        Check(launchKernel(function, (uint)grid, 1, 1, (uint)block, 1, 1, 0, stream, parameters, null), "it does not start a kernel");

    // ------------------------------------------------------------------------------------------------------------ memory

    /// <summary>Memory of the device.</summary>
    public ulong Allocate(long bytes)
    {
        ulong address;
        Check(memAlloc(&address, (nuint)Math.Max(1, bytes)), $"it has no {bytes} bytes of memory");
        return address;
    }

    /// <summary>Gives memory of the device back.</summary>
    public void Free(ulong address) => memFree(address);

    /// <summary>Memory of the host that the device reads and writes without a copy in between.</summary>
    public void* AllocatePinned(long bytes)
    {
        void* address;
        Check(memAllocHost(&address, (nuint)Math.Max(1, bytes)), $"it pins no {bytes} bytes of memory");
        return address;
    }

    /// <summary>Gives pinned memory back.</summary>
    public void FreePinned(void* address) => memFreeHost(address);

    /// <summary>Copies to the device, in the order of the stream.</summary>
    public void Upload(ulong to, void* from, long bytes, nint stream)
    {
        if (bytes > 0)
        {
            Check(copyToDevice(to, from, (nuint)bytes, stream), "it does not copy");
        }
    }

    /// <summary>Copies from the device, in the order of the stream.</summary>
    public void Download(void* to, ulong from, long bytes, nint stream)
    {
        if (bytes > 0)
        {
            Check(copyToHost(to, from, (nuint)bytes, stream), "it does not copy");
        }
    }

    /// <summary>Sets memory of the device to zero, in the order of the stream.</summary>
    public void Clear(ulong address, long bytes, nint stream)
    {
        if (bytes > 0)
        {
            Check(memset(address, 0, (nuint)bytes, stream), "it does not clear memory");
        }
    }

    // ----------------------------------------------------------------------------------------------- streams and events

    /// <summary>Work in order.</summary>
    public nint NewStream()
    {
        nint stream;
        Check(streamCreate(&stream, 1), "it makes no stream"); // not ordered with the stream that all of a process share
        return stream;
    }

    /// <summary>Frees a stream.</summary>
    public void FreeStream(nint stream) => streamDestroy(stream);

    /// <summary>Waits for all work of a stream.</summary>
    /// <exception cref="CudaException">Some of it failed.</exception>
    public void Wait(nint stream) => Check(streamSynchronize(stream), "a kernel failed");

    /// <summary>A mark in a stream, with the time at which it was reached.</summary>
    public nint NewEvent()
    {
        nint mark;
        Check(eventCreate(&mark, 0), "it makes no event");
        return mark;
    }

    /// <summary>Frees an event.</summary>
    public void FreeEvent(nint mark) => eventDestroy(mark);

    /// <summary>Puts a mark into a stream.</summary>
    public void Record(nint mark, nint stream) => Check(eventRecord(mark, stream), "it records no event");

    /// <summary>Milliseconds from one mark to another, both reached.</summary>
    public float Elapsed(nint from, nint to)
    {
        float milliseconds;
        Check(eventElapsedTime(&milliseconds, from, to), "it tells no time");
        return milliseconds;
    }

    private void Check(int status, string what)
    {
        if (status != 0)
        {
            byte* text;
            var reason = getErrorString(status, &text) == 0 ? Marshal.PtrToStringUTF8((nint)text) : null;
            throw new CudaException(FormattableString.Invariant($"{what}: {reason ?? "error"} ({status})"));
        }
    }
}
