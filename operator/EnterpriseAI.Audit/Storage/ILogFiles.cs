namespace EnterpriseAI.Audit.Storage;

/// <summary>
/// The few operations on the volume that the log's durability is made of, each one a point where a machine can stop. An interface
/// so that tests can stop it there. Paths are relative to the log's directory, with <c>/</c>.
/// </summary>
internal interface ILogFiles
{
    /// <summary>A file's content, or null when there is no such file.</summary>
    byte[]? Read(string path);

    /// <summary>The file names in a folder; none when there is no such folder.</summary>
    IReadOnlyList<string> List(string folder);

    /// <summary>Makes a folder and those above it, durably.</summary>
    void CreateFolder(string folder);

    /// <summary>Creates or empties a file, writes it and makes its content durable; not yet its name.</summary>
    void Write(string path, ReadOnlySpan<byte> content);

    /// <summary>Writes at a place of a file, creating it when there is none, and makes the content durable.</summary>
    void WriteAt(string path, long offset, ReadOnlySpan<byte> content);

    /// <summary>Gives a file a new name in the same folder, replacing what had it; not yet durable.</summary>
    void Rename(string from, string to);

    /// <summary>Makes the names in a folder durable.</summary>
    void SyncFolder(string folder);

    /// <summary>Removes a file, if it is there; not yet durable.</summary>
    void Delete(string path);

    /// <summary>Removes a folder, if it is there and empty; not yet durable.</summary>
    void DeleteFolder(string folder);
}
