using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>Pulls from and pushes to registries of the OCI distribution specification, and Docker's registries of version 2.</summary>
/// <remarks>
/// Guarantees: whatever is asked for by digest is checked against it before it is handed out, except by <see cref="OpenBlobAsync"/>; nothing
/// that a registry sends is read beyond a bound; credentials are shown to the registry and the token service that it names, and to nobody
/// that it redirects to. Safe for use by several threads at once.
/// </remarks>
public sealed class OciRegistry
{
    private const int BufferBytes = 256 << 10;
    private const int MaxPages = 100;
    private const int MaxReferrers = 1000;

    private static readonly string[] ManifestTypes =
        [OciManifest.ImageMediaType, OciManifest.IndexMediaType, OciManifest.DockerImageMediaType, OciManifest.DockerIndexMediaType];

    private readonly RegistryTransport _transport;

    /// <param name="http">Must not follow redirections by itself: <see cref="CreateHttpClient"/> makes one that does not.</param>
    /// <param name="options">How to speak to registries; <see cref="OciRegistryOptions.Default"/> if left out.</param>
    public OciRegistry(HttpClient http, OciRegistryOptions? options = null) => _transport = new RegistryTransport(http, options ?? OciRegistryOptions.Default);

    /// <summary>A client that leaves redirections and time limits to this class. The caller disposes it.</summary>
    public static HttpClient CreateHttpClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(15),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Gets a manifest by the reference's digest, or else by its tag, or else by the tag <c>latest</c>.</summary>
    /// <exception cref="SupplyChainException">It is not there, is not what the digest says, or is no manifest.</exception>
    public async Task<OciResolved> GetManifestAsync(OciReference reference, CancellationToken cancellationToken = default) =>
        await FindManifestAsync(reference, cancellationToken).ConfigureAwait(false)
        ?? throw new SupplyChainException(SupplyChainReason.ArtifactNotFound, $"'{reference}' is not in the registry: push it, or give another tag or digest");

