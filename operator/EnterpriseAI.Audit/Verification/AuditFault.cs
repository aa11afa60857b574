namespace EnterpriseAI.Audit.Verification;

/// <summary>What kind of damage a fault is.</summary>
public enum AuditFaultKind
{
    /// <summary>A file that the checkpoint speaks of is not there.</summary>
    FileMissing,

    /// <summary>A file is shorter or longer than its content.</summary>
    FileLength,

    /// <summary>The checkpoint is malformed, or its signature is missing or wrong.</summary>
    Checkpoint,

    /// <summary>The entries do not give the root that the checkpoint signs, and it cannot be told which one differs.</summary>
    Root,

    /// <summary>An entry is not the one that was recorded.</summary>
    Entry,

    /// <summary>A tile holds a hash that does not follow from the entries.</summary>
    Tile,

    /// <summary>Two entries have one id.</summary>
    DuplicateId,

    /// <summary>The older checkpoint is not of an earlier state of this log: entries were removed or rewritten since.</summary>
    History,
}

/// <summary>One thing that is wrong with a copy of a log.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="File">The file at fault, relative to the copy's folder.</param>
/// <param name="Message">For people; names the file, the entry and the place where they are known.</param>
public sealed record AuditFault(AuditFaultKind Kind, string File, string Message)
{
    /// <summary>The index of the entry at fault, where it is one.</summary>
    public long? EntryIndex { get; init; }

    /// <summary>Where in the file: of an entry, the first byte of it; of a tile, the very byte that differs.</summary>
    public long? ByteOffset { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Message;
}
