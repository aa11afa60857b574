using System.Diagnostics;
using Spectre.Console;

namespace EnterpriseAI.Story;

/// <summary>
/// Shows how the story goes on. In a terminal one live line says what is waited for and for how long; elsewhere (a log, a pipe) each
/// new thing that is waited for is a line with the seconds since the start.
/// </summary>
public sealed class Display
{
    private readonly Stopwatch _total = Stopwatch.StartNew();
    private readonly bool _isLive = AnsiConsole.Profile.Capabilities.Ansi && !Console.IsOutputRedirected;
    private ProgressTask? _live;

    /// <summary>Since the story began.</summary>
    public TimeSpan Elapsed => _total.Elapsed;

    /// <summary>What is waited for now.</summary>
    public void Progress(string what)
    {
        if (_live is { } line)
            line.Description = Short(what);
        else
            Say($"{_total.Elapsed.TotalSeconds,5:0} s  {what}");
    }

    /// <summary>Something that stays to be read.</summary>
    public void Say(string what)
    {
        if (_isLive)
            AnsiConsole.WriteLine($"      {what}");
        else
            Console.WriteLine($"      {what}");
    }

    /// <summary>One step: its title, what it waits for while it runs, what was observed, how long it took.</summary>
    public async Task TellAsync(string number, string title, Func<Task<string>> step)
    {
        var started = _total.Elapsed;
        Console.WriteLine($"\n{number}. {title}");
        var observed = _isLive ? await LiveAsync(step) : await step();
        Console.WriteLine($"   -> {observed}  ({(_total.Elapsed - started).TotalSeconds:0} s)");
    }

    private async Task<string> LiveAsync(Func<Task<string>> step)
    {
        var display = AnsiConsole.Progress().AutoClear(true).HideCompleted(true)
            .Columns(new SpinnerColumn(), new ElapsedTimeColumn(), new TaskDescriptionColumn { Alignment = Justify.Left });
        try
        {
            return await display.StartAsync(async context =>
            {
                _live = context.AddTask("starting").IsIndeterminate();
                return await step();
            });
        }
        finally
        {
            _live = null;
        }
    }

    // A line that wraps cannot be drawn over.
    private static string Short(string what)
    {
        var room = Math.Max(20, AnsiConsole.Profile.Width - 24);
        var line = what.ReplaceLineEndings(" ");
        return Markup.Escape(line.Length <= room ? line : line[..(room - 1)] + "…");
    }
}
