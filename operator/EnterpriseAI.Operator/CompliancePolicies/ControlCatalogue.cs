using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.ModelVersions;

namespace EnterpriseAI.Operator.CompliancePolicies;

/// <summary>One check of one control of one framework, for one kind of resource.</summary>
/// <param name="Id">The control's own id, such as <c>32(1)(a)</c>.</param>
public sealed record Control(ComplianceFramework Framework, string Id, Severity Severity, Func<IKubernetesObject, Evidence, Finding?> Check)
{
    /// <summary>Framework and id, as exceptions name it: <c>GDPR/32(1)(a)</c>.</summary>
    public string Name => $"{Label(Framework)}/{Id}";

    /// <summary>The framework as people write it.</summary>
    public static string Label(ComplianceFramework framework) => framework switch
    {
        ComplianceFramework.Gdpr => "GDPR",
        ComplianceFramework.Hipaa => "HIPAA",
        ComplianceFramework.Soc2 => "SOC2",
        ComplianceFramework.Iso27001 => "ISO27001",
        ComplianceFramework.PciDss => "PCI-DSS",
        ComplianceFramework.Sox => "SOX",
        ComplianceFramework.EuAiAct => "EU-AI-Act",
        _ => "NIST-AI-RMF",
    };
}

/// <summary>The controls that can be checked against resources.</summary>
/// <remarks>
/// A pass means that this check found its evidence, never that a law is complied with. Controls that no resource can show are not
/// listed here: they are neither passed nor failed. Sources: Regulation (EU) 2016/679; 45 CFR 164; TSP 100 (2017, points of focus 2022);
/// ISO/IEC 27001:2022 Annex A; PCI DSS v4.0; Sarbanes-Oxley sections 404; Regulation (EU) 2024/1689; NIST AI RMF 1.0.
/// </remarks>
public static class ControlCatalogue
{
    public static IReadOnlyList<Control> All { get; } =
    [
        Of<TrainingJob>(ComplianceFramework.Gdpr, "5(1)(b)", Severity.High, PurposeLimitation),
        Of<DataSource>(ComplianceFramework.Gdpr, "5(1)(e)", Severity.Medium, (source, _) => ForPersonalData(source, () => Finding.Of(
            source.Spec.Governance?.Retention is not null, $"kept for {source.Spec.Governance?.Retention}", "no retention period is declared", "set spec.governance.retention"))),
        Of<DataSource>(ComplianceFramework.Gdpr, "6(1)", Severity.High, (source, _) => ForPersonalData(source, () => Finding.Of(
            source.Spec.Governance?.LegalBasis is not null, $"legal basis {source.Spec.Governance?.LegalBasis}", "no lawful basis is declared", "set spec.governance.legalBasis"))),
        Of<DataSource>(ComplianceFramework.Gdpr, "32(1)(a)", Severity.High, (source, _) => ForPersonalData(source, () => Encryption(source))),

        Of<DataSource>(ComplianceFramework.Hipaa, "164.312(a)(2)(iv)", Severity.High, (source, _) => ForContent(source, SensitiveContent.Phi, () => Encryption(source))),
        Of<DataSource>(ComplianceFramework.Hipaa, "164.312(c)(1)", Severity.High, (source, _) => ForContent(source, SensitiveContent.Phi, () => Fingerprint(source))),

        Of<ModelVersion>(ComplianceFramework.Soc2, "CC8.1", Severity.High, Authorised),
        Of<ModelVersion>(ComplianceFramework.Soc2, "CC6.3", Severity.High, Segregation),
        Of<DataSource>(ComplianceFramework.Soc2, "PI1.1", Severity.Medium, (source, _) => Finding.Of(
            source.Spec.Schema is not null && Conditions.IsTrue(source.Status?.Conditions, "SchemaValid"),
            "a schema is declared and holds", "no schema is declared, or the data breaks it", "declare spec.schema, and see the condition SchemaValid")),
        Of<InferenceService>(ComplianceFramework.Soc2, "A1.2", Severity.Low, (service, _) => service.Spec.Scaling.MinReplicas >= 2
            ? Finding.Pass($"{service.Spec.Scaling.MinReplicas} replicas")
            : Finding.Warn("one replica: the loss of its node stops the service", "set spec.scaling.minReplicas to 2 or more")),

        Of<DataSource>(ComplianceFramework.Iso27001, "A.5.12", Severity.Medium, (source, _) => Finding.Of(
            source.Spec.Classification?.Level is not null, $"classified {source.Spec.Classification?.Level}", "the data is not classified", "set spec.classification.level")),
        Of<ModelVersion>(ComplianceFramework.Iso27001, "A.8.32", Severity.High, Authorised),

        Of<DataSource>(ComplianceFramework.PciDss, "3.5.1", Severity.Critical, (source, _) => ForContent(source, SensitiveContent.Financial, () => Encryption(source))),

        Of<ModelVersion>(ComplianceFramework.Sox, "404/ITGC-CM", Severity.High, Authorised),
        Of<ModelVersion>(ComplianceFramework.Sox, "404/ITGC-SoD", Severity.High, Segregation),

        Of<ModelVersion>(ComplianceFramework.EuAiAct, "10(2)", Severity.High, (version, _) => ForHighRisk(version, () => Lineage(version))),
        Of<ModelVersion>(ComplianceFramework.EuAiAct, "11", Severity.High, (version, _) => ForHighRisk(version, () => Card(version))),
        Of<ModelVersion>(ComplianceFramework.EuAiAct, "15(3)", Severity.High, (version, _) => ForHighRisk(version, () => Evaluated(version))),
        Of<InferenceService>(ComplianceFramework.EuAiAct, "14(4)", Severity.High, (service, _) => Finding.Of(
            service.Spec.HumanOversight is not null, $"overseen by {service.Spec.HumanOversight?.Overseer}", "no human oversight is named", "set spec.humanOversight")),

        Of<DataSource>(ComplianceFramework.NistAiRmf, "GOVERN 2.1", Severity.Medium, (source, _) => Finding.Of(
            !string.IsNullOrEmpty(source.Spec.Owner), $"owned by {source.Spec.Owner}", "nobody is accountable", "set spec.owner")),
        Of<ModelVersion>(ComplianceFramework.NistAiRmf, "MAP 1.1", Severity.Medium, (version, _) => Finding.Of(
            !string.IsNullOrEmpty(version.Spec.Card?.IntendedUse), "the intended use is stated", "the intended use is not stated", "set spec.card.intendedUse")),
        Of<ModelVersion>(ComplianceFramework.NistAiRmf, "MEASURE 2.3", Severity.Medium, (version, _) => Evaluated(version)),
        Of<ModelVersion>(ComplianceFramework.NistAiRmf, "MEASURE 2.7", Severity.High, (version, _) => Signed(version)),
        Of<InferenceService>(ComplianceFramework.NistAiRmf, "MANAGE 4.1", Severity.Medium, (service, _) => service.Spec.Rollout.Strategy == RolloutStrategy.Canary
            ? Finding.Pass("new versions are judged on live traffic and rolled back without a human")
            : Finding.Warn($"the strategy {service.Spec.Rollout.Strategy} judges nothing", "use spec.rollout.strategy Canary")),
    ];

