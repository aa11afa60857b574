namespace EnterpriseAI.ModelServer.Protocol;

/// <summary>A request that cannot be answered; the message goes to the client as <c>{"error": …}</c>.</summary>
internal sealed class RequestException(int status, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Status { get; } = status;

    /// <summary>When the same request may succeed; null where it will not.</summary>
    public TimeSpan? RetryAfter => RetryAfterOf(Status);

    public static TimeSpan? RetryAfterOf(int status) =>
        status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable ? TimeSpan.FromSeconds(1) : null;

    public static RequestException BadRequest(string message, Exception? inner = null) => new(StatusCodes.Status400BadRequest, message, inner);

    public static RequestException NotControlled() => new(StatusCodes.Status403Forbidden, "models are not loaded and unloaded by requests here: see --model-control");
}
