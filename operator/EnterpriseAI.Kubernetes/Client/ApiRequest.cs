namespace EnterpriseAI.Kubernetes;

/// <summary>One request, in a form that can be sent again.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Relative to the server's address, with its query.</param>
/// <param name="Verb">Label of metrics: <c>GET</c>, <c>LIST</c>, <c>WATCH</c>, <c>APPLY</c>, …</param>
internal sealed record ApiRequest(HttpMethod Method, string Path, string Verb)
{
    public ReadOnlyMemory<byte> Body { get; init; }

    public string? ContentType { get; init; }

    /// <summary>Until the answer's headers are there; null waits for ever.</summary>
    public TimeSpan? Timeout { get; init; } = TimeSpan.FromSeconds(60);

    public bool Writes => Method != HttpMethod.Get;

    public override string ToString() => $"{Method} {Path}";
}
