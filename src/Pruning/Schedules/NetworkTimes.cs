namespace SparseDsl.Pruning.Schedules;

/// <summary>Predicted microseconds of one call, on one thread at typical dims.</summary>
/// <param name="Rest">Everything but the layers.</param>
/// <param name="Layers">For each weight by path, its layer dense and as it would be sparse.</param>
public sealed record NetworkTimes(double Rest, IReadOnlyDictionary<string, LayerTime> Layers);

/// <summary>Predicted microseconds of the layers that read a weight.</summary>
/// <param name="Dense">Stored dense.</param>
/// <param name="Sparse">Stored sparse; never more than dense, because then the compiler leaves it dense.</param>
public readonly record struct LayerTime(double Dense, double Sparse);

/// <summary>Predicts times of a network whose weights are pruned.</summary>
/// <param name="patterns">A pattern for each weight by path.</param>
public delegate NetworkTimes TimePrediction(IReadOnlyDictionary<string, PruningPattern> patterns);
