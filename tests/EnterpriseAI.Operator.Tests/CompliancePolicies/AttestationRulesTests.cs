using EnterpriseAI.Api;
using EnterpriseAI.Operator.CompliancePolicies;
using static EnterpriseAI.Operator.Tests.CompliancePolicies.Compliance;

namespace EnterpriseAI.Operator.Tests.CompliancePolicies;

public sealed class AttestationRulesTests
{
    private const string Builder = "https://github.com/acme/builder";

    [Test]
    public void Every_kind_that_the_policy_asks_for_must_be_verified()
    {
        var require = new PolicyRequirements { Attestations = [AttestationType.SlsaProvenance, AttestationType.Vulnerabilities] };
        Assert.That(Evaluate(require, Built(Builder), Scan(true)).Outcome, Is.EqualTo(Outcome.Pass));
        using (Assert.EnterMultipleScope())
        {
            var bare = Evaluate(require);
            Assert.That((bare.Outcome, bare.Message), Is.EqualTo((Outcome.Fail, "no verified attestation of the kind SlsaProvenance, Vulnerabilities")));
            Assert.That(bare.Remediation, Does.Contain("spec.attestations").And.Contain("SlsaProvenance, Vulnerabilities"));
            var old = Evaluate(require, Built(Builder), Scan(false));
            Assert.That((old.Outcome, old.Message), Is.EqualTo((Outcome.Fail, "no verified attestation of the kind Vulnerabilities; scan does not hold: ScanAge: scan again")));
        }
    }

    [Test]
    public void What_a_version_merely_asks_for_counts_for_nothing()
    {
        var version = Version(new ModelVersionSpec { Attestations = [new ModelAttestation { Name = "build", Type = AttestationType.SlsaProvenance }] }, "bob", "AttestationsVerified");
        Assert.That(Evaluate(new PolicyRequirements { Attestations = [AttestationType.SlsaProvenance] }, version).Outcome, Is.EqualTo(Outcome.Fail));
    }

    [TestCase(Builder, Outcome.Pass)]
    [TestCase("https://github.com/acme/*", Outcome.Pass)]
    [TestCase("*/builder", Outcome.Pass)]
    [TestCase("https://github.com/acme", Outcome.Fail)]
    [TestCase("github.com/acme/builder", Outcome.Fail)]
    [TestCase("https://github.com/acme/build*s", Outcome.Fail)]
    [TestCase("https://github.com/acme.builder", Outcome.Fail)]
    public void The_builder_must_be_one_that_the_policy_allows_as_a_whole(string allowed, Outcome outcome) =>
        Assert.That(Evaluate(new PolicyRequirements { Builders = ["https://other.example", allowed] }, Built(Builder)).Outcome, Is.EqualTo(outcome));

    [TestCase("https://github.com/acme/builder\n")]
    [TestCase("https://elsewhere.example\nhttps://github.com/acme/")]
    [TestCase("https://example.com/\nany")]
    [TestCase(null)]
    public void A_builder_that_only_looks_allowed_or_is_not_known_is_refused(string? builder) =>
        Assert.That(Evaluate(new PolicyRequirements { Builders = [Builder, "*/acme/", "https://example.com/*"] }, Built(builder)).Outcome, Is.EqualTo(Outcome.Fail));

    [Test]
    public void Every_verified_provenance_counts_and_what_is_not_verified_does_not()
    {
        var require = new PolicyRequirements { Builders = [Builder] };
        using (Assert.EnterMultipleScope())
        {
            var second = Evaluate(require, Built(Builder), Built("https://elsewhere.example"));
            Assert.That((second.Outcome, second.Message), Is.EqualTo((Outcome.Fail, "build was built by 'https://elsewhere.example', which is none of the builders that the policy allows")));
            Assert.That(Evaluate(require, Built(Builder) with { Verified = false }).Message, Is.EqualTo("no verified provenance names a builder"));
            Assert.That(Evaluate(require, Built(Builder) with { Type = AttestationType.CycloneDx }).Outcome, Is.EqualTo(Outcome.Fail));
        }
    }

    private static VerifiedAttestation Built(string? builder) => new() { Name = "build", Type = AttestationType.SlsaProvenance, Verified = true, BuilderId = builder };

    private static VerifiedAttestation Scan(bool holds) => new() { Name = "scan", Type = AttestationType.Vulnerabilities, Verified = holds, Step = holds ? null : "ScanAge", Message = holds ? null : "scan again" };

    private static Finding Evaluate(PolicyRequirements require, params VerifiedAttestation[] attestations) =>
        Evaluate(require, Version() with { Status = new ModelVersionStatus { Attestations = attestations } });

    private static Finding Evaluate(PolicyRequirements require, ModelVersion version) =>
        PolicyEvaluation.Evaluate(Policy(new CompliancePolicySpec { Require = require }), version, new Evidence(), Noon).Single().Finding;
}