    /// <summary>Encryption, as the owner declares it.</summary>
    internal static Finding Encryption(DataSource source) => Finding.Of(
        source.Spec.Governance?.Encryption is { AtRest: true, InTransit: true },
        "encryption at rest and in transit is declared", "encryption is not declared for both rest and transit", "encrypt, then set spec.governance.encryption");

    /// <summary>The signature was verified by the operator.</summary>
    internal static Finding Signed(ModelVersion version) => Finding.Of(
        Conditions.IsTrue(version.Status?.Conditions, "SignatureVerified"),
        $"signed by the key {version.Status?.Signer?.KeyId}", "no verified signature", "sign the artifact and name the key in spec.signature");

    /// <summary>The card has what its readers need.</summary>
    internal static Finding Card(ModelVersion version)
    {
        var missing = CardCheck.Missing(version.Spec.Card);
        return Finding.Of(missing.Count == 0, "the model card is complete", $"the model card lacks {string.Join(", ", missing)}", "complete spec.card");
    }

    private static Control Of<T>(ComplianceFramework framework, string id, Severity severity, Func<T, Evidence, Finding> check) where T : class, IKubernetesObject =>
        new(framework, id, severity, (resource, evidence) => resource is T typed ? check(typed, evidence) : null);

    private static Finding ForPersonalData(DataSource source, Func<Finding> check) => ForContent(source, SensitiveContent.Pii, check);

