using System.Globalization;
using SparseDsl.Measurement;

namespace SparseDsl.Benchmarks.Tables;

/// <summary><c>--table NAME [--threads N] [--only TEXT] [--json] [--warm] [--long] [--save DIRECTORY]</c></summary>
internal static class TableCommand
{
    // An evening's budget: for numbers that are written down.
    private static readonly Budget Long = new(500, 5000, 31);

    /// <summary>Runs it; gives the exit code.</summary>
    public static int Run(string[] arguments)
    {
        var comparison = new TableComparison(1, IsJson: false, Filter: null, Budget.Row);
        if (arguments is ["networks", ..])
        {
            return Program.Quick("--quick", arguments[1..]);
        }

        if (arguments is ["narrow", "--network", var program])
        {
            return NarrowNetwork.Run(program) ? 0 : 1;
        }

        if (arguments is ["narrow", .. var narrow] && narrow is [] or ["--only", _])
        {
            return NarrowTable.Run(narrow is [_, var part] ? part : "") ? 0 : 1;
        }

        if (arguments is not [var name, .. var rest] || Table.All.FirstOrDefault(t => t.Name == name) is not { } table)
        {
            return Misuse();
        }

        while (rest.Length > 0)
        {
            switch (rest)
            {
                case ["--threads", var count, .. var more] when int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var threads) && threads > 0:
                    (comparison, rest) = (comparison with { Threads = threads }, more);
                    break;
                case ["--only", var text, .. var more]:
                    (comparison, rest) = (comparison with { Filter = text }, more);
                    break;
                case ["--json", .. var more]:
                    (comparison, rest) = (comparison with { IsJson = true }, more);
                    break;
                case ["--warm", .. var more]:
                    (comparison, rest) = (comparison with { IsWarm = true }, more);
                    break;
                case ["--save", var folder, .. var more]:
                    (comparison, rest) = (comparison with { SaveTo = folder }, more);
                    break;
                case ["--long", .. var more]:
                    (comparison, rest) = (comparison with { Budget = Long }, more);
                    break;
                default:
                    return Misuse();
            }
        }

        return comparison.Run(table) ? 0 : 1;
    }

    private static int Misuse()
    {
        Console.Error.WriteLine($"usage: --table networks|narrow|{string.Join('|', Table.All.Select(t => t.Name))} [--threads N] [--only TEXT] [--json] [--warm] [--long] [--save DIRECTORY]");
        return 2;
    }
}
