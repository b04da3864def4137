using System.Diagnostics;

namespace SparseDsl.Examples.Ocr;

/// <summary>A network that keeps the time spent in it.</summary>
internal sealed class TimedNetwork(INetwork network) : INetwork
{
    /// <summary>Number of calls.</summary>
    public int Calls { get; private set; }

    /// <summary>Time of all calls.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <inheritdoc/>
    public Tensor Run(Tensor input)
    {
        var start = Stopwatch.GetTimestamp();
        var output = network.Run(input);
        Elapsed += Stopwatch.GetElapsedTime(start);
        Calls++;
        return output;
    }
}
