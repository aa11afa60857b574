using EnterpriseAI.ModelServer.Inference;

namespace EnterpriseAI.ModelServer.Monitoring;

/// <summary>A request that was picked for the sample, until its response is there too.</summary>
internal sealed class SampledInference(PayloadSampling sampling, ServedModel model, TimeProvider time)
{
    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly string _source = model.Version is { } version ? $"/v2/models/{model.Name}/versions/{version}" : $"/v2/models/{model.Name}";

    public void Request(string? contentType, int? headerBytes, ReadOnlySpan<byte> body) =>
        Add(PayloadSample.RequestType, contentType ?? "application/json", headerBytes, body);

    /// <summary>Binary tensors of a response are left out: its JSON names them, and their size.</summary>
    public void Response(ReadOnlySpan<byte> json) => Add(PayloadSample.ResponseType, "application/json", null, json);

    private void Add(string type, string contentType, int? headerBytes, ReadOnlySpan<byte> body)
    {
        if (body.Length > PayloadSampling.MaxBodyBytes)
            sampling.Drop();
        else
            sampling.Add(new PayloadSample(_id, type, _source, time.GetUtcNow(), contentType, headerBytes, body.ToArray(), PayloadSampling.TraceParent));
    }
}
