using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>A layer of an artifact in a registry.</summary>
internal sealed class OciFile(OciRegistry registry, OciReference repository, OciDescriptor layer, string shown) : IRemoteFile
{
    public string Shown => shown;

    public async Task<RemoteBody> OpenAsync(RemoteRange range, CancellationToken cancellationToken)
    {
        if (range.From > layer.Size)
        {
            throw new RemoteTrouble(RemoteTroubleKind.NoSuchRange, "more has come than the registry has");
        }

        var count = Math.Min(range.Count ?? long.MaxValue, layer.Size - range.From);
        var stream = await OciErrors.TranslateAsync(shown, () => registry.OpenBlobAsync(repository, layer, range.From, count, cancellationToken));

        // A layer is named by its digest, so it is the same whenever it is asked for.
        return new RemoteBody(stream, stream) { IsPart = true, Offset = range.From, Announced = count, Total = layer.Size, Version = layer.Digest.ToString() };
    }
}
