namespace EnterpriseAI.ModelServer.OnnxRuntime;

/// <summary>How ONNX Runtime runs a model.</summary>
internal sealed record SessionSettings
{
    public ExecutionProvider Provider { get; init; }

    /// <summary>Threads that run one operator together. .NET counts the processors that the container may use.</summary>
    public int IntraOpThreads { get; init; } = Environment.ProcessorCount;

    /// <summary>Operators that run at once.</summary>
    public int InterOpThreads { get; init; } = 1;

    /// <summary>Whether idle threads wait for work without sleeping, which takes the processor from the neighbours on the node.</summary>
    public bool AllowSpinning { get; init; }

    /// <summary>Whether memory is kept from one run to the next.</summary>
    public bool MemoryArena { get; init; } = true;

    /// <summary>Whether the memory of a whole run is planned by what an earlier run of the same shapes needed.</summary>
    public bool MemoryPattern { get; init; } = true;

    /// <summary>The device, where the provider has several.</summary>
    public int DeviceId { get; init; }

    /// <summary>Bytes that the provider may take on its device; 0 for all.</summary>
    public long DeviceMemoryLimit { get; init; }

    /// <summary>Further options of the provider, by the names that ONNX Runtime documents.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ProviderOptions { get; init; } = [];
}
