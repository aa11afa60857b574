using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace EnterpriseAI.Api;

/// <summary>The way to a field of an object: names between dots, or in brackets and quotes where a name has dots itself.</summary>
/// <param name="Names">The names, outermost first.</param>
public sealed partial record FieldPath(IReadOnlyList<string> Names)
{
    /// <summary>Reads a path such as <c>spec.owner</c> or <c>metadata.labels['app.kubernetes.io/name']</c> without throwing.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out FieldPath? path, [NotNullWhen(false)] out string? error)
    {
        path = null;
        error = null;
        if (Whole().Match(text ?? "") is not { Success: true } match)
        {
            error = $"'{text}' is not a field: use names with dots between them, such as spec.owner, or metadata.labels['app.kubernetes.io/name']";
            return false;
        }

        path = new FieldPath([.. match.Groups["name"].Captures.Select(c => c.Value)]);
        return true;
    }

    [GeneratedRegex(@"\A(?<name>[A-Za-z_][A-Za-z0-9_-]*)(?:\.(?<name>[A-Za-z_][A-Za-z0-9_-]*)|\['(?<name>[^']+)'\])*\z")]
    private static partial Regex Whole();
}
