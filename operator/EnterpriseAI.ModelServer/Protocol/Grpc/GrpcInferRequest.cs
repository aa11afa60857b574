namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>A ModelInferRequest of which the tensors' data is still in the message.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The model's version; null for the newest.</param>
/// <param name="Id">Echoed in the response.</param>
/// <param name="Inputs">The input tensors in the request's order.</param>
/// <param name="Outputs">The names of the outputs asked for; none for all.</param>
/// <param name="RawContents">Where the raw data of each input is; none when the inputs have contents.</param>
internal sealed record GrpcInferRequest(
    string Model, string? Version, string Id, IReadOnlyList<GrpcInput> Inputs, IReadOnlyList<string> Outputs, IReadOnlyList<Part> RawContents)
{
    /// <summary>Whether the inputs came as typed contents, and so the outputs go as typed contents where they can.</summary>
    public bool HasContents => Inputs.Any(static input => input.Contents.Count > 0);
}

/// <summary>One input tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">Its datatype as the request says.</param>
/// <param name="Shape">Its shape as the request says.</param>
/// <param name="Contents">Where its contents are; in several parts only if a client wrote the field more than once.</param>
internal sealed record GrpcInput(string Name, string Datatype, long[] Shape, IReadOnlyList<Part> Contents);
