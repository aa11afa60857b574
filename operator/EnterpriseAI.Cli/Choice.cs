using System.CommandLine;
using System.CommandLine.Parsing;

namespace EnterpriseAI.Cli;

/// <summary>Options and arguments that take one of a few words, in upper or lower case.</summary>
internal static class Choice
{
    public static Option<string?> Option(string name, string description, params string[] words)
    {
        var option = new Option<string?>(name) { Description = $"{description}: {Or(words)}.", HelpName = name.TrimStart('-').ToUpperInvariant() };
        option.Validators.Add(result => Check(result, name, words));
        option.CompletionSources.Add(words);
        return option;
    }

    public static Argument<string> Argument(string name, string description, params string[] words)
    {
        var argument = new Argument<string>(name) { Description = $"{description}: {Or(words)}." };
        argument.Validators.Add(result => Check(result, name, words));
        argument.CompletionSources.Add(words);
        return argument;
    }

    /// <summary>How the answer is printed; the first word is the default.</summary>
    public static Option<string?> Output(params string[] formats)
    {
        var option = Option("--output", $"How to print it, {formats[0]} if left out", formats);
        option.Aliases.Add("-o");
        return option;
    }

    /// <summary>The member that a checked word names.</summary>
    public static TEnum Value<TEnum>(string word) where TEnum : struct, Enum => Enum.Parse<TEnum>(word, ignoreCase: true);

    private static void Check(SymbolResult result, string name, string[] words)
    {
        foreach (var token in result.Tokens)
        {
            if (!words.Contains(token.Value, StringComparer.OrdinalIgnoreCase))
                result.AddError($"{name} '{token.Value}' is not valid: give {Or(words)}");
        }
    }

    private static string Or(string[] words) => words.Length == 1 ? words[0] : $"{string.Join(", ", words[..^1])} or {words[^1]}";
}
