using System.Text.Json;
using System.Text.Json.Nodes;

namespace EnterpriseAI.Api.Tests;

/// <summary>Each case changes one field of a valid example and expects the error at a field.</summary>
public sealed class SpecValidationTests
{
    [TestCase("spec.source", "{}", "spec.source", "set exactly one of persistentVolumeClaim, http, s3, postgres; none is set")]
    [TestCase("spec.source.http", """{"url":"https://x/y"}""", "spec.source", "persistentVolumeClaim and http are set")]
    [TestCase("spec.source.persistentVolumeClaim.path", "\"../x\"", "spec.source.persistentVolumeClaim.path", "relative path without '..'")]
    [TestCase("spec.source.persistentVolumeClaim.path", "\"/x\"", "spec.source.persistentVolumeClaim.path", "relative path")]
    [TestCase("spec.source", """{"http":{"url":"ftp://x/y"}}""", "spec.source.http.url", "http:// or https://")]
    [TestCase("spec.source", """{"http":{"url":"https://u:p@x/y"}}""", "spec.source.http.url", "without a password")]
    [TestCase("spec.schema.columns.1.name", "\"body_mass_g\"", "spec.schema.columns", "'body_mass_g' occurs 2 times")]
    [TestCase("spec.schema.columns.0.minimum", "10000", "spec.schema.columns[0]", "must not exceed maximum 9000")]
    [TestCase("spec.schema.columns.1.minimum", "1", "spec.schema.columns[1]", "allowed for Integer, Double and Decimal only")]
    [TestCase("spec.schema.columns.1.pattern", "\"(\"", "spec.schema.columns[1].pattern", "not a regular expression")]
    [TestCase("spec.quality.completeness.minimum", "1.5", "spec.quality.completeness.minimum", "from 0 to 1")]
    [TestCase("spec.quality.freshness.maxAge", "\"0s\"", "spec.quality.freshness.maxAge", "above 0")]
    [TestCase("spec.drift.falseAlarmRate", "0", "spec.drift.falseAlarmRate", "above 0 and below 1")]
    [TestCase("spec.governance.retention", "\"soon\"", "spec.governance.retention", "not a duration")]
    [TestCase("spec.schedule", "\"hourly\"", "spec.schedule", "five")]
    public void A_data_source_is_refused(string field, string value, string path, string message) =>
        Expect(SpecValidation.Validate(Change("datasource.yaml", field, value).Deserialize(ApiJsonContext.Default.DataSource)!), path, message);

    [TestCase("spec.roles", "[]", "spec.roles", "at least one role")]
    [TestCase("spec.roles.0.minReplicas", "5", "spec.roles[0].minReplicas", "must not exceed replicas, which is 4")]
    [TestCase("spec.roles.0.name", "\"master\"", "spec.roles[0].replicas", "exactly 1")]
    [TestCase("spec.roles.0.template.spec.containers", "[]", "spec.roles[0].template.spec.containers", "at least one container")]
    [TestCase("spec.roles.0.template.spec.containers.0.image", "null", "spec.roles[0].template.spec.containers[0].image", "must not be empty")]
    [TestCase("spec.roles.0.template.spec.containers.0.env", """[{"name":"RANK","value":"1"}]""", "spec.roles[0].template.spec.containers[0].env", "RANK is set by the operator")]
    [TestCase("spec.inputs.0.mountPath", "\"data\"", "spec.inputs[0].mountPath", "absolute path")]
    [TestCase("spec.checkpoint.mountPath", "\"/data/\"", "spec.inputs", "mountPath '/data' occurs 2 times")]
    [TestCase("spec.gang.timeout", "\"10\"", "spec.gang.timeout", "not a duration")]
    [TestCase("spec.restartPolicy.permanentExitCodes", "\"200-300\"", "spec.restartPolicy.permanentExitCodes", "from 1 to 255")]
    [TestCase("spec.search.parallelTrials", "30", "spec.search.parallelTrials", "must not exceed maxTrials, which is 20")]
    [TestCase("spec.search.parameters.1.values", "[]", "spec.search.parameters[1]", "set either values, or minimum and maximum")]
    [TestCase("spec.search.parameters.0.minimum", "0", "spec.search.parameters[0].minimum", "above 0 with logScale")]
    [TestCase("spec.search.algorithm", "\"Grid\"", "spec.search.parameters[0]", "Grid needs values")]
    [TestCase("spec.federated.minClients", "2", "spec.federated.minClients", "at least 3")]
    [TestCase("spec.privacy.epsilon", "0", "spec.privacy.epsilon", "above 0")]
    [TestCase("spec.privacy.delta", "1", "spec.privacy.delta", "below 1")]
    [TestCase("spec.privacy.clip", "-1", "spec.privacy.clip", "above 0")]
    [TestCase("spec.output.artifact", "\"https://x/y\"", "spec.output.artifact", "pvc://claim/path")]
    [TestCase("spec.output.artifact", "\"models\"", "spec.output.artifact", "not the address of an artifact")]
    [TestCase("spec.output.version", "\"1.0\"", "spec.output.version", "three numbers")]
    [TestCase("spec.output.version", "\"2.0.0\"", "spec.output", "has already created 'penguin-species-1.0.0'")]
    [TestCase("spec.output.modelVersion.gates.0.minimum", "null", "spec.output.modelVersion.gates[0]", "set minimum, maximum or both")]
    public void A_training_job_is_refused(string field, string value, string path, string message) =>
        Expect(SpecValidation.Validate(Change("trainingjob.yaml", field, value).Deserialize(ApiJsonContext.Default.TrainingJob)!), path, message);

