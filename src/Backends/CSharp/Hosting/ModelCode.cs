#if NET10_0_OR_GREATER
using System.Reflection;
using System.Runtime.Loader;
using SparseDsl.Runtime;

namespace SparseDsl.Backends.CSharp.Hosting;

/// <summary>The loaded code of a model, unloaded when the last of those who share it is done. Its creator is the first of them.</summary>
internal sealed class ModelCode : IDisposable
{
    private readonly ModelLoadContext context;
    private int users = 1;

    public ModelCode(string name, Stream image)
    {
        context = new ModelLoadContext(name);
        Assembly = context.LoadFromStream(image);
    }

    /// <summary>The code.</summary>
    public Assembly Assembly { get; }

    /// <summary>One more user.</summary>
    public ModelCode Share()
    {
        Interlocked.Increment(ref users);
        return this;
    }

    /// <summary>A user is done.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref users) == 0)
        {
            context.Unload();
        }
    }

    /// <summary>Collectible: its code is compiled fully optimised at once, and unloads.</summary>
    private sealed class ModelLoadContext(string name) : AssemblyLoadContext("SparseDsl " + name, isCollectible: true)
    {
        // The interface types must be the host's own.
        protected override Assembly? Load(AssemblyName assemblyName) =>
            assemblyName.Name == typeof(ICompiledModel).Assembly.GetName().Name ? typeof(ICompiledModel).Assembly : null;
    }
}
#endif
