using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>An artifact of an HTTP server: a file, or, when the address ends in a slash, a folder whose signature names its files.</summary>
internal sealed class HttpSource : IArtifactSource
{
    private readonly HttpMessageInvoker _http;
    private readonly FetchRequest _request;
    private readonly TimeProvider _time;

    /// <exception cref="AgentFailure">The credentials would go where anybody may read them.</exception>
    public HttpSource(FetchRequest request, TimeProvider time)
    {
        if (request is { Credentials.Http: not null, From: { Scheme: "http", IsLoopback: false } })
        {
            throw AgentFailure.BadInput("InsecureCredentials", $"--credentials: not sent to {request.Shown}, because anybody may read what goes by http; give an https address");
        }

        if (request.Credentials is { Http: null })
        {
            throw AgentFailure.BadInput("InvalidCredentials", $"--credentials: {request.Shown} needs a file named token, or username and password");
        }

        (_request, _time) = (request, time);
        _http = new HttpMessageInvoker(HttpConnections.Create(request));
    }

    public IRemoteFile? Signature => _request.From.AbsolutePath.EndsWith('/') ? FileAt(new Uri(_request.From, ArtifactPaths.SignatureFile)) : null;

    public async Task<RemoteArtifact> ListAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        var address = _request.From;
        if (Signature is not { } signature)
        {
            return RemoteArtifact.Of(FileAt(address));
        }

        if (address.Query.Length > 0)
        {
            throw AgentFailure.BadInput("InvalidSource", $"--from: {_request.Shown} is a folder, and its address has a query, which the addresses of its files cannot have; give the address of a file");
        }

        var bytes = await transfer.ReadAllAsync(signature, (int)ArtifactLimits.Default.MaxSignatureBytes, cancellationToken);
        var announced = AnnouncedFile.ListOf(bytes, signature.Shown);
        return RemoteArtifact.Folder(_request.Shown, [.. announced.Select(file => new RemoteArtifactFile(file.Name, FileAt(Below(address, file.Name)), file.Sha256))], bytes);
    }

    public void Dispose() => _http.Dispose();

    private HttpFile FileAt(Uri address) => new(_http, address, _request.Credentials?.Http, _time);

    // What looks like a query, or like an address of its own, is a name here.
    private static Uri Below(Uri folder, string name)
        => new(folder.GetLeftPart(UriPartial.Path) + string.Join('/', name.Split('/').Select(Uri.EscapeDataString)));
}
