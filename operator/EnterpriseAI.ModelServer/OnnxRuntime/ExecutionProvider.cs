namespace EnterpriseAI.ModelServer.OnnxRuntime;

/// <summary>What runs the operators of a model.</summary>
internal enum ExecutionProvider
{
    /// <summary>CUDA where its library lies beside ONNX Runtime and a device answers, else the CPU.</summary>
    Auto,
    Cpu,
    Cuda,

    /// <summary>TensorRT, with CUDA for what it cannot run.</summary>
    TensorRt,
}
