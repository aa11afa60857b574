using System.Text.Json;

namespace EnterpriseAI.Kubernetes;

/// <summary>What happened.</summary>
public enum WatchEventType
{
    Added,
    Modified,
    Deleted,

    /// <summary>Nothing, but the resource version moved on.</summary>
    Bookmark,
}

/// <summary>One event of a watch.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Object">The object as it is now, or was last when deleted; null for bookmarks and unreadable objects.</param>
/// <param name="ResourceVersion">Where a new watch may continue; every event moves it.</param>
public readonly record struct WatchEvent<T>(WatchEventType Type, T? Object, string? ResourceVersion)
    where T : class
{
    /// <summary>The bookmark that ends the initial events of a streaming list.</summary>
    public bool EndsInitialEvents { get; init; }

    /// <summary>Set instead of <see cref="Object"/> when the type cannot hold the object.</summary>
    public UnreadableObject? Unreadable { get; init; }
}

/// <summary>An object the server holds that the C# type cannot.</summary>
public sealed record UnreadableObject(string? Namespace, string? Name, JsonException Error);
