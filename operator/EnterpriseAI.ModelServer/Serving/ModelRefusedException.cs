namespace EnterpriseAI.ModelServer.Serving;

/// <summary>The model may not or cannot be served.</summary>
/// <param name="reason">CamelCase, for conditions.</param>
/// <param name="message">Names the file and says what to do.</param>
/// <param name="mayPass">Whether another attempt might succeed without any change: an unreadable volume.</param>
/// <param name="inner">The cause.</param>
internal sealed class ModelRefusedException(string reason, string message, bool mayPass = false, Exception? inner = null)
    : Exception(message.ReplaceLineEndings(" "), inner)
{
    public const string Revoked = "Revoked";
    public const string NotOnnx = "NotOnnx";
    public const string ModelUnsupported = "ModelUnsupported";
    public const string ExecutionProviderUnavailable = "ExecutionProviderUnavailable";
    public const string EvaluationInvalid = "EvaluationInvalid";
    public const string RuntimeMissing = "RuntimeMissing";

    public string Reason { get; } = reason;

    /// <summary>1 for what only a change can cure, 2 for what may pass.</summary>
    public int ExitCode { get; } = mayPass ? 2 : 1;
}
