using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Controllers;

/// <summary>Lists of conditions, one per type.</summary>
public static class Conditions
{
    /// <summary>The condition of a type, or null.</summary>
    public static V1Condition? Find(IReadOnlyList<V1Condition>? conditions, string type) =>
        conditions?.FirstOrDefault(condition => condition.Type == type);

    /// <summary>The condition exists and is <c>True</c>.</summary>
    public static bool IsTrue(IReadOnlyList<V1Condition>? conditions, string type) => Find(conditions, type)?.Status == "True";

    /// <summary>A condition, to be merged by <see cref="Merge"/>.</summary>
    /// <param name="type">CamelCase.</param>
    /// <param name="status">Null for <c>Unknown</c>.</param>
    /// <param name="reason">CamelCase.</param>
    /// <param name="message">What is so, and what to do.</param>
    /// <param name="observedGeneration">The generation it was computed from.</param>
    public static V1Condition Of(string type, bool? status, string reason, string message, long? observedGeneration = null) => new()
    {
        Type = type,
        Status = status switch { true => "True", false => "False", null => "Unknown" },
        Reason = reason,
        Message = message,
        ObservedGeneration = observedGeneration,
    };

    /// <summary>Puts <paramref name="desired"/> into a list. Others keep their place and content; the time of the last transition
    /// changes only when the status does.</summary>
    /// <param name="existing">What the object has now.</param>
    /// <param name="now">Time of a transition; cut to whole seconds, as the server keeps it.</param>
    /// <param name="desired">What should be.</param>
    public static IReadOnlyList<V1Condition> Merge(IReadOnlyList<V1Condition>? existing, DateTimeOffset now, params IReadOnlyList<V1Condition> desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        var result = (existing ?? []).ToList();
        var second = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        foreach (var condition in desired)
        {
            var index = result.FindIndex(present => present.Type == condition.Type);
            var unchanged = index >= 0 && result[index].Status == condition.Status && result[index].LastTransitionTime is not null;
            var merged = condition with { LastTransitionTime = unchanged ? result[index].LastTransitionTime : second };
            if (index >= 0)
                result[index] = merged;
            else
                result.Add(merged);
        }

        return result;
    }

    /// <summary>The list without conditions of the given types.</summary>
    public static IReadOnlyList<V1Condition> Without(IReadOnlyList<V1Condition>? existing, params IReadOnlyList<string> types) =>
        [.. (existing ?? []).Where(condition => !types.Contains(condition.Type))];
}