    /// <summary>As <see cref="GetManifestAsync"/>; null when the registry has none of that name.</summary>
    /// <exception cref="SupplyChainException">It is not what the digest says, or is no manifest.</exception>
    public async Task<OciResolved?> FindManifestAsync(OciReference reference, CancellationToken cancellationToken = default)
    {
        var request = new RegistryRequest(HttpMethod.Get, _transport.Address(reference, $"manifests/{reference.ManifestName}"), reference) { Accept = ManifestTypes };
        using var response = await _transport.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is HttpStatusCode.NotFound)
            return null;
        await EnsureAsync(response, HttpStatusCode.OK, reference.ToString(), cancellationToken).ConfigureAwait(false);
        var bytes = await _transport.ReadAsync(response, OciManifest.MaxBytes, $"the manifest of '{reference}'", cancellationToken).ConfigureAwait(false);
        var digest = reference.Digest ?? OciDigest.Of(bytes);
        if (!digest.IsOf(bytes))
            throw new SupplyChainException(SupplyChainReason.DigestMismatch, $"the registry sends another manifest for '{reference}': its digest is {OciDigest.Of(bytes)}");
        // A registry that disagrees with itself has a fault, or somebody in between.
        if (response.Headers.TryGetValues("Docker-Content-Digest", out var said) && OciDigest.TryParse(said.FirstOrDefault(), out var named) && !named.IsOf(bytes))
            throw new SupplyChainException(SupplyChainReason.DigestMismatch, $"the registry says that '{reference}' has digest {named}, but sends {OciDigest.Of(bytes)}");
        var manifest = OciManifest.Parse(bytes, response.Content.Headers.ContentType?.ToString(), reference.ToString());
        return new OciResolved(reference with { Digest = digest }, manifest,
            new OciDescriptor(manifest.MediaType, digest, bytes.Length) { ArtifactType = manifest.ArtifactType }, bytes);
    }

    /// <summary>Gets a small blob into memory.</summary>
    /// <exception cref="SupplyChainException">It is not there, is larger than allowed, or is not what its descriptor says.</exception>
    public async Task<byte[]> GetBlobAsync(OciReference repository, OciDescriptor blob, int maxBytes, CancellationToken cancellationToken = default)
    {
        if (blob.Size > maxBytes)
            throw new SupplyChainException(SupplyChainReason.ArtifactTooLarge, $"{Name(repository, blob)} is larger than the {maxBytes} bytes that are allowed here");
        using var memory = new MemoryStream();
        await DownloadBlobAsync(repository, blob, memory, cancellationToken).ConfigureAwait(false);
        return memory.ToArray();
    }

    /// <summary>Downloads a blob, going on where <paramref name="destination"/> ends.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="blob">What to download.</param>
    /// <param name="destination">Can seek, read and write. What it holds already counts as the beginning of the blob, and is checked as such.</param>
    /// <param name="cancellationToken">Ends the download; what has arrived stays, to go on from.</param>
    /// <exception cref="SupplyChainException">It is not there or not what its descriptor says: then <paramref name="destination"/> is emptied.
    /// Or the registry goes on failing: then what has arrived stays.</exception>
    public async Task DownloadBlobAsync(OciReference repository, OciDescriptor blob, Stream destination, CancellationToken cancellationToken = default)
    {
        if (blob.Size > _transport.Options.MaxBlobBytes)
            throw new SupplyChainException(SupplyChainReason.ArtifactTooLarge, $"{Name(repository, blob)} is larger than the {_transport.Options.MaxBlobBytes} bytes that are allowed here");
        using var hash = IncrementalHash.CreateHash(blob.Digest.Hash);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            if (destination.Length > blob.Size)
                destination.SetLength(0);
            destination.Position = 0;
            for (int count; (count = await destination.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
                hash.AppendData(buffer, 0, count);
            await ContinueAsync(repository, blob, destination, hash, buffer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        if (OciDigest.OfHash(blob.Digest.Algorithm, hash.GetHashAndReset()) != blob.Digest)
        {
            destination.SetLength(0);
            throw new SupplyChainException(SupplyChainReason.DigestMismatch, $"{Name(repository, blob)} has another digest: what the registry sends is not what the manifest names");
        }
    }

    /// <summary>Opens a part of a blob, to read it in parallel or by another means. Nothing of it is checked: the caller must compare the digest of the whole.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="blob">The blob.</param>
    /// <param name="offset">Where the part begins.</param>
    /// <param name="length">Its length; to the end if null.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    /// <returns>A stream of exactly that length. It throws <see cref="IOException"/> when the registry sends less or falls silent.</returns>
    /// <exception cref="SupplyChainException">It is not there, or the registry goes on failing.</exception>
    public async Task<Stream> OpenBlobAsync(OciReference repository, OciDescriptor blob, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
    {
        var count = length ?? blob.Size - offset;
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, blob.Size - offset);
        if (count == 0)
            return Stream.Null;
        var isPart = count < blob.Size;
        var request = new RegistryRequest(HttpMethod.Get, _transport.Address(repository, $"blobs/{blob.Digest}"), repository) { Range = isPart ? (offset, offset + count - 1) : null };
        var response = await _transport.SendAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            var name = Name(repository, blob);
            if (response.StatusCode is HttpStatusCode.PartialContent && isPart)
            {
                if (response.Content.Headers.ContentRange?.From != offset)
                    throw RegistryTransport.Unavailable($"{name}: the registry sends another part than the one from byte {offset}");
                return await BlobStream.OpenAsync(response, 0, count, name, _transport.Options, cancellationToken).ConfigureAwait(false);
            }
            await EnsureAsync(response, HttpStatusCode.OK, name, cancellationToken).ConfigureAwait(false);
            if (response.Content.Headers.ContentLength is { } sent && sent != blob.Size)
                throw new SupplyChainException(SupplyChainReason.DigestMismatch, $"{name} has {blob.Size} bytes, and the registry sends {sent}");
            return await BlobStream.OpenAsync(response, offset, count, name, _transport.Options, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Lists what refers to a manifest: its signatures, attestations and the like. Empty when nothing does.</summary>
    /// <remarks>
    /// Anybody who may push can add to the list, and registries differ in what they put into its descriptors: read the manifests, and believe
    /// what they say only once it is verified. Registries without the list keep it under <see cref="OciDigest.FallbackTag"/>.
    /// </remarks>
    /// <exception cref="SupplyChainException">The registry goes on failing, or the list is malformed.</exception>
    public async Task<IReadOnlyList<OciDescriptor>> GetReferrersAsync(OciReference repository, OciDigest subject, CancellationToken cancellationToken = default)
    {
        var referrers = new List<OciDescriptor>();
        var first = _transport.Address(repository, $"referrers/{subject}");
        var next = first;
        for (var page = 0; next is not null; page++)
        {
            if (page == MaxPages || referrers.Count > MaxReferrers)
                throw new SupplyChainException(SupplyChainReason.ArtifactTooLarge, $"more than {MaxReferrers} manifests, or {MaxPages} pages of them, refer to {subject} in {repository.Registry}/{repository.Repository}");
            using var response = await _transport.SendAsync(new RegistryRequest(HttpMethod.Get, next, repository) { Accept = [OciManifest.IndexMediaType] }, cancellationToken).ConfigureAwait(false);
            // What is not a list comes from a registry, or a proxy, that does not know the address.
            if (page == 0 && (response.StatusCode is HttpStatusCode.NotFound || (response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType != OciManifest.IndexMediaType)))
                return (await FindManifestAsync(repository.At(subject.FallbackTag), cancellationToken).ConfigureAwait(false))?.Manifest.Manifests ?? [];
            var name = $"the list of what refers to {subject}";
            await EnsureAsync(response, HttpStatusCode.OK, name, cancellationToken).ConfigureAwait(false);
            var bytes = await _transport.ReadAsync(response, OciManifest.MaxBytes, name, cancellationToken).ConfigureAwait(false);
            referrers.AddRange(OciManifest.Parse(bytes, response.Content.Headers.ContentType?.ToString(), name).Manifests);
            next = Next(response, next);
            if (next is not null && !RegistryTransport.IsSameOrigin(next, first))
                throw RegistryTransport.Unavailable($"{name} goes on at {next.Host}, which is another registry");
        }
        return referrers;
    }

    /// <summary>Pushes a small blob, unless it is there.</summary>
    /// <exception cref="SupplyChainException">The registry does not take it.</exception>
    public async Task<OciDescriptor> PushBlobAsync(OciReference repository, ReadOnlyMemory<byte> content, string mediaType, CancellationToken cancellationToken = default)
    {
        var blob = new OciDescriptor(mediaType, OciDigest.Of(content.Span), content.Length);
        await PushBlobAsync(repository, blob, () => new ReadOnlyMemoryContent(content), cancellationToken).ConfigureAwait(false);
        return blob;
    }

    /// <summary>Pushes a blob of any size, unless it is there.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="blob">Its digest and size, which the registry checks.</param>
    /// <param name="open">Opens the content, once for each attempt.</param>
    /// <param name="cancellationToken">Ends the upload.</param>
    /// <exception cref="SupplyChainException">The registry does not take it.</exception>
    public Task PushBlobAsync(OciReference repository, OciDescriptor blob, Func<Stream> open, CancellationToken cancellationToken = default) =>
        PushBlobAsync(repository, blob, () => new StreamContent(open(), BufferBytes) { Headers = { ContentLength = blob.Size } }, cancellationToken);

    /// <summary>Pushes a manifest under the reference's tag, or by its digest when it has none. What it names must be there already.</summary>
    /// <returns>Names what was pushed.</returns>
    /// <remarks>
    /// A manifest with a subject is also entered in the subject's list, where the registry does not do that itself. Two who do so at once for
    /// the same subject can lose one of the entries: the protocol has no way to tell.
    /// </remarks>
    /// <exception cref="SupplyChainException">The registry does not take it.</exception>
    public async Task<OciDescriptor> PushManifestAsync(OciReference repository, OciManifest manifest, CancellationToken cancellationToken = default)
    {
        var bytes = manifest.Serialize();
        var pushed = new OciDescriptor(manifest.MediaType, OciDigest.Of(bytes), bytes.Length) { ArtifactType = manifest.ArtifactType ?? manifest.Config?.MediaType, Annotations = manifest.Annotations };
        var target = repository.Tag is { } tag ? repository.At(tag) : repository.At(pushed.Digest);
        using var response = await _transport.SendAsync(new RegistryRequest(HttpMethod.Put, _transport.Address(target, $"manifests/{target.ManifestName}"), target)
        {
            Writes = true,
            Body = () => new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(manifest.MediaType) } },
        }, cancellationToken).ConfigureAwait(false);
        await EnsureAsync(response, HttpStatusCode.Created, target.ToString(), cancellationToken).ConfigureAwait(false);
        if (manifest.Subject is { } subject && !response.Headers.Contains("OCI-Subject"))
            await EnterAsync(repository, subject.Digest, pushed, cancellationToken).ConfigureAwait(false);
        return pushed;
    }

    private async Task EnterAsync(OciReference repository, OciDigest subject, OciDescriptor referrer, CancellationToken cancellationToken)
    {
        var list = repository.At(subject.FallbackTag);
        var known = (await FindManifestAsync(list, cancellationToken).ConfigureAwait(false))?.Manifest.Manifests ?? [];
        if (known.All(manifest => manifest.Digest != referrer.Digest))
            await PushManifestAsync(list, new OciManifest { MediaType = OciManifest.IndexMediaType, Manifests = [.. known, referrer] }, cancellationToken).ConfigureAwait(false);
    }

    private async Task PushBlobAsync(OciReference repository, OciDescriptor blob, Func<HttpContent> content, CancellationToken cancellationToken)
    {
        var name = Name(repository, blob);
        using (var there = await _transport.SendAsync(new RegistryRequest(HttpMethod.Head, _transport.Address(repository, $"blobs/{blob.Digest}"), repository) { Writes = true }, cancellationToken).ConfigureAwait(false))
            if (there.StatusCode is HttpStatusCode.OK)
                return;
        var begin = new RegistryRequest(HttpMethod.Post, _transport.Address(repository, "blobs/uploads/"), repository) { Writes = true };
        using var begun = await _transport.SendAsync(begin, cancellationToken).ConfigureAwait(false);
        await EnsureAsync(begun, HttpStatusCode.Accepted, name, cancellationToken).ConfigureAwait(false);
        var place = begun.Headers.Location is { } location ? new Uri(begin.Uri, location) : throw RegistryTransport.Unavailable($"{name}: the registry does not say where to upload it");
        // The content goes where the registry says, the credentials only to the registry.
        RegistryTransport.CheckScheme(place, begin);
        var put = new RegistryRequest(HttpMethod.Put, new UriBuilder(place) { Query = $"{place.Query.TrimStart('?')}&digest={Uri.EscapeDataString(blob.Digest.ToString())}".TrimStart('&') }.Uri, repository)
        {
            Writes = true,
            IsUpload = true,
            Body = () =>
            {
                var body = content();
                body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                return body;
            },
        };
        using var done = await (RegistryTransport.IsSameOrigin(place, begin.Uri)
            ? _transport.SendAsync(put, cancellationToken)
            : _transport.SendAsync(put, null, cancellationToken)).ConfigureAwait(false);
        await EnsureAsync(done, HttpStatusCode.Created, name, cancellationToken).ConfigureAwait(false);
    }

    private async Task ContinueAsync(OciReference repository, OciDescriptor blob, Stream destination, IncrementalHash hash, byte[] buffer, CancellationToken cancellationToken)
    {
        var failures = 0;
        while (destination.Length < blob.Size)
        {
            var before = destination.Length;
            try
            {
                await using var body = await OpenBlobAsync(repository, blob, destination.Length, null, cancellationToken).ConfigureAwait(false);
                for (int count; (count = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
                {
                    await destination.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                    hash.AppendData(buffer, 0, count);
                }
            }
            catch (BrokenOffException e)
            {
                // As long as each attempt brings something, the end comes nearer.
                failures = destination.Length > before ? 1 : failures + 1;
                if (failures >= _transport.Options.Attempts)
                    throw RegistryTransport.Unavailable($"{e.Message}, {failures} times without a byte more", e);
            }
        }
    }

    private async Task EnsureAsync(HttpResponseMessage response, HttpStatusCode expected, string what, CancellationToken cancellationToken)
    {
        if (response.StatusCode != expected)
            throw await _transport.RefusedAsync(response, what, cancellationToken).ConfigureAwait(false);
    }

    private static Uri? Next(HttpResponseMessage response, Uri page)
    {
        if (!response.Headers.TryGetValues("Link", out var links))
            return null;
        foreach (var link in links.SelectMany(static value => value.Split(',')))
        {
            var (start, end) = (link.IndexOf('<'), link.IndexOf('>'));
            if (start >= 0 && end > start && link.AsSpan(end).Contains("rel=\"next\"", StringComparison.OrdinalIgnoreCase))
                return Uri.TryCreate(page, link[(start + 1)..end], out var next) ? next : null;
        }
        return null;
    }

    private static string Name(OciReference repository, OciDescriptor blob) => $"the blob {blob.Digest} of {repository.Registry}/{repository.Repository}";
}
