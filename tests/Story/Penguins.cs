using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Story;

/// <summary>The held-out penguins: the rows that training never saw, as the agent's own deterministic split gives them.</summary>
public sealed record HeldOut(IReadOnlyList<string> Features, IReadOnlyList<string> Classes, IReadOnlyList<HeldOutRow> Rows)
{
    /// <summary>The split of the sample training jobs: the same data, label, features and seed; one epoch, since only the split is wanted.</summary>
    public static async Task<HeldOut> SplitAsync(string root, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("held-out-");
        try
        {
            var (code, output) = await Shell.OwnAsync("agent",
                ["train", $"--data={root}/artifacts/native/data/penguins.json", "--label=Species", "--features=Beak Length (mm),Beak Depth (mm),Flipper Length (mm),Body Mass (g)",
                 "--seed=7", "--epochs=1", $"--output={folder.FullName}", $"--termination-log={folder.FullName}/end"], cancellationToken);
            if (code != 0)
                throw new StoryException($"the held-out split failed: {output}");
            await using var file = File.OpenRead(Path.Combine(folder.FullName, "holdout.json"));
            return await JsonSerializer.DeserializeAsync(file, StoryJson.Default.HeldOut, cancellationToken) ?? throw new StoryException("holdout.json is null");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

/// <summary>One penguin's measures and the index of its species.</summary>
public sealed record HeldOutRow(IReadOnlyList<float> Features, int Label);

/// <summary>Asks a served model, by the Open Inference Protocol, through the gateway.</summary>
public sealed class InferenceClient(HttpClient http, Uri gateway, string ns, string model)
{
    /// <summary>The answer for some rows: the predicted class of each, the status, and which revision answered.</summary>
    public async Task<Answer> InferAsync(IReadOnlyList<HeldOutRow> rows, CancellationToken cancellationToken)
    {
        var request = new InferRequest([new InferTensor("input", [rows.Count, rows[0].Features.Count], "FP32", [.. rows.SelectMany(r => r.Features)])]);
        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway, $"/namespaces/{ns}/v2/models/{model}/infer"));
        message.Content = JsonContent.Create(request, StoryJson.Default.InferRequest);
        using var response = await http.SendAsync(message, cancellationToken);
        var revision = response.Headers.TryGetValues("x-enterpriseai-revision", out var values) ? values.First() : null;
        if (!response.IsSuccessStatusCode)
            return new Answer((int)response.StatusCode, revision, []);
        var body = await response.Content.ReadFromJsonAsync(StoryJson.Default.InferResponse, cancellationToken);
        return new Answer(200, revision, [.. body!.Outputs.First(o => o.Name == "label").Data.Select(d => (int)d.GetDouble())]);
    }

    /// <summary>Share of the rows whose species the model tells.</summary>
    public async Task<double> AccuracyAsync(HeldOut heldOut, CancellationToken cancellationToken)
    {
        var answer = await InferAsync(heldOut.Rows, cancellationToken);
        if (answer.Status != 200)
            throw new StoryException($"the gateway answered {answer.Status}");
        return heldOut.Rows.Zip(answer.Labels, (row, label) => row.Label == label ? 1.0 : 0.0).Average();
    }
}

/// <param name="Revision">From the gateway's header; null when no revision answered.</param>
public sealed record Answer(int Status, string? Revision, IReadOnlyList<int> Labels);

public sealed record InferRequest(IReadOnlyList<InferTensor> Inputs);

public sealed record InferTensor(string Name, IReadOnlyList<int> Shape, string Datatype, IReadOnlyList<float> Data);

public sealed record InferResponse(IReadOnlyList<InferOutput> Outputs);

public sealed record InferOutput(string Name, IReadOnlyList<JsonElement> Data);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(HeldOut))]
[JsonSerializable(typeof(InferRequest))]
[JsonSerializable(typeof(InferResponse))]
internal sealed partial class StoryJson : JsonSerializerContext;
