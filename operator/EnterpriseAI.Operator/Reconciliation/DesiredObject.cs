using System.Text.Json;
using System.Text.Json.Nodes;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.Reconciliation;

/// <summary>An owned object as a plan wants it.</summary>
public abstract record DesiredObject
{
    /// <summary>
    /// Brings <paramref name="obj"/> to this state by server-side apply. What <paramref name="live"/> already has is not sent again.
    /// </summary>
    /// <param name="type">Where such objects are served.</param>
    /// <param name="obj">Only the fields this operator owns, with metadata name, namespace, labels and owner.</param>
    /// <param name="live">The object as observed, or null when there is none.</param>
    public static DesiredObject Of<T>(ResourceType<T> type, T obj, T? live) where T : class, IKubernetesObject =>
        new DesiredObject<T>(type, obj, live, CreateOnly: false);

    /// <summary>Creates the object when there is none, and never changes it afterwards: for pods, and for what people own after.</summary>
    public static DesiredObject Once<T>(ResourceType<T> type, T obj, T? live) where T : class, IKubernetesObject =>
        new DesiredObject<T>(type, obj, live, CreateOnly: true);

    /// <summary>For tests and messages: kind, namespace and name.</summary>
    public abstract IKubernetesObject Object { get; }

    internal abstract Task ApplyAsync(KubernetesClient client, string fieldManager, CancellationToken cancellationToken);
}

/// <inheritdoc/>
public sealed record DesiredObject<T>(ResourceType<T> Type, T Desired, T? Live, bool CreateOnly) : DesiredObject
    where T : class, IKubernetesObject
{
    /// <inheritdoc/>
    public override IKubernetesObject Object => Desired;

    internal override async Task ApplyAsync(KubernetesClient client, string fieldManager, CancellationToken cancellationToken)
    {
        if (CreateOnly)
        {
            if (Live is not null)
                return;
            try
            {
                await client.CreateAsync(Type, Desired, new WriteOptions { FieldManager = fieldManager }, cancellationToken);
            }
            catch (KubernetesException e) when (e.IsAlreadyExists)
            {
                // The cache had not seen it yet, or another attempt of ours was faster: the name is deterministic, so it is the same object.
            }
            return;
        }

        if (Live is not null && IsAlreadySo())
            return;
        await client.ApplyAsync(Type, Desired, fieldManager, cancellationToken: cancellationToken);
    }

    private bool IsAlreadySo() =>
        JsonSerializer.SerializeToNode(Desired, Type.TypeInfo) is { } desired
        && JsonSerializer.SerializeToNode(Live!, Type.TypeInfo) is { } live
        && JsonSubset.Holds(desired, live);
}

/// <summary>An object to delete.</summary>
public abstract record ObjectDeletion
{
    public static ObjectDeletion Of<T>(ResourceType<T> type, T live) where T : class, IKubernetesObject => new ObjectDeletion<T>(type, live, null);

    /// <summary>Only as it was observed: for what a user may want to keep at the last moment. Whoever plans this looks again soon.</summary>
    public static ObjectDeletion Unchanged<T>(ResourceType<T> type, T live) where T : class, IKubernetesObject => new ObjectDeletion<T>(type, live, live.Metadata.ResourceVersion);

    /// <summary>The object as observed; only that very one (by uid) is deleted, never a successor of the same name.</summary>
    public abstract IKubernetesObject Object { get; }

    internal abstract Task DeleteAsync(KubernetesClient client, CancellationToken cancellationToken);
}

/// <inheritdoc/>
public sealed record ObjectDeletion<T>(ResourceType<T> Type, T Live, string? ResourceVersion) : ObjectDeletion
    where T : class, IKubernetesObject
{
    /// <inheritdoc/>
    public override IKubernetesObject Object => Live;

    internal override async Task DeleteAsync(KubernetesClient client, CancellationToken cancellationToken)
    {
        if (Live.Metadata.DeletionTimestamp is not null)
            return;
        try
        {
            await client.DeleteAsync(
                Type, Live.Metadata.Namespace, Live.Metadata.Name!,
                new DeleteOptions { Uid = Live.Metadata.Uid, ResourceVersion = ResourceVersion, PropagationPolicy = "Background" }, cancellationToken);
        }
        catch (KubernetesException e) when (e.IsConflict)
        {
            // Another object of that name by now, or another state: not what this plan was about.
        }
    }
}

/// <summary>Whether one JSON value has everything another wants: fields the server defaulted may be more, never fewer.</summary>
internal static class JsonSubset
{
    public static bool Holds(JsonNode? wanted, JsonNode? present) => (wanted, present) switch
    {
        (null, _) => true,
        (_, null) => false,
        (JsonObject a, JsonObject b) => a.All(field => Holds(field.Value, b[field.Key])),
        // A list with the operator's own entries; the server keeps their order and adds none here.
        (JsonArray a, JsonArray b) => a.Count == b.Count && a.Zip(b).All(pair => Holds(pair.First, pair.Second)),
        (JsonValue a, JsonValue b) => JsonNode.DeepEquals(a, b) || SameQuantity(a, b),
        _ => false,
    };

    // The API server writes quantities in canonical form: "1000m" comes back as "1".
    private static bool SameQuantity(JsonValue a, JsonValue b) =>
        a.TryGetValue(out string? left) && b.TryGetValue(out string? right)
        && Quantity.TryParse(left, out var x) && Quantity.TryParse(right, out var y) && x == y;
}
