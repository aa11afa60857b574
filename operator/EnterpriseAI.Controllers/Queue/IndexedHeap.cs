namespace EnterpriseAI.Controllers;

/// <summary>An item that knows where in its heap it is, so that it can be moved or taken out in logarithmic time.</summary>
internal abstract class HeapItem
{
    /// <summary>-1 when in no heap.</summary>
    internal int HeapIndex = -1;
}

/// <summary>A binary heap with the smallest item first.</summary>
internal sealed class IndexedHeap<TItem>(Comparison<TItem> compare)
    where TItem : HeapItem
{
    readonly List<TItem> _items = [];

    public int Count => _items.Count;

    public TItem? First => _items.Count > 0 ? _items[0] : null;

    public void Add(TItem item)
    {
        item.HeapIndex = _items.Count;
        _items.Add(item);
        Up(item.HeapIndex);
    }

    public void Remove(TItem item)
    {
        var index = item.HeapIndex;
        var last = _items[^1];
        _items.RemoveAt(_items.Count - 1);
        item.HeapIndex = -1;
        if (ReferenceEquals(last, item))
            return;
        Place(last, index);
        Moved(last);
    }

    /// <summary>The item's order has changed.</summary>
    public void Moved(TItem item)
    {
        Up(item.HeapIndex);
        Down(item.HeapIndex);
    }

    void Up(int index)
    {
        var item = _items[index];
        while (index > 0 && compare(item, _items[(index - 1) / 2]) < 0)
        {
            Place(_items[(index - 1) / 2], index);
            index = (index - 1) / 2;
        }

        Place(item, index);
    }

    void Down(int index)
    {
        var item = _items[index];
        while (true)
        {
            var child = (2 * index) + 1;
            if (child >= _items.Count)
                break;
            if (child + 1 < _items.Count && compare(_items[child + 1], _items[child]) < 0)
                child++;
            if (compare(item, _items[child]) <= 0)
                break;
            Place(_items[child], index);
            index = child;
        }

        Place(item, index);
    }

    void Place(TItem item, int index)
    {
        _items[index] = item;
        item.HeapIndex = index;
    }
}