    private static Finding ForContent(DataSource source, SensitiveContent content, Func<Finding> check) =>
        source.Status?.Classification is not { } classification
            ? Finding.Error("the data was not classified yet", "see the condition Ready of the data source")
            : classification.Findings.Any(f => f.Framework == content) ? check() : Finding.Skip($"no {content} was found in the data");

    private static Finding ForHighRisk(ModelVersion version, Func<Finding> check) => version.Spec.Card?.RiskClass switch
    {
        null => Finding.Error("the risk class is not stated, so it is not known whether this applies", "set spec.card.riskClass"),
        RiskClass.High or RiskClass.Unacceptable => check(),
        _ => Finding.Skip($"risk class {version.Spec.Card.RiskClass}: applies to high-risk systems"),
    };

    private static Finding PurposeLimitation(TrainingJob job, Evidence evidence)
    {
        foreach (var input in job.Spec.Inputs)
        {
            if (evidence.DataSourceOf(job, input.DataSource) is not { } source)
                return Finding.Error($"DataSource {input.DataSource} does not exist any more", "keep the data source as long as what was trained on it");
            if (source.Spec.Governance?.PermittedPurposes is not { Count: > 0 } permitted)
                return Finding.Fail($"DataSource {input.DataSource} names no permitted purposes", "set spec.governance.permittedPurposes of the data source");
            if (!permitted.Contains(job.Spec.Purpose ?? ""))
                return Finding.Fail($"purpose '{job.Spec.Purpose}' is not permitted by DataSource {input.DataSource}", "train for a permitted purpose, or have the owner permit this one");
        }
        return Finding.Pass($"purpose '{job.Spec.Purpose}' is permitted by every input");
    }

    private static Finding Fingerprint(DataSource source) => Finding.Of(
        source.Status?.Snapshot is not null, $"fingerprint {source.Status?.Snapshot?.Digest}", "the data has no fingerprint", "see the condition Ready of the data source");

    private static Finding Authorised(ModelVersion version, Evidence evidence)
    {
        var conditions = version.Status?.Conditions;
        foreach (var type in (string[])["SignatureVerified", "GatesPassed", "Approved"])
        {
            if (!Conditions.IsTrue(conditions, type))
                return Finding.Fail($"{type} is not true: {Conditions.Find(conditions, type)?.Message ?? "it was not looked at yet"}", "verify, evaluate and approve the version before it is used");
        }
        return version.Spec.Gates.Count == 0
            ? Finding.Fail("approved without any evaluation gate", "set spec.gates")
            : Finding.Pass("verified, evaluated against its gates, and approved");
    }

    private static Finding Segregation(ModelVersion version, Evidence evidence)
    {
        var approvers = (version.Spec.Approvals?.Granted ?? []).Where(a => a.Decision == ApproverDecision.Approve).Select(a => a.By).OfType<string>().Distinct().ToList();
        var creator = Admission.CreatorStamp.Of(version);
        return approvers.Count == 0 ? Finding.Fail("nobody has approved", "have somebody else than the creator approve")
            : creator is null ? Finding.Error("the creator is not recorded", "create model versions while the admission webhook is in place")
            : Finding.Of(!approvers.Contains(creator), $"created by {creator}, approved by {string.Join(", ", approvers)}", $"{creator} approved what they created", "have somebody else approve");
    }

    private static Finding Lineage(ModelVersion version) => Finding.Of(
        version.Spec.Provenance?.DataSources is { Count: > 0 } sources && sources.All(s => s.Digest is not null),
        "the training data is named by digest", "the training data is not named by digest", "train by a TrainingJob with inputs, or set spec.provenance.dataSources");

    private static Finding Evaluated(ModelVersion version) => Finding.Of(
        version.Spec.Evaluation.Count > 0 && version.Spec.Gates.Count > 0,
        $"{version.Spec.Evaluation.Count} figures against {version.Spec.Gates.Count} gates", "no figures, or no gates to hold them against", "set spec.evaluation and spec.gates");
}
