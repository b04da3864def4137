using System.Runtime.InteropServices;

namespace SparseDsl.Measurement;

/// <summary>The machine of this process.</summary>
public static class Machine
{
    private const string LinuxProcessors = "/proc/cpuinfo";

    /// <summary>Name of the processor as its maker gives it, or of the architecture where the system does not tell.</summary>
    public static string Name { get; } = FindName();

    private static string FindName()
    {
        try
        {
            var line = File.Exists(LinuxProcessors) ? File.ReadLines(LinuxProcessors).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
            if (line?.Split(':', 2) is [_, var name])
            {
                return name.Trim();
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // Then the name is what the rest knows.
        }

        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
