using System.Globalization;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Controllers;

/// <summary>Keeps a key from being reconciled before the caches show what its last reconcile wrote.</summary>
/// <remarks>
/// Guarantees: after <see cref="Wrote{T}"/> the key is held back until the informer has the written version or a newer one, or knows
/// that the object is gone; after <see cref="Deleted{T}"/> until the informer no longer has that uid as it was.
/// Caveats: fails open: a version that is no number is not waited for, and nothing is waited for longer than the patience given.
/// </remarks>
public sealed class WriteTracker
{
    static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(10);

    readonly Lock _gate = new();
    readonly Dictionary<ObjectKey, List<Expectation>> _pending = [];
    readonly TimeProvider _time;
    readonly TimeSpan _patience;

    /// <param name="time">Null for the system's clock.</param>
    /// <param name="patience">The longest hold. Default 10 s.</param>
    public WriteTracker(TimeProvider? time = null, TimeSpan? patience = null) =>
        (_time, _patience) = (time ?? TimeProvider.System, patience ?? DefaultPatience);

    /// <summary>A reconcile of <paramref name="reconciled"/> wrote an object.</summary>
    /// <param name="reconciled">The key whose next reconcile depends on it.</param>
    /// <param name="informer">Where the write will show.</param>
    /// <param name="written">What the server answered.</param>
    public void Wrote<T>(ObjectKey reconciled, Informer<T> informer, T written)
        where T : class, IKubernetesObject
    {
        ArgumentNullException.ThrowIfNull(informer);
        if (Version(written.Metadata.ResourceVersion) is not { } version)
            return;
        var key = ObjectKey.Of(written);
        Expect(reconciled, informer, key, () => Version(informer.ResourceVersion) is not { } seen || seen >= version
            || Version(informer.Get(key)?.Metadata.ResourceVersion) >= version);
    }

    /// <summary>A reconcile of <paramref name="reconciled"/> deleted an object.</summary>
    /// <param name="reconciled">The key whose next reconcile depends on it.</param>
    /// <param name="informer">Where the deletion will show.</param>
    /// <param name="deleted">The object as it was read before.</param>
    public void Deleted<T>(ObjectKey reconciled, Informer<T> informer, T deleted)
        where T : class, IKubernetesObject
    {
        ArgumentNullException.ThrowIfNull(informer);
        var key = ObjectKey.Of(deleted);
        // A deletion answers with no version: gone, replaced, or marked as being deleted will do.
        Expect(reconciled, informer, key, () => informer.Get(key) is not { } now || now.Metadata.Uid != deleted.Metadata.Uid || now.IsDeleting);
    }

    /// <summary>The caches show everything that was written for the key.</summary>
    public bool IsCaughtUp(ObjectKey reconciled)
    {
        lock (_gate)
        {
            if (!_pending.TryGetValue(reconciled, out var expectations))
                return true;
            expectations.RemoveAll(expectation => expectation.IsMet() || _time.GetElapsedTime(expectation.Since) >= _patience);
            if (expectations.Count > 0)
                return false;
            _pending.Remove(reconciled);
            return true;
        }
    }

    static ulong? Version(string? text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null;

    /// <summary>The newest write of an object is the only one to wait for.</summary>
    void Expect(ObjectKey reconciled, IInformer informer, ObjectKey written, Func<bool> isMet)
    {
        lock (_gate)
        {
            if (!_pending.TryGetValue(reconciled, out var expectations))
                _pending.Add(reconciled, expectations = []);
            expectations.RemoveAll(expectation => ReferenceEquals(expectation.Informer, informer) && expectation.Written == written);
            expectations.Add(new Expectation(informer, written, isMet, _time.GetTimestamp()));
        }
    }

    sealed record Expectation(IInformer Informer, ObjectKey Written, Func<bool> IsMet, long Since);
}
