using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.Admission;

/// <summary>
/// Serves the admission webhook: for model versions asks the API server for the user's rights and answers by
/// <see cref="ApprovalDecision"/>; training jobs get their <see cref="CreatorStamp"/>.
/// </summary>
public sealed partial class AdmissionWebhook(KubernetesClient client, OperatorIdentity identity, TimeProvider time, ILogger<AdmissionWebhook> logger)
{
    /// <summary>A model version with its card and evaluations is far smaller; the API server itself limits objects to about 1.5 MiB.</summary>
    public const long MaximumRequestBytes = 4 << 20;

    private const string ModelVersions = "/admission/modelversions";
    private const string TrainingJobs = "/admission/trainingjobs";

    /// <summary>Maps <c>POST /admission/modelversions</c> and <c>POST /admission/trainingjobs</c>.</summary>
    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost(ModelVersions, WebhookMetrics.Measured(ModelVersions, http => AnswerAsync(http, AdmissionJson.Default.ModelVersionReview, DecideAsync)));
        endpoints.MapPost(TrainingJobs, WebhookMetrics.Measured(TrainingJobs, http => AnswerAsync(http, AdmissionJson.Default.TrainingJobReview, StampAsync)));
    }

    private static Task<AdmissionResponse> StampAsync(AdmissionRequest<TrainingJob> request, CancellationToken cancellationToken) => Task.FromResult(CreatorStamp.Decide(request));

    private async Task<AdmissionResponse> DecideAsync(AdmissionRequest<ModelVersion> request, CancellationToken cancellationToken)
    {
        var mayApprove = ApprovalDecision.NeedsPermission(request) && await MayApproveAsync(request, cancellationToken);
        return ApprovalDecision.Decide(request, identity.User, mayApprove, time.GetUtcNow());
    }

    private async Task AnswerAsync<T>(HttpContext http, JsonTypeInfo<AdmissionReview<T>> reviewType, Func<AdmissionRequest<T>, CancellationToken, Task<AdmissionResponse>> decide)
        where T : class, IKubernetesObject
    {
        AdmissionRequest<T> request;
        AdmissionResponse response;
        try
        {
            using var document = await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
            (request, response) = await AdmissionReading.ReadAsync(document, reviewType, decide, http.RequestAborted);
        }
        catch (JsonException e)
        {
            await Results.Problem(statusCode: 400, detail: $"not an AdmissionReview: {e.Message}").ExecuteAsync(http);
            return;
        }

        if (!response.Allowed)
            Refused(logger, request.UserInfo.Username, request.Operation, http.Request.Path, request.Namespace, request.Name, response.Status!.Message);
        await http.Response.WriteAsJsonAsync(new AdmissionReview<T> { Response = response }, reviewType, cancellationToken: http.RequestAborted);
    }

    private async Task<bool> MayApproveAsync(AdmissionRequest<ModelVersion> request, CancellationToken cancellationToken)
    {
        var answer = await client.CreateAsync(
            CoreResources.SubjectAccessReviews,
            new V1SubjectAccessReview
            {
                Spec = new V1SubjectAccessReviewSpec
                {
                    User = request.UserInfo.Username,
                    Uid = request.UserInfo.Uid,
                    Groups = request.UserInfo.Groups,
                    Extra = request.UserInfo.Extra,
                    ResourceAttributes = new V1ResourceAttributes
                    {
                        Group = ApiResources.Group,
                        Resource = "modelversions",
                        Verb = "approve",
                        Namespace = request.Namespace,
                        Name = request.Name,
                    },
                },
            },
            cancellationToken: cancellationToken);
        return answer.Status?.Allowed is true;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Refused {Operation} at {Path} of {Namespace}/{Name} by {User}: {Reason}")]
    private static partial void Refused(ILogger logger, string user, string operation, string path, string? @namespace, string? name, string reason);
}
