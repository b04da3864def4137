using System.CommandLine;
using System.Globalization;
using SparseDsl.Backends.CSharp.Hosting;
using SparseDsl.Backends.Llvm;
using SparseDsl.Cli.Running;
using SparseDsl.Compiler;
using SparseDsl.Runtime;

namespace SparseDsl.Cli.Commands;

/// <summary>Options several commands have.</summary>
internal static class SharedOptions
{
    private const int MostCount = 1_000_000;

    /// <summary><c>FILE</c></summary>
    public static Argument<string> File()
    {
        var file = new Argument<string>("FILE") { Description = "the program" };
        RefuseOptions(file);
        return file;
    }

    /// <summary><c>FILE…</c></summary>
    public static Argument<string[]> Files(string description)
    {
        var files = new Argument<string[]>("FILE") { Description = description, Arity = ArgumentArity.OneOrMore };
        RefuseOptions(files);
        return files;
    }

    /// <summary><c>--threads N</c></summary>
    public static Option<int> Threads() => Count("--threads", "threads of one call", WorkerTeam.MostThreads);

    /// <summary><c>--threads 1,2</c>; empty or null when it is not given.</summary>
    public static Option<int[]?> ThreadCounts(string description) => List("--threads", "COUNTS", description, string.Create(CultureInfo.InvariantCulture, $"integers from 1 to {WorkerTeam.MostThreads}"), text =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= WorkerTeam.MostThreads ? (true, count) : (false, 0));

    /// <summary>An option of values with commas between them, which must be <paramref name="range"/>; empty or null when it is not given.</summary>
    public static Option<T[]?> List<T>(string name, string help, string description, string range, Func<string, (bool IsGood, T Value)> convert) => new(name)
    {
        Description = description,
        HelpName = help,
        CustomParser = result =>
        {
            var values = new List<T>();
            foreach (var text in result.Tokens[0].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (convert(text) is (true, var value))
                {
                    values.Add(value);
                }
                else
                {
                    result.AddError($"{name} must be {range}, not '{text}'");
                }
            }

            return [.. values.Distinct()];
        },
    };

