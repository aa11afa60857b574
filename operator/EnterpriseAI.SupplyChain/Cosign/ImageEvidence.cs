using System.Runtime.CompilerServices;
using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>Finds what a registry keeps about an image: signatures under its signature tag, and bundles that refer to it.</summary>
/// <remarks>
/// What is broken is an error only once its content is asked for, so that it does not hide what stands beside it. A registry that
/// fails is an error at once: it must not pass for one without signatures.
/// </remarks>
internal sealed class ImageEvidence(OciRegistry registry)
{
    private const string Annotation = "dev.sigstore.cosign/";
    private const string SignatureAnnotation = "dev.cosignproject.cosign/signature";
    private const string BundleType = "application/vnd.dev.sigstore.bundle";

    // Anybody can add signatures, and each costs requests and checks.
    private const int MaxCandidates = 64;

    /// <summary>The documents under the signature tag, with the layers whose annotations sign them.</summary>
    public async IAsyncEnumerable<(string Source, OciDescriptor Layer, Func<byte[]> Payload)> PayloadsAsync(OciResolved image, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var tag = $"{image.Descriptor.Digest.FallbackTag}.sig";
        var tagged = await FoundAsync(() => registry.FindManifestAsync(image.Reference.At(tag), cancellationToken)).ConfigureAwait(false);
        foreach (var layer in LayersOf(tagged).Take(MaxCandidates))
        {
            var payload = await FoundAsync(() => registry.GetBlobAsync(image.Reference, layer, ImagePayload.MaxBytes, cancellationToken)).ConfigureAwait(false);
            yield return (tag, layer, payload);
        }
    }

    /// <summary>The bundles that refer to the image.</summary>
    public async IAsyncEnumerable<(string Source, Func<byte[]> Bundle)> BundlesAsync(OciResolved image, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var referrers = await registry.GetReferrersAsync(image.Reference, image.Descriptor.Digest, cancellationToken).ConfigureAwait(false);
        foreach (var descriptor in referrers.Where(MayBeBundle).Take(MaxCandidates))
        {
            var referrer = await FoundAsync(() => registry.GetManifestAsync(image.Reference.At(descriptor.Digest), cancellationToken)).ConfigureAwait(false);
            if (BundleOf(referrer) is { } layer)
                yield return (descriptor.Digest.ToString(), await FoundAsync(() => registry.GetBlobAsync(image.Reference, layer, SigstoreBundle.MaxBytes, cancellationToken)).ConfigureAwait(false));
        }
    }

    /// <summary>The signature in a layer's annotations.</summary>
    public static SigstoreBundle BundleOf(OciDescriptor layer) => CosignBundle.Of(
        CosignBundle.Signature(layer.Annotations.GetValueOrDefault(SignatureAnnotation, ""), $"annotation {SignatureAnnotation}"),
        layer.Annotations.GetValueOrDefault(Annotation + "certificate"), layer.Annotations.GetValueOrDefault(Annotation + "chain"),
        Json(layer, "bundle"), Json(layer, "rfc3161timestamp"));

    private static ReadOnlyMemory<byte>? Json(OciDescriptor layer, string name) =>
        layer.Annotations.GetValueOrDefault(Annotation + name) is { Length: > 0 } text ? Encoding.UTF8.GetBytes(text) : (ReadOnlyMemory<byte>?)null;

    private static IEnumerable<OciDescriptor> LayersOf(Func<OciResolved?> tagged)
    {
        try
        {
            return (tagged()?.Manifest.Layers ?? []).Where(static layer => layer.MediaType == ImagePayload.MediaType);
        }
        catch (SupplyChainException)
        {
            // Something else was pushed under the tag.
            return [];
        }
    }

    private static OciDescriptor? BundleOf(Func<OciResolved> referrer)
    {
        try
        {
            var manifest = referrer().Manifest;
            return manifest.Layers is [{ } layer] && (IsBundle(manifest.ArtifactType) || IsBundle(manifest.Config?.MediaType) || IsBundle(layer.MediaType)) ? layer : null;
        }
        catch (SupplyChainException)
        {
            // The list names what is not there, or is no manifest.
            return null;
        }
    }

    // Registries do not agree on what stands in the list, so each manifest is asked for what it is, unless it is surely something else.
    private static bool MayBeBundle(OciDescriptor descriptor) =>
        descriptor.MediaType is OciManifest.ImageMediaType && (descriptor.ArtifactType is null or "" or OciManifest.EmptyMediaType || IsBundle(descriptor.ArtifactType));

    private static bool IsBundle(string? type) => type?.StartsWith(BundleType, StringComparison.Ordinal) is true;

    private static async Task<Func<T>> FoundAsync<T>(Func<Task<T>> get)
    {
        try
        {
            var found = await get().ConfigureAwait(false);
            return () => found;
        }
        catch (SupplyChainException e) when (e.Reason is not (SupplyChainReason.RegistryUnavailable or SupplyChainReason.RegistryDenied))
        {
            return () => throw e;
        }
    }
}
