namespace EnterpriseAI.SupplyChain;

/// <summary>When a registry is spoken to without TLS.</summary>
public enum PlainHttp
{
    Never,

    /// <summary>Registries on this machine: their host is <c>localhost</c> or a loopback address.</summary>
    Loopback,

    /// <summary>Every registry: whoever is on the way can read credentials, and put anything in the place of a tag.</summary>
    Always,
}

/// <summary>How to speak to registries.</summary>
public sealed record OciRegistryOptions
{
    public static OciRegistryOptions Default { get; } = new();

    /// <summary>Gives the credentials for a repository; null for none. They are shown only to its registry and the token service that it names.</summary>
    public Func<OciReference, OciCredentials?> Credentials { get; init; } = static _ => null;

    /// <summary>Default: never.</summary>
    public PlainHttp PlainHttp { get; init; }

    /// <summary>How often a request is made before its failure counts. Default 5.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>How long to wait between attempts at most; a registry that asks for more fails the request at once. Default 30 s.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a registry may send nothing. Default 30 s.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a manifest, token or other small answer may take altogether. Default 60 s.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Largest blob that is downloaded, in bytes. Default 64 GiB.</summary>
    public long MaxBlobBytes { get; init; } = 64L << 30;

    /// <summary>The clock for waiting, and for the expiry of tokens. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal string SchemeOf(OciReference reference)
    {
        // A host with a port would otherwise be read as a scheme.
        var uri = new Uri($"https://{reference.Host}/");
        return PlainHttp is PlainHttp.Always || (PlainHttp is PlainHttp.Loopback && uri.IsLoopback) ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
    }
}
