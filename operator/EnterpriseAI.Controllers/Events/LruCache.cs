using System.Diagnostics.CodeAnalysis;

namespace EnterpriseAI.Controllers;

/// <summary>Remembers the entries that were used last. Not safe for concurrent use.</summary>
internal sealed class LruCache<TKey, TValue>(int capacity)
    where TKey : notnull
{
    readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _entries = [];
    readonly LinkedList<(TKey Key, TValue Value)> _order = new();

    public int Count => _entries.Count;

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (!_entries.TryGetValue(key, out var node))
        {
            value = default;
            return false;
        }

        _order.Remove(node);
        _order.AddFirst(node);
        value = node.Value.Value;
        return true;
    }

    public void Set(TKey key, TValue value)
    {
        if (_entries.Remove(key, out var old))
            _order.Remove(old);
        _entries[key] = _order.AddFirst((key, value));
        if (_entries.Count > capacity)
        {
            _entries.Remove(_order.Last!.Value.Key);
            _order.RemoveLast();
        }
    }

    public void Remove(TKey key)
    {
        if (_entries.Remove(key, out var node))
            _order.Remove(node);
    }
}