    [TestCase("spec.artifact.uri", "\"http://x/y\"", "spec.artifact.uri", "use pvc://claim/path, https://")]
    [TestCase("spec.artifact.uri", "\"pvc://models/../x\"", "spec.artifact.uri", "'..'")]
    [TestCase("spec.artifact.digest", "\"sha256:AB\"", "spec.artifact.digest", "64 lower-case hexadecimal")]
    [TestCase("status.digest", "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"", "spec.artifact.digest", "cannot be changed")]
    [TestCase("spec.version", "\"latest\"", "spec.version", "three numbers")]
    [TestCase("spec.version", "\"01.0.0\"", "spec.version", "three numbers")]
    [TestCase("spec.model", "\"Penguin\"", "spec.model", "lower-case")]
    [TestCase("spec.signature", "{}", "spec.signature", "set exactly one of publicKey, keyless")]
    [TestCase("spec.signature.keyless", """{"identity":"a","issuer":"http://b"}""", "spec.signature.keyless.issuer", "https://")]
    [TestCase("spec.provenance.source.commit", "\"main\"", "spec.provenance.source.commit", "40 or 64")]
    [TestCase("spec.gates.1.minimum", "2", "spec.gates[1]", "must not exceed")]
    [TestCase("spec.approvals.required", "-1", "spec.approvals.required", "from 0 to 10")]
    [TestCase("metadata.name", "\"a123456789012345678901234567890123456789012345678901234567890123\"", "metadata.name", "at most 63")]
    public void A_model_version_is_refused(string field, string value, string path, string message) =>
        Expect(SpecValidation.Validate(Change("modelversion.yaml", field, value).Deserialize(ApiJsonContext.Default.ModelVersion)!), path, message);

    [TestCase("spec.modelVersion", "\"\"", "spec.modelVersion", "not the name of an object")]
    [TestCase("spec.scaling.minReplicas", "11", "spec.scaling.minReplicas", "must not exceed maxReplicas, which is 10")]
    [TestCase("spec.scaling.target.concurrency", "0", "spec.scaling.target.concurrency", "above 0")]
    [TestCase("spec.rollout.steps", "[]", "spec.rollout.steps", "at least one step")]
    [TestCase("spec.rollout.steps", "[5,5]", "spec.rollout.steps[1]", "must ascend")]
    [TestCase("spec.rollout.steps", "[50,25]", "spec.rollout.steps[1]", "is 25 after 50")]
    [TestCase("spec.rollout.steps", "[0,25]", "spec.rollout.steps[0]", "from 1 to 100")]
    [TestCase("spec.rollout.steps", "[25,101]", "spec.rollout.steps[1]", "from 1 to 100")]
    [TestCase("spec.rollout.analysis.errorRate.toleratedRelativeRisk", "0.5", "spec.rollout.analysis.errorRate.toleratedRelativeRisk", "from 1")]
    [TestCase("spec.rollout.analysis.latency.percentile", "100", "spec.rollout.analysis.latency.percentile", "below 100")]
    [TestCase("spec.rollout.analysis.falseRejectionRate", "1", "spec.rollout.analysis.falseRejectionRate", "below 1")]
    [TestCase("spec.rollout.onInconclusive.after", "\"\"", "spec.rollout.onInconclusive.after", "not a duration")]
    [TestCase("spec.routing.hosts", """["a_b"]""", "spec.routing.hosts[0]", "not the name")]
    [TestCase("spec.routing.matchHeaders", """{"x y":"1"}""", "spec.routing.matchHeaders", "not the name of a header")]
    [TestCase("spec.access.jwt.jwksUri", "\"http://x/keys\"", "spec.access.jwt.jwksUri", "https://")]
    [TestCase("spec.access.rateLimit.interval", "\"0s\"", "spec.access.rateLimit.interval", "above 0")]
    [TestCase("spec.access", """{"rateLimit":{"requests":1}}""", "spec.access.rateLimit.by", "neither apiKeys nor jwt")]
    [TestCase("spec.protection.maxRequestBytes", "\"4MB\"", "spec.protection.maxRequestBytes", "such as 4Mi")]
    [TestCase("spec.protection.maxRequestBytes", "\"0\"", "spec.protection.maxRequestBytes", "from 1 to 2Gi")]
    [TestCase("spec.protection.outlier.threshold", "0", "spec.protection.outlier.threshold", "above 0")]
    [TestCase("spec.monitoring.payloadSampleRate", "2", "spec.monitoring.payloadSampleRate", "from 0 to 1")]
    [TestCase("spec.runtime.resources.limits", """{"memory":"much"}""", "spec.runtime.resources.limits['memory']", "not a quantity")]
    public void An_inference_service_is_refused(string field, string value, string path, string message) =>
        Expect(SpecValidation.Validate(Change("inferenceservice.yaml", field, value).Deserialize(ApiJsonContext.Default.InferenceService)!), path, message);

    [Test]
    public void An_AB_test_needs_headers()
    {
        var service = Change("inferenceservice.yaml", "spec.rollout.strategy", "\"ABTest\"");
        service["spec"]!.AsObject().Remove("routing");

        Expect(SpecValidation.Validate(service.Deserialize(ApiJsonContext.Default.InferenceService)!), "spec.routing.matchHeaders", "at least one header");
    }

    [TestCase("spec.namespaceSelector.matchExpressions.0.operator", "\"Like\"", "spec.namespaceSelector.matchExpressions[0].operator", "use In, NotIn")]
    [TestCase("spec.namespaceSelector.matchExpressions.0.values", "[]", "spec.namespaceSelector.matchExpressions[0].values", "needed for In")]
    [TestCase("spec.require.builders", """[" "]""", "spec.require.builders[0]", "must not be empty")]
    [TestCase("spec.rules.0.kinds", "[]", "spec.rules[0].kinds", "at least one kind")]
    [TestCase("spec.rules.0.conditions", "[]", "spec.rules[0].conditions", "at least one condition")]
    [TestCase("spec.rules.0.conditions.0.path", "\"spec..x\"", "spec.rules[0].conditions[0].path", "not a field")]
    [TestCase("spec.rules.0.conditions.0.values", """["x"]""", "spec.rules[0].conditions[0].values", "Exists takes no value")]
    [TestCase("spec.rules.0.conditions.0.operator", "\"Equals\"", "spec.rules[0].conditions[0].values", "Equals takes exactly one value")]
    [TestCase("spec.rules.0.conditions.0", """{"path":"a","operator":"LessThan","values":["x"]}""", "spec.rules[0].conditions[0].values[0]", "not a number")]
    [TestCase("spec.rules.0.conditions.0", """{"path":"a","operator":"Matches","values":["("]}""", "spec.rules[0].conditions[0].values[0]", "not a regular expression")]
    [TestCase("spec.exceptions.0.resource", "\"Pod/a/b\"", "spec.exceptions[0].resource", "Kind/namespace/name")]
    [TestCase("spec.exceptions.0.resource", "\"0/a/b\"", "spec.exceptions[0].resource", "Kind/namespace/name")]
    [TestCase("spec.exceptions.0.reason", "\" \"", "spec.exceptions[0].reason", "must not be empty")]
    [TestCase("spec.audit.retention", "\"7\"", "spec.audit.retention", "not a duration")]
    public void A_policy_is_refused(string field, string value, string path, string message) =>
        Expect(SpecValidation.Validate(Change("compliancepolicy.yaml", field, value).Deserialize(ApiJsonContext.Default.CompliancePolicy)!), path, message);

    [TestCase("spec.stage", "\"Archived\"", null)]
    [TestCase("spec.approvals.required", "2", null)]
    [TestCase("spec.revoked", "true", null)]
    [TestCase("spec.revokedReason", "\"bias\"", null)]
    [TestCase("spec.model", "\"other\"", "spec.model")]
    [TestCase("spec.version", "\"1.0.1\"", "spec.version")]
    [TestCase("spec.artifact.uri", "\"pvc://models/other\"", "spec.artifact")]
    [TestCase("spec.provenance", "null", "spec.provenance")]
    [TestCase("spec.signature", "null", "spec.signature")]
    [TestCase("spec.card.owner", "\"x\"", "spec.card")]
    [TestCase("spec.evaluation.0.value", "1", "spec.evaluation")]
    [TestCase("spec.gates", "[]", "spec.gates")]
    public void Only_some_fields_of_a_model_version_can_change(string field, string value, string? refused)
    {
        var before = Yaml.Fixture("modelversion.yaml").Deserialize(ApiJsonContext.Default.ModelVersion)!;
        var after = Change("modelversion.yaml", field, value).Deserialize(ApiJsonContext.Default.ModelVersion)!;

        Assert.That(SpecValidation.ValidateChange(before, after).Select(e => e.Path), Is.EqualTo(refused is null ? [] : new[] { refused }));
    }

    [Test]
    public void A_revocation_cannot_be_undone()
    {
        var before = Change("modelversion.yaml", "spec.revoked", "true").Deserialize(ApiJsonContext.Default.ModelVersion)!;
        var after = Yaml.Fixture("modelversion.yaml").Deserialize(ApiJsonContext.Default.ModelVersion)!;

        Expect(SpecValidation.ValidateChange(before, after), "spec.revoked", "cannot be undone");
    }

    [Test]
    public void Empty_objects_are_reported_and_never_throw()
    {
        Assert.Multiple(() =>
        {
            Assert.That(SpecValidation.Validate(new DataSource()), Is.Not.Empty);
            Assert.That(SpecValidation.Validate(new TrainingJob()), Is.Not.Empty);
            Assert.That(SpecValidation.Validate(new ModelVersion()), Is.Not.Empty);
            Assert.That(SpecValidation.Validate(new InferenceService()), Is.Not.Empty);
            Assert.That(SpecValidation.Validate(new CompliancePolicy()), Is.Empty);
        });
    }

    private static void Expect(IReadOnlyList<FieldError> errors, string path, string message) => Assert.That(
        errors.Any(e => e.Path == path && e.Message.Contains(message, StringComparison.Ordinal)), Is.True,
        $"expected '{path}: …{message}…' among:\n{string.Join("\n", errors)}");

    private static JsonObject Change(string fixture, string field, string value)
    {
        var root = Yaml.Fixture(fixture);
        JsonNode at = root;
        var steps = field.Split('.');
        foreach (var step in steps[..^1])
            at = int.TryParse(step, out var index) ? at[index]! : at[step]!;
        var node = JsonNode.Parse(value);
        if (int.TryParse(steps[^1], out var last))
            at[last] = node;
        else
            at[steps[^1]] = node;
        return root;
    }
}
