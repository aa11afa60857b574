using System.Text.RegularExpressions;

namespace EnterpriseAI.ModelServer.OnnxRuntime;

/// <summary>Error codes of the C ABI.</summary>
internal enum OrtErrorCode
{
    Ok,
    Fail,
    InvalidArgument,
    NoSuchFile,
    NoModel,
    EngineError,
    RuntimeException,
    InvalidProtobuf,
    ModelLoaded,
    NotImplemented,
    InvalidGraph,
    ExecutionProviderFailed,
}

/// <summary>ONNX Runtime reported an error.</summary>
internal sealed partial class OnnxRuntimeException(OrtErrorCode code, string message) : Exception(SourceLocation().Replace(message, "").TrimEnd())
{
    public OrtErrorCode Code { get; } = code;

    /// <summary>Some messages begin with the place in ONNX Runtime's own source, which says nothing to its users.</summary>
    [GeneratedRegex(@"\A/\S+:\d+ .*?\) (?=[A-Z\[])(\[ONNXRuntimeError\] : \d+ : \w+ : )?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex SourceLocation();
}
