using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.CompliancePolicies;
using static EnterpriseAI.Operator.Tests.CompliancePolicies.Compliance;

namespace EnterpriseAI.Operator.Tests.CompliancePolicies;

public sealed class EnforcementTests
{
    private static readonly V1Namespace Namespace = new() { Metadata = new V1ObjectMeta { Name = "ns", Labels = new Dictionary<string, string> { ["stage"] = "production" } } };

    [Test]
    public void An_enforced_violation_forbids_and_tells_policy_control_and_what_to_do() =>
        Assert.That(
            Forbids(Signed(EnforcementMode.Enforce)),
            Is.EqualTo(new[] { "policy policy: require.signature of ModelVersion/ns/model-1: no verified signature; to do: sign the artifact and name the key in spec.signature" }));

    [Test]
    public void An_audited_violation_forbids_nothing() => Assert.That(Forbids(Signed(EnforcementMode.Audit)), Is.Empty);

    [Test]
    public void What_meets_the_policy_is_allowed() =>
        Assert.That(Forbids(Signed(EnforcementMode.Enforce), version: Version(conditions: "SignatureVerified")), Is.Empty);

    [TestCase("production", true)]
    [TestCase("test", false)]
    public void A_policy_holds_in_the_namespaces_that_it_selects(string stage, bool forbidden)
    {
        var policy = Signed(EnforcementMode.Enforce);
        policy = policy with { Spec = policy.Spec with { NamespaceSelector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["stage"] = stage } } } };
        Assert.That(Forbids(policy).Count, Is.EqualTo(forbidden ? 1 : 0));
    }

    [TestCase(Severity.Info, false)]
    [TestCase(Severity.Low, false)]
    [TestCase(Severity.Medium, true)]
    [TestCase(Severity.Critical, true)]
    public void Violations_of_medium_severity_and_above_forbid(Severity severity, bool forbidden)
    {
        var rule = new PolicyRule
        {
            Name = "overseen",
            Kinds = [PolicyKind.InferenceService],
            Severity = severity,
            Message = "name an overseer",
            Conditions = [new RuleCondition { Path = "spec.humanOversight", Operator = RuleOperator.Exists }],
        };
        Assert.That(Forbids(Policy(new CompliancePolicySpec { Enforcement = EnforcementMode.Enforce, Rules = [rule] })).Count, Is.EqualTo(forbidden ? 1 : 0));
    }

    [Test]
    public void What_could_not_be_assessed_forbids_too() =>
        Assert.That(
            Forbids(Policy(new CompliancePolicySpec { Enforcement = EnforcementMode.Enforce, Frameworks = [ComplianceFramework.EuAiAct] }), service: Service(new InferenceServiceSpec { HumanOversight = new HumanOversight { Overseer = "alice" } })),
            Has.Count.EqualTo(3).And.All.Contains("the risk class is not stated"));

    [Test]
    public void An_exception_lifts_the_ban_until_it_ends()
    {
        var policy = Signed(EnforcementMode.Enforce);
        policy = policy with
        {
            Spec = policy.Spec with
            {
                Exceptions = [new PolicyException { Control = "require.signature", Resource = "ModelVersion/ns/model-1", ApprovedBy = "carol", Reason = "migration", Expires = Noon.AddHours(1) }],
            },
        };
        Assert.That((Forbids(policy).Count, Forbids(policy, now: Noon.AddHours(1)).Count), Is.EqualTo((0, 1)));
    }

    [Test]
    public void Each_enforced_policy_has_its_say() =>
        Assert.That(
            Enforcement.Forbids([Signed(EnforcementMode.Enforce), Signed(EnforcementMode.Audit), Signed(EnforcementMode.Enforce)], Namespace, Service(), Version(), new Evidence(), Noon),
            Has.Count.EqualTo(2));

    private static CompliancePolicy Signed(EnforcementMode mode) => Policy(new CompliancePolicySpec { Enforcement = mode, Require = new PolicyRequirements { Signature = true } });

    [Test]
    public void A_namespace_that_is_not_known_yet_is_served_only_where_nothing_is_enforced()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Enforcement.Forbids([Signed(EnforcementMode.Enforce)], null, Service(), Version(), new Evidence(), Noon), Has.Count.EqualTo(1).And.All.Contains("not known yet"));
            Assert.That(Enforcement.Forbids([Signed(EnforcementMode.Audit)], null, Service(), Version(), new Evidence(), Noon), Is.Empty);
        }
    }

    [Test]
    public void A_policy_whose_spec_is_wrong_stops_nobody() =>
        Assert.That(Forbids(Policy(new CompliancePolicySpec
        {
            Enforcement = EnforcementMode.Enforce,
            Rules = [new PolicyRule { Name = "broken", Kinds = [PolicyKind.InferenceService], Conditions = [new RuleCondition { Path = "spec.modelVersion", Operator = RuleOperator.Matches, Values = ["("] }], Severity = Severity.High }],
        })), Is.Empty);

    private static IReadOnlyList<string> Forbids(CompliancePolicy policy, ModelVersion? version = null, InferenceService? service = null, DateTimeOffset? now = null) =>
        Enforcement.Forbids([policy], Namespace, service ?? Service(), version ?? Version(), new Evidence(), now ?? Noon);
}
