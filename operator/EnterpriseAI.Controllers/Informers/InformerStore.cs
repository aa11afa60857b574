using System.Collections.Concurrent;
using System.Collections.Immutable;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Controllers;

/// <summary>One generation of a cache: objects by key, and by index.</summary>
/// <remarks>One writer, any number of readers that never wait. A relist fills a new generation, which then takes the place of the
/// old one in one step.</remarks>
internal sealed class InformerStore<T>(IReadOnlyDictionary<string, Func<T, IEnumerable<string>>> indexers)
    where T : class, IKubernetesObject
{
    readonly ConcurrentDictionary<ObjectKey, T> _objects = new();
    readonly Dictionary<string, ConcurrentDictionary<string, ImmutableHashSet<ObjectKey>>> _indexes =
        indexers.Keys.ToDictionary(name => name, _ => new ConcurrentDictionary<string, ImmutableHashSet<ObjectKey>>(StringComparer.Ordinal));

    public IEnumerable<KeyValuePair<ObjectKey, T>> Objects => _objects;

    public int Count => _objects.Count;

    public T? Get(ObjectKey key) => _objects.GetValueOrDefault(key);

    public IReadOnlyList<T> List(string? ns) =>
        ns is null ? [.. _objects.Select(pair => pair.Value)] : [.. _objects.Where(pair => pair.Key.Namespace == ns).Select(pair => pair.Value)];

    /// <exception cref="ArgumentException">There is no such index.</exception>
    public IReadOnlyList<T> ByIndex(string name, string value)
    {
        if (!_indexes.TryGetValue(name, out var index))
            throw new ArgumentException($"there is no index '{name}'; there are: {string.Join(", ", _indexes.Keys)}", nameof(name));
        if (!index.TryGetValue(value, out var keys))
            return [];
        var found = new List<T>(keys.Count);
        foreach (var key in keys)
        {
            // The index may be a moment behind or ahead of the objects: an object counts only while it has the value.
            if (_objects.TryGetValue(key, out var obj) && indexers[name](obj).Contains(value))
                found.Add(obj);
        }

        return found;
    }

    /// <returns>The object before.</returns>
    public T? Set(ObjectKey key, T obj)
    {
        var old = _objects.GetValueOrDefault(key);
        _objects[key] = obj;
        Reindex(key, old, obj);
        return old;
    }

    /// <returns>The object before.</returns>
    public T? Remove(ObjectKey key)
    {
        if (_objects.TryRemove(key, out var old))
            Reindex(key, old, null);
        return old;
    }

    void Reindex(ObjectKey key, T? old, T? now)
    {
        foreach (var (name, values) in indexers)
        {
            var index = _indexes[name];
            var before = old is null ? [] : values(old).ToHashSet(StringComparer.Ordinal);
            var after = now is null ? [] : values(now).ToHashSet(StringComparer.Ordinal);
            foreach (var value in after.Where(value => !before.Contains(value)))
                index.AddOrUpdate(value, _ => [key], (_, keys) => keys.Add(key));
            foreach (var value in before.Where(value => !after.Contains(value)))
                Drop(index, value, key);
        }
    }

    static void Drop(ConcurrentDictionary<string, ImmutableHashSet<ObjectKey>> index, string value, ObjectKey key)
    {
        var left = index[value].Remove(key);
        if (left.IsEmpty)
            index.TryRemove(value, out _);
        else
            index[value] = left;
    }
}
