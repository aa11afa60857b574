using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>An artifact of a registry whose layers are its files, named by their titles, as ORAS and model signing tools push them.</summary>
internal sealed class OciSource : IArtifactSource
{
    private const string Title = "org.opencontainers.image.title";

    // ORAS packs a folder that is pushed as one.
    private const string Unpack = "io.deis.oras.content.unpack";
    private readonly HttpClient _http;
    private readonly OciRegistry _registry;
    private readonly OciReference _reference;
    private readonly FetchRequest _request;

    /// <exception cref="SupplyChainException">The address is no reference.</exception>
    /// <exception cref="AgentFailure">The credentials are of another kind.</exception>
    public OciSource(FetchRequest request, TimeProvider time)
    {
        _reference = OciReference.Parse(request.From.OriginalString);
        if (request.Credentials is { Registry: null })
        {
            throw AgentFailure.BadInput("InvalidCredentials", $"--credentials: {request.Shown} needs files named username and password, or token, or .dockerconfigjson");
        }

        _request = request;
        _http = new HttpClient(HttpConnections.Create(request)) { Timeout = Timeout.InfiniteTimeSpan };
        _registry = new OciRegistry(_http, new OciRegistryOptions
        {
            // Attempts are counted and spaced here, as for any other source.
            Attempts = 1,
            StallTimeout = request.IdleTimeout,
            MaxBlobBytes = request.MaxBytes,
            PlainHttp = request.PlainHttp ? PlainHttp.Always : PlainHttp.Loopback,
            Time = time,
            Credentials = request.Credentials?.Registry ?? (static _ => null),
        });
    }

    /// <summary>None: it is a layer, so it changes only with the digest of the whole.</summary>
    public IRemoteFile? Signature => null;

    public async Task<RemoteArtifact> ListAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        var manifest = (await transfer.AskAsync(token => OciErrors.TranslateAsync(_request.Shown, () => _registry.GetManifestAsync(_reference, token)), cancellationToken)).Manifest;
        if (manifest.IsIndex)
        {
            throw Refused("is a list of images for several processors; give the digest of a model artifact");
        }

        if (manifest.Layers.FirstOrDefault(static layer => !layer.Annotations.ContainsKey(Title)) is { } untitled)
        {
            throw Refused($"has a layer without a name ({Title}), of the type {untitled.MediaType}: it is an image that has a model inside. Its layers are archives, which are not unpacked; push the model's files as an artifact, for example with 'oras push'");
        }

        if (manifest.Layers.FirstOrDefault(static layer => layer.Annotations.GetValueOrDefault(Unpack) == "true") is { } packed)
        {
            throw Refused($"has the folder '{packed.Annotations[Title]}' packed as an archive, and archives are not unpacked; push its files one by one");
        }

        var files = manifest.Layers.Select(layer => new RemoteArtifactFile(
            layer.Annotations[Title],
            new OciFile(_registry, _reference, layer, $"{_request.Shown} ({layer.Annotations[Title]})"),
            layer.Digest.ToString().StartsWith("sha256:", StringComparison.Ordinal) ? Convert.FromHexString(layer.Digest.Hex) : (ReadOnlyMemory<byte>?)null,
            layer.Size)).ToList();

        // One file may be meant as itself or as a folder of one, which the digest tells.
        return files is [var only] && (_request.Digest is null || _request.Digest.ToString() == manifest.Layers[0].Digest.ToString())
            ? RemoteArtifact.Of(only.File, only.Sha256)
            : RemoteArtifact.Folder(_request.Shown, files);
    }

    public void Dispose() => _http.Dispose();

    private AgentFailure Refused(string what) => AgentFailure.BadInput("ArtifactInvalid", $"{_request.Shown} {what}");
}
