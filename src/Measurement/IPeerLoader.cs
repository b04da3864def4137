using SparseDsl.Compiler.Data;

namespace SparseDsl.Measurement;

/// <summary>Another engine, in an assembly of its own that is loaded where it is wanted: it may be large, and no part of what users install.</summary>
public interface IPeerLoader
{
    /// <summary>In tables and JSON: <c>onnxruntime</c>.</summary>
    string Name { get; }

    /// <summary>Its version, for people.</summary>
    string Version { get; }

    /// <summary>Loads a model with its inputs in place.</summary>
    /// <param name="model">Bytes of the model's file.</param>
    /// <param name="inputs">Elements of its inputs, in the model's order.</param>
    /// <param name="threads">Threads of a call.</param>
    /// <param name="copies">Copies of the whole model that calls use in turn.</param>
    /// <param name="inputCopies">Copies of the inputs in each of them.</param>
    /// <exception cref="InvalidDataException">It cannot load the model, or run it on these inputs.</exception>
    IEngine Load(byte[] model, IReadOnlyList<TensorData> inputs, int threads, int copies, int inputCopies);
}
