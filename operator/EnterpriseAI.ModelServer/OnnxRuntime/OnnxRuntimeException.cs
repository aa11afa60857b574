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
internal sealed class OnnxRuntimeException(OrtErrorCode code, string message) : Exception(message)
{
    public OrtErrorCode Code { get; } = code;
}
