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

    /// <summary>Format of the model.</summary>
    [Default(ModelFormat.Onnx)]
    public ModelFormat Format { get; set; } = ModelFormat.Onnx;
}

/// <summary>Format of a model.</summary>
[JsonConverter(typeof(EnumNameConverter<ModelFormat>))]
public enum ModelFormat
{
    /// <summary>Open Neural Network Exchange.</summary>
    Onnx,
}
