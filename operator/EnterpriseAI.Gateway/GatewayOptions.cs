using System.Net;

namespace EnterpriseAI.Gateway;

/// <summary>How one gateway runs.</summary>
internal sealed record GatewayOptions
{
    /// <summary>Where requests for models are taken.</summary>
    public required ListenAddress Http { get; init; }

    /// <summary>Where metrics, health and observations are served.</summary>
    public required ListenAddress Admin { get; init; }

    /// <summary>A routes file; null to read the routes from a cluster.</summary>
    public string? RoutesFile { get; init; }

    /// <summary>A kubeconfig; null for the configuration of the pod the gateway runs in.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>Longest time a model server may go without progress: before it answers, and between parts of its answer.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest time a connection to a model server may take to be made.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Largest request body in bytes.</summary>
    public long MaxRequestBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>How long requests are still taken after SIGTERM, while load balancers learn that this gateway goes.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Lowest level that is logged.</summary>
    public string LogLevel { get; init; } = "Information";
}

/// <summary>An address to listen on.</summary>
/// <param name="Address">An IP address; null for all, IPv4 and IPv6.</param>
/// <param name="Port">A port; 0 for one the system chooses.</param>
internal sealed record ListenAddress(IPAddress? Address, int Port)
{
    /// <summary>What is allowed, for messages.</summary>
    public const string Allowed = "PORT, :PORT, IP:PORT, [IPv6]:PORT or localhost:PORT, optionally after http://";

    /// <summary>Reads an address, or returns null when it is none (see <see cref="Allowed"/>).</summary>
    public static ListenAddress? Parse(string text)
    {
        var rest = text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? text["http://".Length..].TrimEnd('/') : text;
        var colon = rest.LastIndexOf(':');
        var host = colon < 0 ? "" : rest[..colon];
        if (!ushort.TryParse(rest[(colon + 1)..], System.Globalization.NumberStyles.None, null, out var port)) return null;
        if (host is "" or "*" or "+") return new ListenAddress(null, port);
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) return new ListenAddress(IPAddress.Loopback, port);
        var bracketed = host.StartsWith('[') && host.EndsWith(']');
        return IPAddress.TryParse(bracketed ? host[1..^1] : host, out var address)
            && bracketed == (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
            ? new ListenAddress(address, port)
            : null;
    }
}
