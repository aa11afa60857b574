using System.Text.RegularExpressions;

namespace EnterpriseAI.SupplyChain;

/// <summary>Whom a signing certificate must name. Each of the two parts is given either exactly or as a pattern.</summary>
/// <remarks>A pattern must match the whole text: it needs no <c>^</c> and <c>$</c>. Compared is with regard to case.</remarks>
public sealed record CertificateIdentity
{
    /// <summary>The identity, e.g. an e-mail address or the URI of a workflow.</summary>
    public string? SubjectAlternativeName { get; init; }

    /// <summary>A regular expression for the whole identity; without back references and lookarounds, so that no text can make it slow.</summary>
    public string? SubjectAlternativeNamePattern { get; init; }

    /// <summary>The OpenID Connect issuer that vouched for the identity, e.g. <c>https://accounts.google.com</c>.</summary>
    public string? Issuer { get; init; }

    /// <summary>A regular expression for the whole issuer.</summary>
    public string? IssuerPattern { get; init; }

    internal void Validate()
    {
        if (SubjectAlternativeName is null == SubjectAlternativeNamePattern is null)
            throw new ArgumentException("give the expected identity either exactly or as a pattern");
        if (Issuer is null == IssuerPattern is null)
            throw new ArgumentException("give the expected issuer either exactly or as a pattern");
        if (SubjectAlternativeName is "" || Issuer is "")
            throw new ArgumentException("the expected identity and issuer must not be empty");
        _ = SubjectAlternativeNamePattern is { } subject ? Anchored(subject) : null;
        _ = IssuerPattern is { } issuer ? Anchored(issuer) : null;
    }

    internal bool MatchesSubject(string name) => Matches(name, SubjectAlternativeName, SubjectAlternativeNamePattern);

    internal bool MatchesIssuer(string issuer) => Matches(issuer, Issuer, IssuerPattern);

    internal string SubjectText => SubjectAlternativeName ?? $"/{SubjectAlternativeNamePattern}/";

    internal string IssuerText => Issuer ?? $"/{IssuerPattern}/";

    private static bool Matches(string text, string? exact, string? pattern) =>
        exact is not null ? text == exact : pattern is not null && Anchored(pattern).IsMatch(text);

    // \z and not $: the latter also matches before a final line feed.
    private static Regex Anchored(string pattern)
    {
        try
        {
            // A pattern such as "a)|(b" is one only inside other parentheses, and would not be anchored there.
            _ = new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
            return new Regex($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new ArgumentException($"the pattern '{pattern}' cannot be used: {e.Message}", e);
        }
    }
}
