using SparseDsl.Compiler.Data;

namespace SparseDsl.Pruning;

/// <summary>Where results of layers are kept, so that a run that was interrupted goes on where it stopped.</summary>
public interface IPruningState
{
    /// <summary>What was kept under a key; null for nothing.</summary>
    IReadOnlyDictionary<string, TensorData>? Find(string key);

    /// <summary>Keeps tensors under a key that depends on everything they depend on.</summary>
    void Keep(string key, IReadOnlyDictionary<string, TensorData> tensors);
}

/// <summary>Told how far pruning is.</summary>
/// <param name="what">What is being done.</param>
/// <param name="done">Parts done.</param>
/// <param name="all">All parts.</param>
public delegate void PruningProgress(string what, int done, int all);
