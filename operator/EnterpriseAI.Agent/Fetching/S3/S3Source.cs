using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>An artifact of an S3 store: an object, or, when the address ends in a slash, all objects whose keys begin so.</summary>
internal sealed class S3Source : IArtifactSource
{
    // Signing needs some region; other stores than Amazon's mostly take this one.
    private const string AnyRegion = "us-east-1";
    private readonly AmazonS3Client _client;
    private readonly FetchRequest _request;
    private readonly string _bucket;
    private readonly string _key;

    /// <exception cref="AgentFailure">The address has no key, or the credentials are of another kind.</exception>
    public S3Source(FetchRequest request, Func<string, string?> environment)
    {
        // Read as it was given: a key may hold what a URI must escape.
        var rest = request.From.OriginalString["s3://".Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        (_bucket, _key) = slash > 0 ? (rest[..slash], rest[(slash + 1)..]) : (rest, string.Empty);
        if (_key.Length == 0)
        {
            throw AgentFailure.BadInput("InvalidSource", $"--from: '{request.From.OriginalString}' has no key; give s3://bucket/key of an object, or s3://bucket/prefix/ of a folder");
        }

        if (request.Credentials is { S3: null })
        {
            throw AgentFailure.BadInput("InvalidCredentials", $"--credentials: {request.Shown} needs files named accessKey and secretKey");
        }

        _request = request;
        var config = new AmazonS3Config
        {
            // Attempts are counted and spaced here, as for any other source.
            MaxErrorRetry = 0,
            Timeout = Timeout.InfiniteTimeSpan,
            ForcePathStyle = request.S3.PathStyle,
            HttpClientFactory = new S3HttpClients(request),

            // Whole objects only have a checksum, and the digest is checked anyway.
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
        };
        var region = request.S3.Region ?? environment("AWS_REGION") ?? environment("AWS_DEFAULT_REGION") ?? AnyRegion;
        if (request.S3.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.AbsoluteUri;
            config.AuthenticationRegion = region;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }

        _client = request.Credentials?.S3 switch
        {
            ({ } accessKey, { } secretKey, { } sessionToken) => new AmazonS3Client(new SessionAWSCredentials(accessKey, secretKey, sessionToken), config),
            ({ } accessKey, { } secretKey, null) => new AmazonS3Client(new BasicAWSCredentials(accessKey, secretKey), config),
            _ => new AmazonS3Client(config),
        };
    }

    public IRemoteFile? Signature => _key.EndsWith('/') ? new S3File(_client, _bucket, _key + SupplyChain.ArtifactPaths.SignatureFile) : null;

    public async Task<RemoteArtifact> ListAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        if (!_key.EndsWith('/'))
        {
            return RemoteArtifact.Of(new S3File(_client, _bucket, _key));
        }

        var files = new List<RemoteArtifactFile>();
        for (string? next = null; ;)
        {
            var request = new ListObjectsV2Request { BucketName = _bucket, Prefix = _key, ContinuationToken = next };
            var page = await transfer.AskAsync(token => S3Errors.TranslateAsync(_request.Shown, () => _client.ListObjectsV2Async(request, token)), cancellationToken);

            // Consoles make empty objects with a slash at the end to show a folder.
            files.AddRange((page.S3Objects ?? []).Where(static item => !item.Key.EndsWith('/'))
                .Select(item => new RemoteArtifactFile(item.Key[_key.Length..], new S3File(_client, _bucket, item.Key), Bytes: item.Size)));
            if (page.IsTruncated != true || files.Count > SupplyChain.ArtifactLimits.Default.MaxFiles)
            {
                return RemoteArtifact.Folder(_request.Shown, files);
            }

            next = page.NextContinuationToken;
        }
    }

    public void Dispose() => _client.Dispose();

    private sealed class S3HttpClients(FetchRequest request) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new UntaggedWholes(HttpConnections.Create(request))) { Timeout = Timeout.InfiniteTimeSpan };

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;
    }

    // The client takes the tag of a whole object for its MD5 and fails where it is none, which some stores never promised. Only parts need the tag.
    private sealed class UntaggedWholes(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (request.Headers.Range is null)
            {
                response.Headers.Remove("ETag");
            }

            return response;
        }
    }
}
