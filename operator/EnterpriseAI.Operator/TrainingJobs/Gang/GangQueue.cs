namespace EnterpriseAI.Operator.TrainingJobs.Gang;

/// <summary>A job that waits for its gang's place.</summary>
/// <param name="Id">The job's uid.</param>
/// <param name="Queue">Jobs of one queue keep their order; jobs of different queues may pass each other.</param>
/// <param name="Priority">Of its PriorityClass; higher goes first.</param>
/// <param name="CreatedAt">Earlier goes first.</param>
public sealed record WaitingGang(string Id, string Queue, int Priority, DateTimeOffset CreatedAt, IReadOnlyList<PodDemand> Pods);

/// <summary>The answer for one waiting job.</summary>
/// <param name="IsAdmitted">All its pods may be created now.</param>
/// <param name="Position">1 is next in its queue.</param>
/// <param name="Reason">For people, when it waits.</param>
public sealed record GangAdmission(bool IsAdmitted, int Position, string Reason);

/// <summary>Who may start: strictly in order within a queue, all pods or none.</summary>
/// <remarks>
/// Guarantees: what is admitted fits beside everything that was admitted before, seen or not yet seen as pods. A large job
/// at the head of its queue is not starved by small ones behind it.
/// </remarks>
public static class GangQueue
{
    /// <param name="rooms">What the nodes have free, less the pods that exist.</param>
    /// <param name="reserved">Pods of admitted jobs that have no node yet, or are not seen yet.</param>
    /// <param name="waiting">Every job that waits, the asked one included, in any order.</param>
    /// <param name="id">The job that asks.</param>
    public static GangAdmission Ask(IReadOnlyList<NodeRoom> rooms, IEnumerable<PodDemand> reserved, IEnumerable<WaitingGang> waiting, string id)
    {
        foreach (var pod in reserved)
            rooms = GangPlacement.Place(rooms, [pod]) ?? rooms;

        var blocked = new HashSet<string>();
        var positions = new Dictionary<string, int>();
        foreach (var gang in waiting.OrderByDescending(w => w.Priority).ThenBy(w => w.CreatedAt).ThenBy(w => w.Id, StringComparer.Ordinal))
        {
            var position = positions[gang.Queue] = positions.GetValueOrDefault(gang.Queue) + 1;
            var after = blocked.Contains(gang.Queue) ? null : GangPlacement.Place(rooms, gang.Pods);
            if (gang.Id == id)
            {
                return after is not null ? new GangAdmission(true, position, "")
                    : new GangAdmission(false, position, blocked.Contains(gang.Queue) ? $"{position - 1} jobs are before it in queue '{gang.Queue}'" : GangPlacement.Shortage(rooms, gang.Pods));
            }
            if (after is null)
                blocked.Add(gang.Queue);
            else
                rooms = after;
        }
        throw new ArgumentException("the job that asks must be among those that wait", nameof(id));
    }
}
