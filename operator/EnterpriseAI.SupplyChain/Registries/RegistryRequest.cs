namespace EnterpriseAI.SupplyChain;

/// <summary>A request to a registry, which may have to be made several times.</summary>
/// <param name="Method">The method.</param>
/// <param name="Uri">Where to.</param>
/// <param name="Repository">The repository that it is about, by which credentials are chosen.</param>
internal sealed record RegistryRequest(HttpMethod Method, Uri Uri, OciReference Repository)
{
    /// <summary>True when the token must allow to push.</summary>
    public bool Writes { get; init; }

    /// <summary>The media types that are understood.</summary>
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>The range of the content that is asked for; null for all.</summary>
    public (long From, long To)? Range { get; init; }

    /// <summary>Makes the body, anew for each attempt; null for none.</summary>
    public Func<HttpContent>? Body { get; init; }

    /// <summary>The body is large: its transfer takes as long as it takes.</summary>
    public bool IsUpload { get; init; }

    /// <summary>Only these can follow a redirection without saying something twice.</summary>
    public bool IsRead => Method == HttpMethod.Get || Method == HttpMethod.Head;

    public HttpRequestMessage Message(Uri uri)
    {
        var message = new HttpRequestMessage(Method, uri) { Content = Body?.Invoke() };
        foreach (var type in Accept)
            message.Headers.TryAddWithoutValidation("Accept", type);
        if (Range is { } range)
            message.Headers.Range = new System.Net.Http.Headers.RangeHeaderValue(range.From, range.To);
        return message;
    }
}
