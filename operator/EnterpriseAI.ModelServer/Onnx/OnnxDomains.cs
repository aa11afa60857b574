namespace EnterpriseAI.ModelServer.Onnx;

/// <summary>Whose operators ONNX Runtime knows.</summary>
internal static class OnnxDomains
{
    /// <summary>ONNX's own; a file may leave its name out.</summary>
    public const string Standard = "ai.onnx";

    public static string Named(string domain) => domain.Length == 0 ? Standard : domain;

    public static bool IsKnown(string domain) => domain is Standard or "ai.onnx.ml" or "ai.onnx.training" or "ai.onnx.preview.training"
        or "com.microsoft" or "com.microsoft.nchwc" or "com.microsoft.experimental" or "com.ms.internal.nhwc";
}
