using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>
/// The threads that wait for sockets, one for each processor, read and answer small requests themselves: to hand each to another thread
/// and its answer back takes as long as a small model's run (a sixth more requests per second for the demo's classifier).
/// </summary>
/// <remarks>Caveat: as long as such a thread works on one request, all other connections of its share wait. Whatever may take longer leaves it.</remarks>
internal static class EventThread
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Must come before the process opens its first socket: the runtime reads this once. What the environment says already stays.</summary>
    public static void Enable()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
            Environment.SetEnvironmentVariable(Variable, "1");
    }

    public static void Use(SocketTransportOptions sockets) => sockets.UnsafePreferInlineScheduling = true;

    /// <summary>To be awaited: what follows runs on a thread of the pool.</summary>
    public static ConfiguredTaskAwaitable Leave() => Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
}
