using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.SupplyChain;

/// <summary>Names content in a registry.</summary>
/// <param name="MediaType">What the content is.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="Size">Its size in bytes.</param>
public sealed record OciDescriptor(string MediaType, OciDigest Digest, long Size)
{
    /// <summary>What kind of artifact a manifest is, as whoever wrote the list of it says.</summary>
    public string? ArtifactType { get; init; }

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>For which processor and system an image is; null if it does not say.</summary>
    public OciPlatform? Platform { get; init; }
}

/// <summary>A processor and a system.</summary>
public sealed record OciPlatform(string Architecture, string Os);

/// <summary>A manifest: an image or other artifact with its layers, or an index of further manifests.</summary>
public sealed record OciManifest
{
    /// <summary>Largest manifest that is read, in bytes: what the specification asks registries to take.</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>Of an image or another artifact.</summary>
    public const string ImageMediaType = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>Of a list of manifests.</summary>
    public const string IndexMediaType = "application/vnd.oci.image.index.v1+json";

    /// <summary>Of a config that says nothing.</summary>
    public const string EmptyMediaType = "application/vnd.oci.empty.v1+json";

    internal const string DockerImageMediaType = "application/vnd.docker.distribution.manifest.v2+json";
    internal const string DockerIndexMediaType = "application/vnd.docker.distribution.manifest.list.v2+json";

    public string MediaType { get; init; } = ImageMediaType;

    /// <summary>What kind of artifact it is; null for one that says it by its config.</summary>
    public string? ArtifactType { get; init; }

    /// <summary>Null for an index.</summary>
    public OciDescriptor? Config { get; init; }

    /// <summary>The contents, in order; empty for an index.</summary>
    public IReadOnlyList<OciDescriptor> Layers { get; init; } = [];

    /// <summary>The manifests of an index.</summary>
    public IReadOnlyList<OciDescriptor> Manifests { get; init; } = [];

    /// <summary>The manifest that this one is about; null if it is about none.</summary>
    public OciDescriptor? Subject { get; init; }

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    public bool IsIndex => MediaType is IndexMediaType or DockerIndexMediaType;

    /// <summary>Reads a manifest.</summary>
    /// <param name="json">The manifest.</param>
    /// <param name="contentType">What it was served as; null if that is not known.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <exception cref="SupplyChainException">It is malformed, or of a kind that is not known here.</exception>
    public static OciManifest Parse(ReadOnlySpan<byte> json, string? contentType = null, string name = "manifest") => OciManifestJson.Read(json, contentType, name);

    /// <summary>Writes the manifest. What is written twice is the same.</summary>
    public byte[] Serialize() => OciManifestJson.Write(this);
}

/// <summary>A manifest as a registry gave it, checked against its digest.</summary>
/// <param name="Reference">The reference by digest.</param>
/// <param name="Manifest">The manifest.</param>
/// <param name="Descriptor">Names it.</param>
/// <param name="Bytes">What the digest is of.</param>
public sealed record OciResolved(OciReference Reference, OciManifest Manifest, OciDescriptor Descriptor, ReadOnlyMemory<byte> Bytes);

internal sealed record ManifestJson(
    int? SchemaVersion = null, string? MediaType = null, string? ArtifactType = null, DescriptorJson? Config = null, IReadOnlyList<DescriptorJson>? Layers = null,
    IReadOnlyList<DescriptorJson>? Manifests = null, DescriptorJson? Subject = null, IReadOnlyDictionary<string, string>? Annotations = null);

internal sealed record DescriptorJson(
    string MediaType, string Digest, long Size, string? ArtifactType = null, IReadOnlyDictionary<string, string>? Annotations = null, PlatformJson? Platform = null);

internal sealed record PlatformJson(string? Architecture = null, string? Os = null);

/// <summary>The JSON of manifests.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 32)]
[JsonSerializable(typeof(ManifestJson))]
internal sealed partial class OciManifestJson : JsonSerializerContext
{
    private const int MaxDescriptors = 10_000;