    /// <summary>A count from 1 on; 1 when it is not given.</summary>
    public static Option<int> Count(string name, string description, int most = MostCount) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => 1,
        HelpName = "N",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= 1 && value <= most)
            {
                return value;
            }

            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} must be an integer from 1 to {most}, not '{result.Tokens[0].Value}'"));
            return 1;
        },
    };

    /// <summary><c>--json</c></summary>
    public static Option<bool> Json() => new("--json") { Description = "print one JSON document, diagnostics included" };

    /// <summary><c>--model NAME</c></summary>
    public static Option<string?> Model() => new("--model") { Description = "which model of the file", HelpName = "NAME" };

    /// <summary><c>--weights PATH</c></summary>
    public static Option<string?> Weights() => new("--weights") { Description = "weights; default: FILE with the extension .safetensors", HelpName = "PATH" };

    /// <summary><c>--profile PATH</c></summary>
    public static Option<string?> Profile() => new("--profile")
    {
        Description = $"what kernels cost here, from 'sparsedsl calibrate', or the word default; else ${Data.ProfileFile.Variable}, else {Data.ProfileFile.DefaultPathText} where it is there",
        HelpName = "PATH",
    };

    /// <summary><c>--target NAME</c> as a row; null when it is not given.</summary>
    public static Option<Target?> Target()
    {
        var option = new Option<Target?>("--target")
        {
            Description = "avx512, avx2, neon, vector128, sse42, scalar, or native: the best this machine has",
            HelpName = "NAME",
            CustomParser = result =>
            {
                var name = result.Tokens[0].Value;
                var target = name == "native" ? NativeTarget.Widest : Compiler.Target.Named.FirstOrDefault(t => t.Name == name);
                if (target is null)
                {
                    result.AddError($"'{name}' is not a target; targets are native, {string.Join(", ", Compiler.Target.Named.Select(t => t.Name))}");
                }

                return target;
            },
        };
        return option;
    }

    /// <summary><c>--backend NAME</c>: one that compiles, or one of others.</summary>
    public static Option<string> Backend(string description, params string[] others)
    {
        var option = new Option<string>("--backend") { Description = description, DefaultValueFactory = _ => "csharp" };
        option.AcceptOnlyFromAmong([.. ModelHost.Names, .. others]);
        return option;
    }

    /// <summary><c>--cpu NAME</c>; null when it is not given.</summary>
    public static Option<LlvmCpuName?> Cpu(string description) => new("--cpu")
    {
        Description = description,
        HelpName = "NAME",
        CustomParser = result =>
        {
            var name = new LlvmCpuName(result.Tokens[0].Value);
            if (!name.IsKnown)
            {
                result.AddError($"'{name.Name}' is not a processor; processors are native, {string.Join(", ", LlvmCpu.All.Select(c => c.Name))}");
            }

            return name;
        },
    };

    /// <summary><c>--cpu x86-64-v2,x86-64-v3</c>, or all; empty when it is not given.</summary>
    public static Option<IReadOnlyList<LlvmCpuName>> Cpus(string description) => new("--cpu")
    {
        Description = description,
        HelpName = "NAMES",
        DefaultValueFactory = _ => [],
        CustomParser = result =>
        {
            LlvmCpuName[] names = [.. result.Tokens[0].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(n => new LlvmCpuName(n)).Distinct()];
            if (names.FirstOrDefault(n => !n.IsKnown && n != LlvmCpuName.Every) is { } unknown)
            {
                result.AddError($"'{unknown.Name}' is not a processor; processors are all, native, {string.Join(", ", LlvmCpu.All.Select(c => c.Name))}");
                return [];
            }

            return names;
        },
    };

    /// <summary><c>--targets avx2,scalar</c> as rows; null when it is not given.</summary>
    public static Option<IReadOnlyList<Target>?> Targets() => new("--targets")
    {
        Description = "the targets of the class, as it tries them; default: all",
        HelpName = "NAMES",
        CustomParser = result =>
        {
            var (targets, unknown) = Compiler.Target.ParseList(result.Tokens[0].Value);
            if (unknown is not null)
            {
                result.AddError($"'{unknown}' is not a target; targets are {string.Join(", ", Compiler.Target.Named.Select(t => t.Name))}");
            }

            return targets;
        },
    };

    /// <summary><c>--msbuild</c></summary>
    public static Option<bool> MsBuild() => new("--msbuild") { Description = "write diagnostics as MSBuild reads them" };

    /// <summary><c>--dim N=4</c>, several times.</summary>
    public static Option<KeyValuePair<string, long>[]> Dims() => Pairs("--dim", "NAME=VALUE", "the value of a dim that no input tells", value =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : (long?)null);

    /// <summary>An option of the form <c>--input NAME=PATH</c>, several times.</summary>
    public static Option<KeyValuePair<string, string>[]> Paths(string name, string help, string description) => new(name)
    {
        Description = description,
        HelpName = help,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => [.. Split(result).Select(p => p)],
    };

    // What looks like an option and is none would be taken for a file.
    private static void RefuseOptions(Argument argument) => argument.Validators.Add(result =>
    {
        foreach (var token in result.Tokens.Where(t => t.Value.Length > 1 && t.Value[0] == '-'))
        {
            result.AddError($"'{token.Value}' is not an option of this command; a file of that name is './{token.Value}'");
        }
    });

    private static Option<KeyValuePair<string, T>[]> Pairs<T>(string name, string help, string description, Func<string, T?> convert)
        where T : struct => new(name)
        {
            Description = description,
            HelpName = help,
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result =>
            {
                var pairs = new List<KeyValuePair<string, T>>();
                foreach (var (key, text) in Split(result))
                {
                    if (convert(text) is { } value)
                    {
                        pairs.Add(new(key, value));
                    }
                    else
                    {
                        result.AddError($"'{text}' is not a number of 0 or more");
                    }
                }

                return [.. pairs];
            },
        };

    private static List<KeyValuePair<string, string>> Split(System.CommandLine.Parsing.ArgumentResult result)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var token in result.Tokens.Select(t => t.Value))
        {
            var at = token.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || at == token.Length - 1)
            {
                result.AddError($"'{token}' must have the form NAME=VALUE");
            }
            else if (pairs.Any(p => p.Key == token[..at]))
            {
                result.AddError($"'{token[..at]}' is given twice");
            }
            else
            {
                pairs.Add(new(token[..at], token[(at + 1)..]));
            }
        }

        return pairs;
    }
}
