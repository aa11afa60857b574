using System.Text.Json;
using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.Admission;

/// <summary>Serves the admission webhook for model versions: asks the API server for the user's rights, and answers by <see cref="ApprovalDecision"/>.</summary>
public sealed partial class ApprovalWebhook(KubernetesClient client, TimeProvider time, ILogger<ApprovalWebhook> logger)
{
    /// <summary>A model version with its card and evaluations is far smaller; the API server itself limits objects to about 1.5 MiB.</summary>
    public const long MaximumRequestBytes = 4 << 20;

    private const string Path = "/admission/modelversions";

    /// <summary>Maps <c>POST /admission/modelversions</c>.</summary>
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapPost(Path, WebhookMetrics.Measured(Path, HandleAsync));

    private async Task HandleAsync(HttpContext http)
    {
        AdmissionReview? review;
        try
        {
            review = await http.Request.ReadFromJsonAsync(AdmissionJson.Default.AdmissionReview, http.RequestAborted);
        }
        catch (JsonException e)
        {
            await Results.Problem(statusCode: 400, detail: $"not an AdmissionReview: {e.Message}").ExecuteAsync(http);
            return;
        }

        if (review?.Request is not { } request)
        {
            await Results.Problem(statusCode: 400, detail: "the AdmissionReview carries no request").ExecuteAsync(http);
            return;
        }

        var mayApprove = ApprovalDecision.NeedsPermission(request) && await MayApproveAsync(request, http.RequestAborted);
        var response = ApprovalDecision.Decide(request, mayApprove, time.GetUtcNow());
        if (!response.Allowed)
            Refused(logger, request.UserInfo.Username, request.Operation, request.Namespace, request.Name, response.Status!.Message);
        await http.Response.WriteAsJsonAsync(new AdmissionReview { Response = response }, AdmissionJson.Default.AdmissionReview, cancellationToken: http.RequestAborted);
    }

    private async Task<bool> MayApproveAsync(AdmissionRequest request, CancellationToken cancellationToken)
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

    [LoggerMessage(Level = LogLevel.Information, Message = "Refused {Operation} of modelversion {Namespace}/{Name} by {User}: {Reason}")]
    private static partial void Refused(ILogger logger, string user, string operation, string? @namespace, string? name, string reason);
}
