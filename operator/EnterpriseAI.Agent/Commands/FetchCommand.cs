using System.CommandLine;
using EnterpriseAI.Agent.Fetching;

namespace EnterpriseAI.Agent.Commands;

/// <summary><c>agent fetch</c>.</summary>
internal static class FetchCommand
{
    public static Command Create(AgentHost host)
    {
        var from = Arguments.RequiredText("--from", "URI", "file:///path of a file or folder (with its signature), or http(s)://host/path of one file.");
        var to = Arguments.RequiredText("--to", "PATH", "Where it is to lie. What lies there is replaced, unless it is right already.");
        var digest = Arguments.Digest("--digest", "What it must be; of a folder the OMS root digest. Lets a download be taken up again by the next container.");
        var maxBytes = Arguments.WholeNumber("--max-bytes", "Largest sum of all files.", 8L << 30, 1, 1L << 40);
        var retries = Arguments.WholeNumber("--retries", "Attempts after the first, with growing waits between them.", 5, 0, 100);
        var idleTimeout = Arguments.Duration("--idle-timeout", "The server must send something within this time. [default: 30s]");
        var terminationLog = TerminationLog.Option();
        var command = new Command("fetch", "Brings an artifact to a local path, whole or not at all, and checks its digest.")
        {
            from, to, digest, maxBytes, retries, idleTimeout, terminationLog,
        };
        command.SetAction((parsed, cancellationToken) => CommandRun.RunAsync(
            host,
            parsed.GetValue(terminationLog),
            AgentJson.Readable.FetchResult,
            async token =>
            {
                using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
                var request = new FetchRequest(FetchRequest.ParseSource(parsed.GetRequiredValue(from)), parsed.GetRequiredValue(to), parsed.GetValue(digest))
                {
                    MaxBytes = parsed.GetValue(maxBytes),
                    Retries = (int)parsed.GetValue(retries),
                    IdleTimeout = parsed.GetValue(idleTimeout) ?? TimeSpan.FromSeconds(30),
                };
                return await new ArtifactFetcher(http, host).FetchAsync(request, token);
            },
            cancellationToken));
        return command;
    }
}
