namespace EnterpriseAI.ModelServer.Inference;

/// <summary>Counts who uses something and lets it go with the last of them. It begins with one use, its owner's.</summary>
internal sealed class UseCount(Action free)
{
    private readonly TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _uses = 1;

    /// <summary>Done when it was let go.</summary>
    public Task Freed => _freed.Task;

    /// <returns>False when it was let go already.</returns>
    public bool TryTake()
    {
        for (var uses = Volatile.Read(ref _uses); uses > 0;)
        {
            var before = Interlocked.CompareExchange(ref _uses, uses + 1, uses);
            if (before == uses)
                return true;
            uses = before;
        }
        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _uses) > 0)
            return;
        free();
        _freed.SetResult();
    }
}
