using System.Globalization;
using System.Text.Json;
using SparseDsl.Dsl;
using SparseDsl.Dsl.Diagnostics;
using Spectre.Console;

namespace SparseDsl.Cli;

/// <summary>Where a run of the program writes.</summary>
/// <param name="Output">Results.</param>
/// <param name="Errors">Messages.</param>
/// <param name="IsTerminal">Whether a person watches the messages.</param>
internal sealed record Streams(TextWriter Output, TextWriter Errors, bool IsTerminal);

/// <summary>One run of a command: where it writes, and what went wrong so far.</summary>
internal sealed class Session
{
    /// <summary>A damaged file may have a mistake in every token; nobody reads that many.</summary>
    private const int MostShown = 1000;

    private readonly Streams streams;

    /// <summary>A run that writes to some streams.</summary>
    public Session(Streams streams, bool json)
    {
        this.streams = streams;
        (Output, Errors, IsJson) = (streams.Output, streams.Errors, json);
        Files = new FileUse(this);
    }

    /// <summary>Results.</summary>
    public TextWriter Output { get; }

    /// <summary>Messages.</summary>
    public TextWriter Errors { get; }

    /// <summary>Whether one JSON document is the whole output.</summary>
    public bool IsJson { get; }

    /// <summary>Whether diagnostics are written one a line, as MSBuild recognises them.</summary>
    public bool ForMsBuild { get; init; }

    /// <summary>The diagnostics that somebody else was told of, who reports them.</summary>
    public HashSet<Diagnostic> ToldElsewhere { get; } = [];

    /// <summary>Mistakes found so far.</summary>
    public DiagnosticBag Diagnostics { get; } = new();

    /// <summary>The files it reads and writes.</summary>
    public FileUse Files { get; }

    /// <summary>Reports a mistake that has no place in a program.</summary>
    public void Report(DiagnosticDescriptor row, params string[] arguments) => Diagnostics.Report(row, null, arguments);

    /// <summary>Does long work, with a spinner on a terminal and in silence on a pipe.</summary>
    public T Work<T>(string what, Func<T> work) => Work(what, _ => work());

    /// <summary>The same for work that says what it is at.</summary>
    public T Work<T>(string what, Func<Action<string>, T> work)
    {
        if (!streams.IsTerminal)
        {
            return work(_ => { });
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Errors) });
        return console.Status().Start(Markup.Escape(what), status => work(now => status.Status(Markup.Escape(now))));
    }

    /// <summary>Does long work of many steps, with a bar on a terminal and a line for every tenth on a pipe.</summary>
    /// <param name="what">What is done.</param>
    /// <param name="work">The work; it tells how many of how many steps are done.</param>
    public T Progress<T>(string what, Func<Action<int, int>, T> work)
    {
        if (!streams.IsTerminal)
        {
            return work((done, all) =>
            {
                if (done * 10 / all != (done - 1) * 10 / all)
                {
                    Errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {done} of {all}"));
                }
            });
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Errors) });
        return console.Progress().Start(context =>
        {
            var task = context.AddTask(Markup.Escape(what));
            return work((done, all) => (task.MaxValue, task.Value) = (all, done));
        });
    }

    /// <summary>Prints diagnostics (and, with JSON, the result) and gives the exit code.</summary>
    /// <param name="writeResult">Writes the members of the result into an open JSON object; null when there is no result.</param>
    public int Finish(Action<Utf8JsonWriter>? writeResult = null)
    {
        if (IsJson)
        {
            Json.Write(Output, writer =>
            {
                writer.WriteStartObject();
                writer.WriteBoolean("ok", !Diagnostics.HasErrors);
                Json.WriteDiagnostics(writer, Diagnostics.Items);
                if (!Diagnostics.HasErrors)
                {
                    writeResult?.Invoke(writer);
                }

                writer.WriteEndObject();
            });
        }
        else if (ForMsBuild)
        {
            foreach (var diagnostic in Diagnostics.Items.Where(IsShown))
            {
                Output.WriteLine(MsBuildLine(diagnostic));
            }
        }
        else
        {
            foreach (var diagnostic in Diagnostics.Items.Where(IsShown).Take(MostShown))
            {
                Errors.Write(DiagnosticRenderer.Render(diagnostic));
            }

            if (Diagnostics.Items.Count > MostShown)
            {
                Errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"… and {Diagnostics.Items.Count - MostShown} more, all with --json"));
            }

            var count = Diagnostics.Items.Count(d => d.Severity == Severity.Error);
            if (count > 1)
            {
                Errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} errors"));
            }
        }

        return Diagnostics.HasErrors ? ExitCode.Diagnostics : ExitCode.Done;
    }

    private bool IsShown(Diagnostic diagnostic) => !ToldElsewhere.Contains(diagnostic);

    private static string MsBuildLine(Diagnostic diagnostic)
    {
        var (line, column) = diagnostic.Location is { } place ? place.Source.Position(place.Span.Start) : (0, 0);
        var origin = diagnostic.Location is { } at ? string.Create(CultureInfo.InvariantCulture, $"{at.Source.Path}({line},{column})") : "sparsedsl";
        var severity = diagnostic.Severity switch { Severity.Error => "error", Severity.Warning => "warning", _ => "message" };
        return $"{origin}: {severity} {diagnostic.Id}: {diagnostic.OneLine}";
    }
}
