using EnterpriseAI.Kubernetes;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EnterpriseAI.Cli;

/// <summary>What a command touches besides its arguments: the terminal, the clock, the cluster.</summary>
internal sealed class CommandEnvironment
{
    // Lines are never folded here, as kubectl's are not: a pipe has no width, and a terminal folds by itself.
    private const int Width = 20_000;

    public TextWriter Output { get; init; } = Console.Out;

    /// <summary>Where remarks go that are not the answer.</summary>
    public TextWriter Error { get; init; } = Console.Error;

    public TextReader Input { get; init; } = Console.In;

    /// <summary>True when a person can be asked.</summary>
    public bool IsInteractive { get; init; } = !Console.IsInputRedirected && !Console.IsOutputRedirected;

    public bool UseColours { get; init; } = WantsColours(Console.IsOutputRedirected, Environment.GetEnvironmentVariable);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Connects to the cluster of a kubeconfig file, or of the one that kubectl would take when null.</summary>
    public Func<string?, KubernetesClient> Connect { get; init; } = static kubeconfig =>
        new KubernetesClient(kubeconfig is null ? KubernetesClientConfiguration.Default() : KubernetesClientConfiguration.FromKubeconfig(kubeconfig));

    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>By the convention of no-color.org, and for a terminal that knows what a colour is.</summary>
    public static bool WantsColours(bool isRedirected, Func<string, string?> variable) =>
        !isRedirected && string.IsNullOrEmpty(variable("NO_COLOR")) && variable("TERM") is not (null or "" or "dumb");

    /// <summary>Writes one line. Whatever stands in the text, the terminal is not told to do anything.</summary>
    public void WriteLine(string text = "") => Output.WriteLine(PlainText.Line(text));

    /// <summary>Writes the lines of a text.</summary>
    public void WriteLines(string text)
    {
        foreach (var line in text.TrimEnd('\n').Split('\n'))
            WriteLine(line);
    }

    /// <summary>Writes one line of remark.</summary>
    public void Remark(string text) => Error.WriteLine(PlainText.Line(text));

    /// <summary>Writes a table or a tree, with nothing at the end of lines that is not seen.</summary>
    public void Show(IRenderable shown)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = UseColours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = UseColours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
            // They look for build servers and switch colours on there, whatever was said here.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Width = Width;
        // Of a writer into memory this is always true; what counts is where the text ends up.
        console.Profile.Capabilities.Unicode = Output.Encoding.WebName.StartsWith("utf", StringComparison.OrdinalIgnoreCase);
        console.Profile.Capabilities.Links = false;
        console.Write(shown);
        foreach (var line in text.ToString().TrimEnd('\n', '\r').ReplaceLineEndings("\n").Split('\n'))
            Output.WriteLine(line.TrimEnd(' '));
    }
}
