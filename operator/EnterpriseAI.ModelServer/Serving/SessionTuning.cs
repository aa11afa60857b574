using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Finds out by a few runs which settings suit a small model.</summary>
internal static class SessionTuning
{
    /// <summary>A model whose run needs no more than this is quicker without an arena: all runs share it under one lock, while the C library keeps small pieces ready for each thread.</summary>
    public const long LittleMemory = 128 << 10;

    /// <summary>A run that is over sooner is longer with two threads: each wakes the other and waits for it.</summary>
    public static readonly TimeSpan ShortRun = TimeSpan.FromMicroseconds(100);

    private const int Runs = 5;

    /// <returns>Better settings; null where these are right.</returns>
    public static SessionSettings? Of(OrtSession session, SessionSettings settings, TimeProvider time)
    {
        if (session.Provider != ExecutionProvider.Cpu || ModelLoader.WarmUp(session) is not null || !(session.MostUsedBytes <= LittleMemory))
            return null;
        return Decide(settings, Shortest(session, time));
    }

    /// <param name="settings">Those of a model that needs little memory.</param>
    /// <param name="run">The shortest of a few runs: the others tell of what else the processors had to do.</param>
    internal static SessionSettings Decide(SessionSettings settings, TimeSpan run) => settings with
    {
        MemoryArena = false,
        MemoryPattern = false,
        IntraOpThreads = run < ShortRun ? 1 : settings.IntraOpThreads,
    };

    private static TimeSpan Shortest(OrtSession session, TimeProvider time)
    {
        var shortest = TimeSpan.MaxValue;
        for (var i = 0; i < Runs; i++)
        {
            var begun = time.GetTimestamp();
            _ = ModelLoader.WarmUp(session);
            if (time.GetElapsedTime(begun) is var took && took < shortest)
                shortest = took;
        }
        return shortest;
    }
}
