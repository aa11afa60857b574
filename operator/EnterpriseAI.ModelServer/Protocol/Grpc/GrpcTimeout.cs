using System.Globalization;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>The header <c>grpc-timeout</c>: at most eight digits and a unit.</summary>
internal static class GrpcTimeout
{
    public const string Header = "grpc-timeout";

    private const int MaxDigits = 8;

    /// <summary>The longest that a timer takes; a longer timeout is as good as none.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    /// <returns>Null where the call has no deadline.</returns>
    /// <exception cref="GrpcException">The header is no timeout.</exception>
    public static TimeSpan? Parse(string? header)
    {
        if (string.IsNullOrEmpty(header))
            return null;
        var digits = header.AsSpan(0, header.Length - 1);
        if (digits.Length > MaxDigits || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || TicksOf(header[^1]) is not { } unit)
            throw GrpcException.Invalid($"{Header} '{header}' is not at most {MaxDigits} digits and one of H, M, S, m, u, n");
        // Eight digits of hours are some 10^18 ticks, which a long still holds.
        var ticks = unit == 0 ? (value + 99) / 100 : value * unit;
        return ticks <= Longest.Ticks ? TimeSpan.FromTicks(ticks) : null;
    }

    /// <summary>0 for nanoseconds, of which a tick has a hundred.</summary>
    private static long? TicksOf(char unit) => unit switch
    {
        'H' => TimeSpan.TicksPerHour,
        'M' => TimeSpan.TicksPerMinute,
        'S' => TimeSpan.TicksPerSecond,
        'm' => TimeSpan.TicksPerMillisecond,
        'u' => TimeSpan.TicksPerMicrosecond,
        'n' => 0,
        _ => null,
    };
}
