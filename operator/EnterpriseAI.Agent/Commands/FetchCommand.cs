using System.CommandLine;
using EnterpriseAI.Agent.Fetching;

namespace EnterpriseAI.Agent.Commands;

/// <summary><c>agent fetch</c>.</summary>
internal static class FetchCommand
{
    public static Command Create(AgentHost host)
    {
        var from = Arguments.RequiredText(
            "--from", "URI", "file:///path of a file or folder (with its signature), http(s)://host/path of a file or http(s)://host/path/ of a signed folder, s3://bucket/key or s3://bucket/prefix/, oci://registry/repository@sha256:HEX.");
        var to = Arguments.RequiredText("--to", "PATH", "Where it is to lie. What lies there is replaced, unless it is right already.");
        var digest = Arguments.Digest("--digest", "What it must be; of a folder the OMS root digest. Lets a download be taken up again by the next container.");
        var maxBytes = Arguments.WholeNumber("--max-bytes", "Largest sum of all files.", 8L << 30, 1, 1L << 40);
        var retries = Arguments.WholeNumber("--retries", "Attempts after the first, with growing waits between them.", 5, 0, 100);
        var idleTimeout = Arguments.Duration("--idle-timeout", "The server must send something within this time. [default: 30s]");
        var connections = Arguments.WholeNumber("--connections", "Requests under way at once; large files come over several where the server can do that.", 4, 1, 64);
        var credentials = Arguments.Text("--credentials", "DIR", "Folder of a mounted secret with the files token, or username and password, or accessKey and secretKey (and sessionToken), or .dockerconfigjson.");
        var caFile = Arguments.Text("--ca-file", "FILE", "Certificates of the authorities to trust, PEM. Instead of the system's.");
        var s3Endpoint = Arguments.Text("--s3-endpoint", "URL", "Address of the S3 store. Default: Amazon's.");
        var s3Region = Arguments.Text("--s3-region", "REGION", "Region of the S3 store. Default: AWS_REGION, else us-east-1.");
        var s3PathStyle = Arguments.Flag("--s3-path-style", "Put the bucket into the path of the address, as most stores other than Amazon's need.");
        var plainHttp = Arguments.Flag("--plain-http", "Speak to the registry of an oci:// source without TLS; without this only to one on this machine.");
        var cache = Arguments.Text("--cache", "DIR", "The node's cache: the artifact is fetched into it unless it lies there, as DIR/sha256-HEX/NAME with the last name of --to; nothing is written to --to itself. Needs --digest.");
        var maxCacheBytes = CacheCommand.MaxCacheBytes();
        var terminationLog = TerminationLog.Option();
        var command = new Command("fetch", "Brings an artifact to a local path, whole or not at all, and checks its digest.")
        {
            from, to, digest, maxBytes, retries, idleTimeout, connections, credentials, caFile, s3Endpoint, s3Region, s3PathStyle, plainHttp, cache, maxCacheBytes, terminationLog,
        };
        command.SetAction((parsed, cancellationToken) => CommandRun.RunAsync(
            host,
            parsed.GetValue(terminationLog),
            AgentJson.Readable.FetchResult,
            async token =>
            {
                var request = new FetchRequest(FetchSource.Parse(parsed.GetRequiredValue(from)), parsed.GetRequiredValue(to), parsed.GetValue(digest))
                {
                    MaxBytes = parsed.GetValue(maxBytes),
                    Retries = (int)parsed.GetValue(retries),
                    IdleTimeout = parsed.GetValue(idleTimeout) ?? TimeSpan.FromSeconds(30),
                    Connections = (int)parsed.GetValue(connections),
                    Credentials = parsed.GetValue(credentials) is { } folder ? await SourceCredentials.LoadAsync(folder, token) : null,
                    CaFile = parsed.GetValue(caFile),
                    PlainHttp = parsed.GetValue(plainHttp),
                    S3 = new S3Store { Endpoint = Endpoint(parsed.GetValue(s3Endpoint)), Region = parsed.GetValue(s3Region), PathStyle = parsed.GetValue(s3PathStyle) },
                };
                return parsed.GetValue(cache) is { } cacheFolder
                    ? await new ArtifactCache(new CacheFolder(cacheFolder, host.Time), parsed.GetValue(maxCacheBytes), host).FetchAsync(request, token)
                    : await new ArtifactFetcher(host).FetchAsync(request, null, token);
            },
            cancellationToken));
        return command;
    }

    private static Uri? Endpoint(string? text) => text switch
    {
        null => null,
        _ when Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", Host.Length: > 0, UserInfo: "" } => uri,
        _ => throw AgentFailure.BadInput("InvalidArguments", "--s3-endpoint: not an address; give http(s)://host:port without a user"),
    };
}
