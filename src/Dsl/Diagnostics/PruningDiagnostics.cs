using System.Collections.Immutable;

namespace SparseDsl.Dsl.Diagnostics;

/// <summary>SD54xx: pruning.</summary>
public static class PruningDiagnostics
{
    /// <summary>The pattern '{0}' is not understood: {1}.</summary>
    public static readonly DiagnosticDescriptor Pattern = Row(
        "SD5401", "the pattern '{0}' is not understood: {1}", "say u:0.5 (half of the weights), nm:4:8 (4 of 8 stay) or block:4x1:0.3 (outputs x inputs)", "prune --pattern u:1.5");

    /// <summary>{0} needs calibration data.</summary>
    public static readonly DiagnosticDescriptor NeedsCalibration = Row(
        "SD5402", "{0} needs calibration data", "give a folder of inputs with --calibration DIR", "prune --method obs without --calibration");

    /// <summary>There is no calibration data in '{0}'.</summary>
    public static readonly DiagnosticDescriptor NoSamples = Row(
        "SD5403", "there is no calibration data in '{0}': {1}", "put one .npy file for each sample into it, or for several inputs into one folder for each", "prune --calibration with an empty folder");

    /// <summary>There is nothing to prune in '{0}'.</summary>
    public static readonly DiagnosticDescriptor NothingToPrune = Row(
        "SD5404", "there is nothing to prune in '{0}': {1}", "name parameters to prune in any case with --include GLOB", "prune a model whose only filters are depthwise");

    /// <summary>No parameter matches '{0}'.</summary>
    public static readonly DiagnosticDescriptor UnusedGlob = new(
        "SD5405", Severity.Warning, "no parameter matches '{0}'", "'sparsedsl prune --json' lists the parameters", "prune --exclude hed.weight for a model with head.weight");

    /// <summary>The network cannot be {0} times as fast.</summary>
    public static readonly DiagnosticDescriptor OutOfReach = Row(
        "SD5406", "pruned to this pattern the network is predicted to become at most {1} times as fast, not {0}", "ask for less, or for another pattern", "prune --target-speedup 50");

    /// <summary>Inputs of '{0}' are not finite.</summary>
    public static readonly DiagnosticDescriptor NotFinite = Row(
        "SD5407", "the inputs of '{0}' are not all finite on the calibration data", "check the data: values are as the network expects them, scaled and normalised", "a calibration file with a NaN");

    /// <summary>There are few samples for '{0}'.</summary>
    public static readonly DiagnosticDescriptor FewRows = new(
        "SD5408", Severity.Warning, "the calibration data has only {1} places for the {2} inputs of '{0}'", "give more samples: what cannot be fitted stays as it is in the dense network",
        "prune --method obs with one sample for a layer of 64 inputs");

    /// <summary>'{0}' is another program already.</summary>
    public static readonly DiagnosticDescriptor Occupied = Row(
        "SD5409", "'{0}' is another program than '{1}', which the overlay imports", "write to another folder, or to that of the program", "prune -o out/pruned.dsl where out/model.dsl is another model");

    /// <summary>Something kept from an interrupted run is damaged.</summary>
    public static readonly DiagnosticDescriptor DamagedState = new(
        "SD5410", Severity.Warning, "'{0}' of an earlier run is damaged and is computed again", "nothing need be done", "a truncated file in the folder of --state");

    /// <summary>The overlay cannot be named '{0}'.</summary>
    public static readonly DiagnosticDescriptor OverlayName = Row(
        "SD5411", "the overlay cannot be named '{0}'", "choose a file name of letters, digits and _ that is not that of the program", "prune model.dsl -o model.dsl");

    /// <summary>Weights of '{0}' are not finite.</summary>
    public static readonly DiagnosticDescriptor WeightNotFinite = Row(
        "SD5412", "'{0}' is {1} at {2}: what is not finite cannot be pruned", "repair the weights, or train again", "prune weights with a NaN");

    /// <summary>There is nothing to quantise in '{0}'.</summary>
    public static readonly DiagnosticDescriptor NothingToQuantize = Row(
        "SD5160", "there is nothing to quantise in '{0}': {1}", "layers of 16 channels and 8 outputs or more are quantised", "quantize a model whose only filters are depthwise");

    /// <summary>Every row.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } =
    [
        Pattern, NeedsCalibration, NoSamples, NothingToPrune, UnusedGlob, OutOfReach, NotFinite, FewRows, Occupied, DamagedState, OverlayName, WeightNotFinite, NothingToQuantize,
    ];

    private static DiagnosticDescriptor Row(string id, string message, string hint, string example) => new(id, Severity.Error, message, hint, example);
}
