using System.Net;
using System.Text.Json;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Controllers;

/// <summary>Tells which failures of a watch need a new list.</summary>
internal static class InformerFailure
{
    /// <summary>False for a server that is away, busy, or cut the connection: the version is still good, and a list by everyone who
    /// comes back would keep the server down. True for what a watch from the same version would meet again.</summary>
    public static bool NeedsList(Exception failure) => failure switch
    {
        JsonException => true,
        KubernetesException e => e.IsGone || !(e.IsTooManyRequests || e.IsUnauthorized || e.StatusCode >= HttpStatusCode.InternalServerError),
        _ => false,
    };
}
