using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>A model's bytes.</summary>
public sealed record ModelArtifact
{
    /// <summary>Where the bytes are: pvc://claim/path, https://host/path, s3://bucket/key or oci://registry/repository@digest. A file or a folder with model.onnx.</summary>
    [Required, Pattern("^(pvc|https|s3|oci)://[^/]+/.+$"), MaxLength(2048)]
    public string Uri { get; init => field = value ?? ""; } = "";

    /// <summary>SHA-256 of the file, or root digest of the folder (OpenSSF model signing): "sha256:" and 64 hexadecimal digits.</summary>
    [Required, Pattern("^sha256:[0-9a-f]{64}$"), MaxLength(71)]
    public string Digest { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// Secret with the credentials for https, s3 or oci. Its keys: token, or username and password; for s3 accessKey, secretKey and
    /// sessionToken; for oci also .dockerconfigjson.
    /// </summary>
    public SecretReference? SecretRef { get; init; }

    /// <summary>ConfigMap and key with the certificates of the authorities to trust, as PEM. Left out: those that the operator's image trusts.</summary>
    public ConfigMapKeyReference? CaBundleRef { get; init; }

    /// <summary>Where the bucket of an s3 address is. Left out: at Amazon, in the region that the bucket's name leads to.</summary>
    public ObjectStore? S3 { get; init; }

    /// <summary>Format of the model.</summary>
    [Default(ModelFormat.Onnx)]
    public ModelFormat Format { get; set; } = ModelFormat.Onnx;
}

/// <summary>An S3-compatible object store.</summary>
public sealed record ObjectStore
{
    /// <summary>Address of the store, such as https://minio.storage.svc:9000.</summary>
    [Pattern("^https?://[^\\s]+$"), MaxLength(2048)]
    public string? Endpoint { get; init; }

    /// <summary>Region, such as eu-west-1.</summary>
    [Pattern("^[a-z0-9-]+$"), MaxLength(63)]
    public string? Region { get; init; }
}

/// <summary>Format of a model.</summary>
[JsonConverter(typeof(EnumNameConverter<ModelFormat>))]
public enum ModelFormat
{
    /// <summary>Open Neural Network Exchange.</summary>
    Onnx,
}
