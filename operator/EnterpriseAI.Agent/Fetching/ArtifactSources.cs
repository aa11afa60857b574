namespace EnterpriseAI.Agent.Fetching;

/// <summary>Opens the source that an address is of.</summary>
internal static class ArtifactSources
{
    /// <exception cref="AgentFailure">The address or the credentials do not do for the source.</exception>
    public static IArtifactSource Open(FetchRequest request, AgentHost host) => request.From.Scheme switch
    {
        "s3" => new S3Source(request, host.Environment),
        "oci" => new OciSource(request, host.Time),
        _ => new HttpSource(request, host.Time),
    };
}
