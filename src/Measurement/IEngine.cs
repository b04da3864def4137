namespace SparseDsl.Measurement;

/// <summary>Something that computes the same thing on every call, with its data in place: a call copies and allocates nothing.</summary>
public interface IEngine : IDisposable
{
    /// <summary>In tables and JSON: <c>dense</c>, <c>onnxruntime</c>.</summary>
    string Name { get; }

    /// <summary>Comes before every turn. An engine with several copies of its data that cannot take another one on every call takes it here.</summary>
    void BeginTurn();

    /// <summary>Computes once.</summary>
    void Invoke();

    /// <summary>The values of the first output after the last call, copied; what engines are compared by.</summary>
    float[] ReadOutput();
}
