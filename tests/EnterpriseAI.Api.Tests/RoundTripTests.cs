using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api.Tests;

public sealed class RoundTripTests
{
    [TestCaseSource(typeof(Yaml), nameof(Yaml.Fixtures))]
    public void An_example_passes_through_the_types_without_loss(string fixture)
    {
        var example = Yaml.Fixture(fixture);
        var written = RoundTrip(example);

        var lost = new List<string>();
        Compare(example, written, "", lost);
        Assert.That(lost, Is.Empty);
        Assert.That(JsonNode.DeepEquals(RoundTrip(written), written), Is.True, "a second pass changes something");
    }

    [TestCaseSource(typeof(Yaml), nameof(Yaml.Fixtures))]
    public void An_example_fits_the_generated_schema_before_and_after(string fixture)
    {
        var example = Yaml.Fixture(fixture);
        var schema = Crds.Schema(example["kind"]!.GetValue<string>());

        Assert.That(StructuralValidator.Check(schema, example), Is.Empty);
        Assert.That(StructuralValidator.Check(schema, RoundTrip(example)), Is.Empty);
    }

    [TestCaseSource(typeof(Yaml), nameof(Yaml.Fixtures))]
    public void An_example_has_no_errors(string fixture)
    {
        var example = Yaml.Fixture(fixture);
        IReadOnlyList<FieldError> errors = example["kind"]!.GetValue<string>() switch
        {
            "DataSource" => SpecValidation.Validate(example.Deserialize(ApiJsonContext.Default.DataSource)!),
            "TrainingJob" => SpecValidation.Validate(example.Deserialize(ApiJsonContext.Default.TrainingJob)!),
            "ModelVersion" => SpecValidation.Validate(example.Deserialize(ApiJsonContext.Default.ModelVersion)!),
            "InferenceService" => SpecValidation.Validate(example.Deserialize(ApiJsonContext.Default.InferenceService)!),
            _ => SpecValidation.Validate(example.Deserialize(ApiJsonContext.Default.CompliancePolicy)!),
        };

        Assert.That(errors, Is.Empty);
    }

    [Test]
    public void Fields_of_a_pod_template_that_no_type_knows_are_kept()
    {
        var written = RoundTrip(Yaml.Fixture("trainingjob.yaml"));

        Assert.That(
            written["spec"]!["roles"]![0]!["template"]!["spec"]!["containers"]![0]!["lifecycle"]!["preStop"]!["exec"]!["command"]![0]!.GetValue<string>(),
            Is.EqualTo("true"));
    }

    [Test]
    public void Bare_numbers_are_read_as_quantities()
    {
        var example = Yaml.Fixture("trainingjob.yaml");
        var limits = example["spec"]!["roles"]![0]!["template"]!["spec"]!["containers"]![0]!["resources"]!["limits"]!.AsObject();
        limits["nvidia.com/gpu"] = 6;

        Assert.That(StructuralValidator.Check(Crds.Schema("TrainingJob"), example), Is.Empty);
        var job = example.Deserialize(ApiJsonContext.Default.TrainingJob)!;
        Assert.That(job.Spec.Roles[0].Template.Spec!.Containers![0].Resources!.Limits!["nvidia.com/gpu"], Is.EqualTo("6"));
    }

    [Test]
    public void A_template_that_the_types_cannot_read_is_refused_by_the_schema()
    {
        var example = Yaml.Fixture("trainingjob.yaml");
        example["spec"]!["roles"]![0]!["template"]!["spec"]!["containers"] = "trainer";

        Assert.That(StructuralValidator.Check(Crds.Schema("TrainingJob"), example), Has.Some.Contains(".template.spec.containers"));
    }

    [Test]
    public void A_malformed_duration_is_read_and_reported()
    {
        var example = Yaml.Fixture("inferenceservice.yaml");
        example["spec"]!["rollout"]!["interval"] = "soon";

        Assert.That(StructuralValidator.Check(Crds.Schema("InferenceService"), example), Has.Some.Contains(".spec.rollout.interval"));
        var errors = SpecValidation.Validate(example.Deserialize(ApiJsonContext.Default.InferenceService)!);
        Assert.That(errors.Single().ToString(), Does.StartWith("spec.rollout.interval: 'soon' is not a duration"));
    }

