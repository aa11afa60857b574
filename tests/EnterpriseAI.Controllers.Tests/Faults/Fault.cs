namespace EnterpriseAI.Controllers.Tests.Faults;

/// <summary>What goes wrong between a client and its API server.</summary>
public enum Fault
{
    None,

    /// <summary>Every connection is reset, again and again.</summary>
    CutConnections,

    /// <summary>Nothing is read or written any more; the sockets stay open, new ones too.</summary>
    HangHalfOpen,

    /// <summary>Everything comes 300 ms late.</summary>
    Delay,

    /// <summary>Every watch is answered with 410.</summary>
    Gone,

    /// <summary>Everything is answered with 429 and Retry-After.</summary>
    TooManyRequests,

    /// <summary>Everything is answered with 500.</summary>
    InternalError,

    /// <summary>Everything is answered with 503, by something that is no API server.</summary>
    Unavailable,

    /// <summary>Each watch gets one line that is no JSON.</summary>
    CorruptWatchLine,

    /// <summary>Each watch is ended as soon as it begins.</summary>
    CloseWatchAtOnce,

    /// <summary>No bookmark arrives.</summary>
    DropBookmarks,

    /// <summary>Watches are refused as too old, and lists show the state before the fault.</summary>
    StaleList,
}