    public static OciManifest Read(ReadOnlySpan<byte> bytes, string? contentType, string name)
    {
        if (bytes.Length > OciManifest.MaxBytes)
            throw Malformed(name, $"it is larger than {OciManifest.MaxBytes} bytes");
        try
        {
            var json = JsonSerializer.Deserialize(bytes, Default.ManifestJson) ?? throw Malformed(name, "it is null");
            var mediaType = MediaTypeOf(json, contentType, name);
            if (json.SchemaVersion is not 2)
                throw Malformed(name, $"its schemaVersion is '{json.SchemaVersion}', not 2");
            var isIndex = mediaType is OciManifest.IndexMediaType or OciManifest.DockerIndexMediaType;
            // A document that is both would be read as an image by some and as an index by others.
            if (isIndex ? json.Layers is not null || json.Config is not null : json.Manifests is not null)
                throw Malformed(name, "it has the fields of an image and of an index");
            if (isIndex ? json.Manifests is null : json.Layers is null || json.Config is null)
                throw Malformed(name, isIndex ? "it has no manifests" : "it has no config and layers");
            return new OciManifest
            {
                MediaType = mediaType,
                ArtifactType = json.ArtifactType,
                Config = json.Config is { } config ? Descriptor(config, name, "config") : null,
                Layers = Descriptors(json.Layers, name, "layers"),
                Manifests = Descriptors(json.Manifests, name, "manifests"),
                Subject = json.Subject is { } subject ? Descriptor(subject, name, "subject") : null,
                Annotations = Annotations(json.Annotations, name),
            };
        }
        // An escaped lone surrogate is found only when the text is made.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Malformed(name, e.Message, e);
        }
    }

    public static byte[] Write(OciManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(
        new ManifestJson(2, manifest.MediaType, manifest.ArtifactType, Json(manifest.Config), manifest.IsIndex ? null : [.. manifest.Layers.Select(Json)!],
            manifest.IsIndex ? [.. manifest.Manifests.Select(Json)!] : null, Json(manifest.Subject), Ordered(manifest.Annotations)),
        Default.ManifestJson);

    private static string MediaTypeOf(ManifestJson json, string? contentType, string name)
    {
        var served = contentType?.Split(';')[0].Trim();
        // Registries that do not know the kind serve it as this; then the manifest's own word counts.
        if (served is "" or "application/json" or "application/octet-stream" or "text/plain")
            served = null;
        if (json.MediaType is { } own && served is not null && own != served)
            throw Malformed(name, $"it says that it is '{own}' and was served as '{served}'");
        return (json.MediaType ?? served) switch
        {
            OciManifest.ImageMediaType or OciManifest.IndexMediaType or OciManifest.DockerImageMediaType or OciManifest.DockerIndexMediaType => (json.MediaType ?? served)!,
            // Early images of OCI did not say what they were.
            null when json.Layers is not null => OciManifest.ImageMediaType,
            null when json.Manifests is not null => OciManifest.IndexMediaType,
            var other => throw new SupplyChainException(SupplyChainReason.Unsupported, $"'{name}' is of the kind '{other}': an OCI or Docker version 2 image or index is needed"),
        };
    }

    private static IReadOnlyList<OciDescriptor> Descriptors(IReadOnlyList<DescriptorJson>? list, string name, string field)
    {
        if (list is null)
            return [];
        if (list.Count > MaxDescriptors)
            throw Malformed(name, $"it has more than {MaxDescriptors} {field}");
        return [.. list.Select((descriptor, index) => Descriptor(descriptor, name, $"{field}[{index}]"))];
    }

    private static OciDescriptor Descriptor(DescriptorJson? descriptor, string name, string field)
    {
        if (descriptor is null)
            throw Malformed(name, $"its {field} is null");
        if (!OciDigest.TryParse(descriptor.Digest, out var digest))
            throw Malformed(name, $"the digest '{descriptor.Digest}' of its {field} is not sha256 or sha512 in lower-case hexadecimal");
        if (descriptor.Size < 0)
            throw Malformed(name, $"the size of its {field} is negative");
        return new OciDescriptor(descriptor.MediaType, digest, descriptor.Size)
        {
            ArtifactType = descriptor.ArtifactType,
            Annotations = Annotations(descriptor.Annotations, name),
            Platform = descriptor.Platform is { Architecture: { } architecture, Os: { } os } ? new OciPlatform(architecture, os) : null,
        };
    }

    private static IReadOnlyDictionary<string, string> Annotations(IReadOnlyDictionary<string, string>? annotations, string name) =>
        annotations is null ? new Dictionary<string, string>()
        : annotations.Values.All(static value => value is not null) ? annotations : throw Malformed(name, "an annotation is null");

    private static DescriptorJson? Json(OciDescriptor? descriptor) => descriptor is null ? null : new DescriptorJson(
        descriptor.MediaType, descriptor.Digest.ToString(), descriptor.Size, descriptor.ArtifactType, Ordered(descriptor.Annotations),
        descriptor.Platform is { } platform ? new PlatformJson(platform.Architecture, platform.Os) : null);

    private static SortedDictionary<string, string>? Ordered(IReadOnlyDictionary<string, string> annotations) =>
        annotations.Count == 0 ? null : new SortedDictionary<string, string>(annotations.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);

    private static SupplyChainException Malformed(string name, string what, Exception? inner = null) =>
        new(SupplyChainReason.Malformed, $"'{name}' is not a manifest that can be used: {what}", inner);
}
