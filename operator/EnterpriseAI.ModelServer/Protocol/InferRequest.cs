namespace EnterpriseAI.ModelServer.Protocol;

/// <summary>A parsed inference request. Tensor data is still in the body.</summary>
/// <param name="Id">Echoed in the response; null if absent.</param>
/// <param name="Inputs">The input tensors in the request's order.</param>
/// <param name="Outputs">The outputs asked for; null for all.</param>
/// <param name="BinaryOutput">Whether outputs that do not say otherwise are wanted in binary.</param>
internal sealed record InferRequest(
    string? Id, IReadOnlyList<RequestInput> Inputs, IReadOnlyList<RequestedOutput>? Outputs, bool BinaryOutput);

/// <summary>One input tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">Its datatype as the request says.</param>
/// <param name="Shape">Its shape as the request says.</param>
/// <param name="Data">Where in the JSON its <c>data</c> array is; null when the data is binary.</param>
/// <param name="BinaryBytes">How many bytes of binary data it has; null when the data is in the JSON.</param>
internal sealed record RequestInput(string Name, string Datatype, long[] Shape, Range? Data, long? BinaryBytes);

/// <summary>One output asked for.</summary>
internal sealed record RequestedOutput(string Name, bool? Binary);
