using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.ModelVersions;

namespace EnterpriseAI.Operator.Tests.ModelVersions;

public sealed class NamedEvidenceTests
{
    [Test]
    public void Every_ConfigMap_that_a_version_rests_on_is_named_once()
    {
        var spec = new ModelVersionSpec
        {
            Signature = Keyless("root"),
            Attestations =
            [
                new ModelAttestation { Name = "build", Bundle = Bundle("statements"), Signature = Keyless("builders-root") },
                new ModelAttestation { Name = "scan", Bundle = Bundle("statements"), Vex = [Bundle("vex")], Signature = Keyless(null) },
            ],
        };
        Assert.That(NamedEvidence.ConfigMapsOf(spec), Is.EquivalentTo(new[] { "statements", "vex", "root", "builders-root" }));
        Assert.That(NamedEvidence.ConfigMapsOf(new ModelVersionSpec()), Is.Empty);
    }

    [Test]
    public void Another_state_of_any_of_them_is_another_state()
    {
        string? State(params V1ConfigMap[] maps) => NamedEvidence.StateOf(maps);
        var (before, after, anew) = (Map("a", "u", "1"), Map("a", "u", "2"), Map("a", "v", "1"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(State(), Is.Null);
            Assert.That(State(before), Is.EqualTo(State(Map("a", "u", "1"))));
            Assert.That(new[] { State(before), State(after), State(anew), State(before, Map("b", "w", "1")) }, Is.Unique);
        }
    }

    private static V1ConfigMap Map(string name, string uid, string version) => new() { Metadata = new V1ObjectMeta { Name = name, Uid = uid, ResourceVersion = version } };

    private static AttestationBundle Bundle(string name) => new() { ConfigMapKeyRef = new ConfigMapKeyReference { Name = name, Key = "bundle.json" } };

    private static SignatureRequirement Keyless(string? root) => new()
    {
        Keyless = new KeylessIdentity
        {
            Identity = "a@example.com",
            Issuer = "https://issuer.example",
            TrustedRoot = root is null ? null : new TrustedRootSource { ConfigMapKeyRef = new ConfigMapKeyReference { Name = root, Key = "trusted_root.json" } },
        },
    };
}
