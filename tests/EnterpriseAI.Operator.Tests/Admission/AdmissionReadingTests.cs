using System.Text.Json;
using EnterpriseAI.Api;
using EnterpriseAI.Operator.Admission;

namespace EnterpriseAI.Operator.Tests.Admission;

public sealed class AdmissionReadingTests
{
    [Test]
    public async Task A_field_of_another_shape_is_refused_by_name_and_not_as_a_broken_webhook()
    {
        var (request, response) = await ReadAsync("""{"request":{"uid":"7","operation":"CREATE","object":{"metadata":{"name":"m"},"spec":{"stage":"Sideways"}}}}""");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((request.Uid, response.Uid, response.Allowed, response.Status!.Code), Is.EqualTo(("7", "7", false, 422)));
            Assert.That(response.Status!.Message, Does.StartWith("spec.stage: ").And.EndWith("kubectl explain modelversion.spec.stage"));
        }
    }

    [TestCase("{}")]
    [TestCase("[]")]
    [TestCase("""{"request":null}""")]
    [TestCase("""{"request":{"uid":7}}""")]
    public Task What_is_no_review_is_told_as_such(string body) => Assert.ThatAsync(() => ReadAsync(body), Throws.InstanceOf<JsonException>().Or.InstanceOf<InvalidOperationException>());

    private static async Task<(AdmissionRequest<ModelVersion> Request, AdmissionResponse Response)> ReadAsync(string body)
    {
        using var document = JsonDocument.Parse(body);
        return await AdmissionReading.ReadAsync(document, AdmissionJson.Default.ModelVersionReview, (request, _) => Task.FromResult(AdmissionResponse.Allow(request.Uid, [])), CancellationToken.None);
    }
}
