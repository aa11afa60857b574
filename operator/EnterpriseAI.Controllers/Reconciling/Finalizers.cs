using System.Net;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Controllers;

/// <summary>Adds and removes finalizers so that two writers never undo each other.</summary>
/// <remarks>A finalizer is added before the first side effect, and the reconcile then ends (the change wakes it again); it is removed
/// only after cleaning up succeeded. Both are JSON patches that test what they change, and fail with a conflict when it is otherwise.</remarks>
public static class Finalizers
{
    const string Path = "/metadata/finalizers";

    /// <summary>Adds a finalizer. An object that has it already, or is being deleted, is returned as it is.</summary>
    /// <exception cref="KubernetesException">409 when the finalizers changed since <paramref name="obj"/> was read.</exception>
    public static async Task<T> AddAsync<T>(
        KubernetesClient client, ResourceType<T> type, T obj, string finalizer, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject
    {
        // The server forbids new finalizers once deletion has begun.
        if (obj.HasFinalizer(finalizer) || obj.IsDeleting)
            return obj;
        var present = obj.Metadata.Finalizers ?? [];
        var patch = present.Count == 0
            ? Patch.Json(JsonPatchOperation.TestAbsent(Path), JsonPatchOperation.Add(Path, [finalizer]))
            : Patch.Json(JsonPatchOperation.Test(Path, present), JsonPatchOperation.Add($"{Path}/-", finalizer));
        return await PatchAsync(client, type, obj, patch, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes a finalizer; nothing happens when the object does not have it or is gone.</summary>
    /// <exception cref="KubernetesException">409 when the finalizers changed since <paramref name="obj"/> was read.</exception>
    public static async Task RemoveAsync<T>(
        KubernetesClient client, ResourceType<T> type, T obj, string finalizer, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject
    {
        var index = (obj.Metadata.Finalizers ?? []).ToList().IndexOf(finalizer);
        if (index < 0)
            return;
        var patch = Patch.Json(JsonPatchOperation.Test($"{Path}/{index}", finalizer), JsonPatchOperation.Remove($"{Path}/{index}"));
        try
        {
            await PatchAsync(client, type, obj, patch, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            // Gone: what it guarded against cannot happen any more.
        }
    }

    static async Task<T> PatchAsync<T>(KubernetesClient client, ResourceType<T> type, T obj, Patch patch, CancellationToken cancellationToken)
        where T : class, IKubernetesObject
    {
        try
        {
            return await client.PatchAsync(type, obj.Metadata.Namespace, obj.Name, patch, null, null, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.StatusCode == HttpStatusCode.UnprocessableEntity)
        {
            // The server's answer to a failed test; to the caller it is a conflict like any other.
            throw new KubernetesException(
                HttpStatusCode.Conflict, e.Status with { Code = 409, Reason = "Conflict", Message = $"finalizers of {obj.Kind} {obj.Name} changed meanwhile" });
        }
    }
}
