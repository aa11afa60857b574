using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseAI.ModelServer.Serving;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>What <c>config.json</c> beside a model's versions says about how they are run; what it leaves out, the arguments say.</summary>
/// <remarks>It is no part of any signed artifact, so nothing in it can change what a model is.</remarks>
internal sealed record ModelConfig(int? MaxBatchSize = null, int? MaxBatchDelayUs = null, int? Instances = null)
{
    public const string FileName = "config.json";

    public const int LargestBatch = 65_536, LongestDelayUs = 10_000_000, MostInstances = 1024;

    private const int MaxBytes = 64 << 10;

    /// <summary>Reads the file of a model's folder; an empty one where there is none.</summary>
    /// <exception cref="ModelRefusedException">It is not what it should be.</exception>
    public static async Task<ModelConfig> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, FileName);
        if (!Path.Exists(path) && new FileInfo(path).LinkTarget is null)
            return new ModelConfig();
        if (new FileInfo(path).LinkTarget is not null)
            throw Invalid(path, "is a symbolic link: put the file itself there");
        try
        {
            var artifact = await ArtifactReader.ReadAsync(path, new ArtifactLimits { MaxFileBytes = MaxBytes }, cancellationToken: cancellationToken).ConfigureAwait(false);
            var config = JsonSerializer.Deserialize(artifact.Bytes[FileName].Span, ModelConfigContext.Default.ModelConfig) ?? throw Invalid(path, "must be a JSON object");
            config.Check(path);
            return config;
        }
        catch (JsonException e)
        {
            throw Invalid(path, $"is not valid: {e.Message}", e);
        }
        catch (SupplyChainException e)
        {
            throw new ModelRefusedException(e.Reason.ToString(), e.Message, e.Reason is SupplyChainReason.ArtifactUnreadable, e);
        }
    }

    private void Check(string path)
    {
        CheckRange(path, "maxBatchSize", MaxBatchSize, LargestBatch);
        CheckRange(path, "maxBatchDelayUs", MaxBatchDelayUs, LongestDelayUs);
        CheckRange(path, "instances", Instances, MostInstances);
    }

    private static void CheckRange(string path, string field, int? value, int maximum)
    {
        if (value is < 0 || value > maximum)
            throw Invalid(path, $"has '{field}' {value}: give a whole number from 0 to {maximum}");
    }

    private static ModelRefusedException Invalid(string path, string what, Exception? inner = null) => new("ConfigInvalid", $"'{path}' {what}", inner: inner);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(ModelConfig))]
internal sealed partial class ModelConfigContext : JsonSerializerContext;
