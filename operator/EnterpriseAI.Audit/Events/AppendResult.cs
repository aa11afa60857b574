namespace EnterpriseAI.Audit;

/// <summary>The log's answer once an event is on disk for good.</summary>
/// <param name="Index">The entry's position in the log, from 0.</param>
/// <param name="Duplicate">The id was in the log already; the index is that of the first entry, and nothing was added.</param>
public sealed record AppendResult(long Index, bool Duplicate);
