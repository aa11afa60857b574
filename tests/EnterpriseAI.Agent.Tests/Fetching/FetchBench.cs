using EnterpriseAI.Agent.Fetching;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Tests.Fetching;

/// <summary>What the tests of all sources need: a workspace, its requests and what was said.</summary>
internal sealed class FetchBench : IDisposable
{
    public Workspace Workspace { get; } = new();

    public StringWriter Said { get; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public string Target => Workspace.At("got");

    public byte[] Got => File.ReadAllBytes(Target);

    public FetchRequest Request(Uri from, ModelDigest? digest = null) => new(from, Target, digest)
    {
        Retries = 3,
        MaxBytes = 1 << 30,
        Backoff = TimeSpan.FromMilliseconds(1),
        ChunkBytes = 64 << 10,
    };

    public Task<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken = default)
        => new ArtifactFetcher(new AgentHost(Said, TextWriter.Null, _ => null, Time)).FetchAsync(request, null, cancellationToken);

    public Task<AgentFailure> FailureAsync(FetchRequest request) => Failure.OfAsync(() => FetchAsync(request));

    /// <summary>Nothing but these may lie in the workspace.</summary>
    public void AssertLeft(params string[] names)
        => Assert.That(Directory.GetFileSystemEntries(Workspace.At()).Select(Path.GetFileName), Is.EquivalentTo(names), "what lies there after the fetch");

    public void Dispose() => Workspace.Dispose();

    /// <summary>Bytes that differ at every position and by seed.</summary>
    public static byte[] Bytes(int count, int seed = 1)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
