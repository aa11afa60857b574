using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Brings a folder the signature that its source has now.</summary>
/// <remarks>
/// The digest leaves the signature out, so a folder with the right digest may have an old one, say by a key that is no longer
/// trusted. Without this it would be refused for ever. A source that does not answer at once changes nothing.
/// </remarks>
internal sealed class SignatureRefresh(AgentHost host, FetchRequest request)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task RunAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, ArtifactPaths.SignatureFile);
        byte[]? signature;
        try
        {
            signature = await SignatureAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is AgentFailure or SupplyChainException)
        {
            host.Say($"the signature of {request.Shown} was not asked for anew: {exception.Message}");
            return;
        }

        if (signature is null || (File.Exists(path) && (await File.ReadAllBytesAsync(path, cancellationToken)).AsSpan().SequenceEqual(signature)))
        {
            return;
        }

        // Beside the folder: what lies in it belongs to the artifact.
        var temporary = Path.Combine(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder))!, $".{Guid.NewGuid():N}");
        await File.WriteAllBytesAsync(temporary, signature, cancellationToken);
        CachePermissions.ProtectFile(temporary);
        File.Move(temporary, path, overwrite: true);
        host.Say($"{request.Shown} has another signature now, which was fetched");
    }

    private async Task<byte[]?> SignatureAsync(CancellationToken cancellationToken)
    {
        if (request.From.IsFile)
        {
            var file = Path.Combine(request.From.LocalPath, ArtifactPaths.SignatureFile);
            return File.Exists(file) ? await File.ReadAllBytesAsync(file, cancellationToken) : null;
        }

        var hasty = request with { Retries = 0, IdleTimeout = Patience < request.IdleTimeout ? Patience : request.IdleTimeout };
        using var source = ArtifactSources.Open(hasty, host);
        using var transfer = new Transfer(host, hasty, new ByteBudget(request.MaxBytes, request.Shown));
        return source.Signature is { } signature ? await transfer.ReadAllAsync(signature, (int)ArtifactLimits.Default.MaxSignatureBytes, cancellationToken) : null;
    }
}
