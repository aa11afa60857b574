using System.Diagnostics;

namespace EnterpriseAI.ModelServer.Monitoring;

/// <summary>One structured line for a share of the requests, and for each that failed by the server's fault.</summary>
internal sealed partial class AccessLog(double sampleRate, Random random, ILogger<AccessLog> logger)
{
    /// <param name="protocol"><c>http</c> or <c>grpc</c>.</param>
    /// <param name="model">The model's name as the request has it.</param>
    /// <param name="version">The version as the request has it.</param>
    /// <param name="status">The status of HTTP that was, or would be, answered.</param>
    /// <param name="time">How long it took.</param>
    public void Write(string protocol, string model, string? version, int status, TimeSpan time)
    {
        if (sampleRate <= 0 || status < StatusCodes.Status500InternalServerError && random.NextDouble() >= sampleRate)
            return;
        LogRequest(protocol, model, version ?? "", status, time.TotalMilliseconds, Activity.Current?.TraceId.ToString() ?? "");
    }

    [LoggerMessage(LogLevel.Information, "request {Protocol} {Model} {Version} {Status} {Milliseconds} ms {TraceId}")]
    private partial void LogRequest(string protocol, string model, string version, int status, double milliseconds, string traceId);
}
