namespace EnterpriseAI.Mutations;

/// <summary>A part of the source whose checks are tried, and the tests that should notice.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Title">Its heading in the table.</param>
/// <param name="Sources">The folders and files of its source, relative to the checkout.</param>
/// <param name="Tests">The test project.</param>
internal sealed record Suite(string Name, string Title, IReadOnlyList<string> Sources, string Tests)
{
    private const string Library = "operator/EnterpriseAI.SupplyChain";

    /// <summary>True for a file of this suite, relative to the checkout.</summary>
    public bool Has(string file) => Sources.Any(source => file == source || file.StartsWith($"{source}/", StringComparison.Ordinal));

    public static readonly IReadOnlyList<Suite> All =
    [
        new("bundles", "Bundles, certificates, timestamps and logs",
            [$"{Library}/Bundles", $"{Library}/Certificates", $"{Library}/Keys", $"{Library}/Timestamps", $"{Library}/TransparencyLogs", $"{Library}/TrustedRoots", $"{Library}/Verification"],
            "EnterpriseAI.SupplyChain.Tests"),
        new("models", "Signed models: files, statements, signatures", [$"{Library}/Artifacts", $"{Library}/Signatures", $"{Library}/ModelDigest.cs"], "EnterpriseAI.SupplyChain.Tests"),
        new("attestations", "Attestations", [$"{Library}/Attestations"], "EnterpriseAI.SupplyChain.Tests"),
        new("images", "Images and registries", [$"{Library}/Cosign", $"{Library}/Registries"], "EnterpriseAI.SupplyChain.Tests"),
        new("fetching", "The fetching agent and its cache", ["operator/EnterpriseAI.Agent/Fetching"], "EnterpriseAI.Agent.Tests"),
        new("onnx", "ONNX inspection", ["operator/EnterpriseAI.ModelServer/Onnx", "operator/EnterpriseAI.ModelServer/Serving/OnnxExternalData.cs"], "EnterpriseAI.ModelServer.Tests"),
    ];
}
