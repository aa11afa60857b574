using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.Admission;

/// <summary><c>admission.k8s.io/v1</c> AdmissionReview, as far as the webhook reads and writes it.</summary>
public sealed record AdmissionReview<T> where T : class, IKubernetesObject
{
    public string ApiVersion { get; init; } = "admission.k8s.io/v1";

    public string Kind { get; init; } = "AdmissionReview";

    public AdmissionRequest<T>? Request { get; init; }

    public AdmissionResponse? Response { get; init; }
}

/// <summary>What the API server asks.</summary>
public sealed record AdmissionRequest<T> where T : class, IKubernetesObject
{
    /// <summary>Echoed in the response.</summary>
    public string Uid { get; init; } = "";

    /// <summary><c>CREATE</c> or <c>UPDATE</c>.</summary>
    public string Operation { get; init; } = "";

    public string? Namespace { get; init; }

    public string? Name { get; init; }

    public AdmissionUser UserInfo { get; init; } = new();

    public T? Object { get; init; }

    public T? OldObject { get; init; }
}

/// <summary>Who sends the request, as the API server authenticated it.</summary>
public sealed record AdmissionUser
{
    public string Username { get; init; } = "";

    public string? Uid { get; init; }

    public IReadOnlyList<string>? Groups { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Extra { get; init; }
}

/// <summary>What the webhook answers.</summary>
public sealed record AdmissionResponse
{
    public string Uid { get; init; } = "";

    public bool Allowed { get; init; }

    public AdmissionStatus? Status { get; init; }

    /// <summary>Base64 of a JSON patch.</summary>
    public byte[]? Patch { get; init; }

    public string? PatchType { get; init; }

    /// <param name="uid">The request's.</param>
    /// <param name="patch">What is to be changed before the object is stored.</param>
    public static AdmissionResponse Allow(string uid, IReadOnlyList<JsonObject> patch) => new()
    {
        Uid = uid,
        Allowed = true,
        Patch = patch.Count == 0 ? null : JsonPatch.ToBytes(patch),
        PatchType = patch.Count == 0 ? null : "JSONPatch",
    };

    /// <param name="uid">The request's.</param>
    /// <param name="code">HTTP status.</param>
    /// <param name="message">What <c>kubectl</c> prints.</param>
    public static AdmissionResponse Refuse(string uid, int code, string message) => new() { Uid = uid, Allowed = false, Status = new AdmissionStatus(code, message) };
}

/// <summary>Why a request was refused; <c>kubectl</c> prints the message.</summary>
public sealed record AdmissionStatus(int Code, string Message);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AdmissionReview<ModelVersion>), TypeInfoPropertyName = "ModelVersionReview")]
[JsonSerializable(typeof(AdmissionReview<TrainingJob>), TypeInfoPropertyName = "TrainingJobReview")]
internal sealed partial class AdmissionJson : JsonSerializerContext;
