using System.Globalization;
using System.Net;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Where to listen.</summary>
/// <param name="Address">An IP address; null for all of the machine's, IPv4 and IPv6.</param>
/// <param name="Port">A TCP port; 0 for one that the system chooses.</param>
internal sealed record ListenAddress(IPAddress? Address, int Port)
{
    public const string Allowed = "PORT, :PORT, IP:PORT, [IPv6]:PORT or localhost:PORT, optionally after http://";

    /// <inheritdoc/>
    public override string ToString() => Address is null ? $":{Port}" : new IPEndPoint(Address, Port).ToString();

    /// <summary>Reads an address; null when the text is none (see <see cref="Allowed"/>).</summary>
    public static ListenAddress? Parse(string text)
    {
        const string scheme = "http://";
        if (text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            text = text[scheme.Length..].TrimEnd('/');
        var separator = text.LastIndexOf(':');
        var host = separator < 0 ? "" : text[..separator];
        if (!ushort.TryParse(text.AsSpan(separator + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return null;
        return host switch
        {
            "" or "*" or "+" => new ListenAddress(null, port),
            "localhost" => new ListenAddress(IPAddress.Loopback, port),
            ['[', .. var v6, ']'] => IPAddress.TryParse(v6, out var address) ? new ListenAddress(address, port) : null,
            _ => !host.Contains(':') && IPAddress.TryParse(host, out var address) ? new ListenAddress(address, port) : null,
        };
    }
}
