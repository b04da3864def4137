using System.Collections.Immutable;
using SparseDsl.Compiler.Data;

namespace SparseDsl.Pruning;

/// <summary>A pruned network.</summary>
/// <param name="Weights">Every parameter by path; those that did not change are the tensors that were given.</param>
/// <param name="Layers">What became of each weight that can be pruned, in the order of the network.</param>
/// <param name="Times">The predicted time of the network; null when none was asked for.</param>
public sealed record PruningResult(IReadOnlyDictionary<string, TensorData> Weights, ImmutableArray<LayerReport> Layers, PredictedTimes? Times);

/// <summary>The predicted time of one call at typical dims, on one thread.</summary>
/// <param name="DenseMicroseconds">Dense.</param>
/// <param name="PrunedMicroseconds">Pruned.</param>
public sealed record PredictedTimes(double DenseMicroseconds, double PrunedMicroseconds)
{
    /// <summary>Dense time over pruned time.</summary>
    public double Speedup => PrunedMicroseconds > 0 ? DenseMicroseconds / PrunedMicroseconds : 1;
}

/// <summary>What became of a weight that can be pruned.</summary>
/// <param name="Path">The parameter.</param>
/// <param name="Outputs">Rows of its matrix.</param>
/// <param name="Inputs">Columns of its matrix: terms of one sum.</param>
/// <param name="Share">Its part of the network's multiplications, 0 to 1.</param>
/// <param name="Pattern">What it was pruned to; null when it was left dense.</param>
/// <param name="Reason">Why it was left dense; empty when it was not.</param>
/// <param name="Zeros">Its fraction of zeros.</param>
/// <param name="Error">
/// The squared error of its outputs on inputs that were held out, over their variance: the pruned layer on the pruned network's inputs against the
/// dense layer on the dense network's. Null without calibration.
/// </param>
/// <param name="Annotation">What can be promised of it: <c>unstructured(zeros &gt;= 50%)</c>; null when it was left dense.</param>
public sealed record LayerReport(
    string Path, int Outputs, int Inputs, double Share, PruningPattern? Pattern, string Reason, double Zeros, double? Error, string? Annotation);
