using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EnterpriseAI.Audit;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.Reconciliation;

/// <summary>Applies plans, thinly and always in the same order: owned objects, the mark before the entries, audit entries, status, deletions, events.</summary>
/// <remarks>
/// Guarantees: no status shows a transition whose audit entry is not durable. A crash anywhere in between leads to the
/// same decision again, with the same audit ids, which the log records once. Events come last: losing one is harmless.
/// Caveat: an owned object may exist before its transition is in the log; it is visible as that object only.
/// </remarks>
public sealed class PlanApplier(KubernetesClient client, IAuditLog audit, EventRecorder events, OperatorIdentity identity, TimeProvider time)
{
    /// <summary>Server-side apply's owner of every field that the operator writes.</summary>
    public const string FieldManager = "enterpriseai-operator";

    /// <returns>The resource as the API server returned it after the status was written, or null when the status was right already.</returns>
    /// <exception cref="AuditUnavailableException">The audit log did not take an entry: nothing that follows was done.</exception>
    public async Task<TResource?> ApplyAsync<TResource, TStatus>(
        ResourceType<TResource> type, TResource resource, TStatus? present, Plan<TStatus> plan, JsonTypeInfo<TStatus> statusType, CancellationToken cancellationToken)
        where TResource : class, IKubernetesObject
        where TStatus : class
    {
        foreach (var desired in plan.Apply)
            await desired.ApplyAsync(client, FieldManager, cancellationToken);

        if (plan.Before is { } before && await WriteStatusAsync(type, resource, present, before, statusType, cancellationToken) is { } marked)
            (resource, present) = (marked, before);

        foreach (var transition in plan.Transitions)
            await audit.AppendAsync(transition.ToAuditEvent(resource, identity.User, time.GetUtcNow()), cancellationToken);

        var written = await WriteStatusAsync(type, resource, present, plan.Status, statusType, cancellationToken);

        foreach (var deletion in plan.Delete)
            await deletion.DeleteAsync(client, cancellationToken);

        foreach (var transition in plan.Transitions)
        {
            if (transition.IsWarning)
                events.Warning(resource, transition.Action, "Reconcile", transition.Message);
            else
                events.Normal(resource, transition.Action, "Reconcile", transition.Message);
        }
        return written;
    }

    /// <summary>Replaces the status as a whole, at the version that was decided on; a conflict means another decision is due.</summary>
    public async Task<TResource?> WriteStatusAsync<TResource, TStatus>(
        ResourceType<TResource> type, TResource resource, TStatus? present, TStatus status, JsonTypeInfo<TStatus> statusType, CancellationToken cancellationToken)
        where TResource : class, IKubernetesObject
        where TStatus : class
    {
        var wanted = JsonSerializer.SerializeToElement(status, statusType);
        if (present is not null && JsonElement.DeepEquals(wanted, JsonSerializer.SerializeToElement(present, statusType)))
            return null;
        // A resourceVersion inside a patch is a precondition: the server answers 409 when the object has moved on.
        var patch = Patch.Json(
            JsonPatchOperation.Replace("/metadata/resourceVersion", resource.Metadata.ResourceVersion ?? ""),
            JsonPatchOperation.Add("/status", wanted));
        return await client.PatchAsync(
            type, resource.Metadata.Namespace, resource.Metadata.Name!, patch, "status", new WriteOptions { FieldManager = FieldManager }, cancellationToken);
    }
}

/// <summary>Under which name the operator's own acts stand in the audit log.</summary>
/// <param name="User">As the API server knows it: <c>system:serviceaccount:NAMESPACE:NAME</c>.</param>
public sealed record OperatorIdentity(string User);