    [Test]
    public void A_missing_field_reads_as_its_default()
    {
        var types = typeof(DataSource).Assembly.GetTypes()
            .Where(t => t is { IsClass: true, IsPublic: true, IsGenericTypeDefinition: false } && t.GetConstructor([]) is not null && ApiJsonContext.Default.GetTypeInfo(t) is not null);
        Assert.Multiple(() =>
        {
            foreach (var type in types)
            {
                var info = ApiJsonContext.Default.GetTypeInfo(type)!;
                Assert.That(
                    JsonSerializer.Serialize(JsonSerializer.Deserialize("{}", info), info),
                    Is.EqualTo(JsonSerializer.Serialize(Activator.CreateInstance(type), info)), type.Name);
            }
        });
    }

    [Test]
    public void A_number_is_not_a_member_of_an_enum() =>
        Assert.That(() => JsonSerializer.Deserialize("""{"spec":{"stage":1}}""", ApiJsonContext.Default.ModelVersion), Throws.InstanceOf<JsonException>());

    [Test]
    public void Resource_types_agree_with_the_definitions()
    {
        Check(ApiResources.DataSources);
        Check(ApiResources.TrainingJobs);
        Check(ApiResources.ModelVersions);
        Check(ApiResources.InferenceServices);
        Check(ApiResources.CompliancePolicies);

        static void Check<T>(ResourceType<T> resource)
            where T : class, IKubernetesObject
        {
            var spec = Crds.Of(resource.Kind)["spec"]!;
            Assert.That(resource.Kind, Is.EqualTo(typeof(T).Name));
            Assert.That(resource.ApiVersion, Is.EqualTo("enterpriseai.io/v1alpha1"));
            Assert.That(resource.Plural, Is.EqualTo(spec["names"]!["plural"]!.GetValue<string>()));
            Assert.That(resource.Namespaced, Is.EqualTo(spec["scope"]!.GetValue<string>() == "Namespaced"));
        }
    }

    private static JsonObject RoundTrip(JsonObject example)
    {
        JsonTypeInfo type = example["kind"]!.GetValue<string>() switch
        {
            "DataSource" => ApiJsonContext.Default.DataSource,
            "TrainingJob" => ApiJsonContext.Default.TrainingJob,
            "ModelVersion" => ApiJsonContext.Default.ModelVersion,
            "InferenceService" => ApiJsonContext.Default.InferenceService,
            _ => ApiJsonContext.Default.CompliancePolicy,
        };
        var text = JsonSerializer.Serialize(JsonSerializer.Deserialize(example.ToJsonString(), type), type);
        return JsonNode.Parse(text)!.AsObject();
    }

    // What was written may hold defaults that the example left out; nothing of the example may be missing or different.
    private static void Compare(JsonNode? expected, JsonNode? actual, string path, List<string> lost)
    {
        switch (expected, actual)
        {
            case (null, null):
                break;
            case (JsonObject before, JsonObject after):
                foreach (var (name, value) in before)
                    Compare(value, after[name], $"{path}.{name}", lost);
                break;
            case (JsonArray before, JsonArray after) when before.Count == after.Count:
                for (var i = 0; i < before.Count; i++)
                    Compare(before[i], after[i], $"{path}[{i}]", lost);
                break;
            case var _ when !JsonNode.DeepEquals(JsonNode.Parse(expected?.ToJsonString() ?? "null"), actual) && !SameNumber(expected, actual):
                lost.Add($"{path}: {expected?.ToJsonString()} became {actual?.ToJsonString()}");
                break;
        }
    }

    private static bool SameNumber(JsonNode? expected, JsonNode? actual) =>
        expected?.GetValueKind() == JsonValueKind.Number && actual?.GetValueKind() == JsonValueKind.Number
        && double.Parse(expected.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)
            == double.Parse(actual.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);
}
