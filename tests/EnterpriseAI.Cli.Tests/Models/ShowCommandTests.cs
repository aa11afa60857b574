using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Tests.Models;

public sealed class ShowCommandTests
{
    [Test]
    public async Task Where_it_stands_and_what_would_help_come_first()
    {
        var run = await new PenguinCluster().RunAsync("model show penguin-species-2.0.0");
        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(run.Lines[0], Is.EqualTo("penguin-species-2.0.0   AwaitingApproval"));
        Assert.That(run.Lines[1], Does.StartWith("1 of 2 approvals given (alice@example.com)"));
        Assert.That(run.Lines[4], Is.EqualTo("  kubectl enterpriseai model approve penguin-species-2.0.0 -n research --comment \"…\""));
    }

    [TestCase(null, false, "component=operator")]
    [TestCase("Pending", false, "component=operator")]
    [TestCase("Verifying", false, "kubectl get pvc models -n research")]
    [TestCase("Rejected", false, "erin can take the rejection back")]
    [TestCase("Archived", false, "model stage penguin-species-3.0.0 -n research Candidate")]
    [TestCase("Revoked", true, "cannot be undone")]
    [TestCase("Revoked", false, "model lineage penguin-species-3.0.0 -n research")]
    [TestCase("Ready", false, "kubectl patch inferenceservice SERVICE -n research")]
    [TestCase("Failed", false, "publish a new version")]
    public async Task Every_phase_says_what_would_help(string? phase, bool isRevoked, string help)
    {
        var cluster = new PenguinCluster();
        var version = PenguinVersions.Version("3.0.0", cluster.Now);
        cluster.Put(version with
        {
            Spec = version.Spec with { Revoked = isRevoked, Approvals = new ModelApprovals { Granted = [PenguinVersions.Approve("erin", cluster.Now, null) with { Decision = ApproverDecision.Reject }] } },
            Status = phase is null ? null : new ModelVersionStatus { Phase = Enum.Parse<ModelVersionPhase>(phase) },
        });
        Assert.That((await cluster.RunAsync("model show penguin-species-3.0.0")).Output, Does.Contain(help));
    }

    [TestCase("SignatureVerified", "model verify penguin-species-3.0.0 -n research --artifact PATH")]
    [TestCase("ArtifactAvailable", "kubectl get pvc models -n research")]
    public async Task A_refused_artifact_is_told_from_one_that_is_not_there(string condition, string help)
    {
        var cluster = new PenguinCluster();
        cluster.Put(PenguinVersions.Version("3.0.0", cluster.Now) with
        {
            Status = new ModelVersionStatus { Phase = ModelVersionPhase.Failed, Conditions = [new V1Condition { Type = condition, Status = "False" }] },
        });
        Assert.That((await cluster.RunAsync("model show penguin-species-3.0.0")).Output, Does.Contain(help));
    }

    [Test]
    public async Task Each_attestation_that_is_asked_for_is_shown_with_what_came_of_it()
    {
        var cluster = new PenguinCluster();
        var version = PenguinVersions.Version("3.0.0", cluster.Now);
        cluster.Put(version with
        {
            Spec = version.Spec with { Attestations = [.. new[] { "build", "scan", "new" }.Select(name => new ModelAttestation { Name = name, Type = name == "build" ? AttestationType.SlsaProvenance : AttestationType.Vulnerabilities })] },
            Status = new ModelVersionStatus
            {
                Phase = ModelVersionPhase.Failed,
                Attestations =
                [
                    new VerifiedAttestation { Name = "build", Type = AttestationType.SlsaProvenance, Verified = true, Message = "built by trainer", Signer = new ModelSigner { Identity = "ci@example.com" } },
                    new VerifiedAttestation { Name = "scan", Type = AttestationType.Vulnerabilities, Step = "ScanAge", Message = "scan again" },
                ],
            },
        });
        var rows = (await cluster.RunAsync("model show penguin-species-3.0.0")).Lines.SkipWhile(l => l != "Attestations").Skip(2).Take(3).Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.That(rows, Is.EqualTo(new[] { "build SlsaProvenance yes ci@example.com built by trainer", "scan Vulnerabilities no - ScanAge: scan again", "new Vulnerabilities unknown - -" }));
    }

    [Test]
    public async Task A_gate_that_failed_is_shown_with_the_operator_s_reason_and_the_others_as_passed()
    {
        var run = await new PenguinCluster().RunAsync("model show penguin-species-1.1.0-rc.1");
        var gates = run.Lines.SkipWhile(l => l != "Gates").Skip(2).Take(3).Select(l => l.Trim()).ToArray();
        Assert.That(gates[0], Does.StartWith("accuracy ").And.Contain(" yes "));
        Assert.That(gates[1], Does.StartWith("accuracy for sex=* ").And.Contain(" no ").And.EndsWith("accuracy for sex=female is 0.81, below the minimum 0.85"));
        Assert.That(gates[2], Does.StartWith("log_loss ").And.Contain(" yes "));
    }

    [Test]
    public async Task What_the_card_lacks_is_named()
    {
        var output = (await new PenguinCluster().RunAsync("model show penguin-species-2.0.0")).Output;
        Assert.That(output, Does.Match("Missing: +Limitations, Licence\n"));
        Assert.That((await new PenguinCluster().RunAsync("model show penguin-species-1.0.0")).Output, Does.Not.Contain("Missing:"));
    }

    [Test]
    public async Task Approvals_say_who_when_and_how_long()
    {
        var run = await new PenguinCluster().RunAsync("model show penguin-species-2.0.0");
        var lines = run.Lines.SkipWhile(l => !l.StartsWith("Approvals", StringComparison.Ordinal)).ToArray();
        Assert.That(lines[0], Is.EqualTo("Approvals: 1 of 2, each valid for 90d"));
        Assert.That(lines[2], Does.Match("dave@example.com +Approve +.* in 89d +-$"));
        Assert.That(lines[3], Does.Match("alice@example.com +Approve +.* in 89d +figures reviewed$"));
        Assert.That(lines[4], Does.Match("dave@example.com +Withdraw +.* - +not my model$"));
    }

    [Test]
    public async Task The_object_comes_whole([Values("json", "yaml")] string format)
    {
        var cluster = new PenguinCluster();
        var run = await cluster.RunAsync($"model show penguin-species-1.0.0 -o {format}");
        Assert.That(run.Output, Does.Contain("figures and card reviewed").And.Contain("penguin-species-1.0.0"));
        Assert.That(cluster.Server.Requests, Has.Count.EqualTo(1));
        if (format == "json")
            Assert.That(JsonNode.Parse(run.Output)!["spec"]!["artifact"]!["uri"]!.ToString(), Is.EqualTo("pvc://models/penguin-species/1.0.0"));
    }

    [Test]
    public async Task Whatever_others_wrote_is_text()
    {
        const string hostile = "[red]\u001b[31mx\u202e\n2[/]";
        var cluster = new PenguinCluster();
        var version = PenguinVersions.V100(cluster.Now);
        cluster.Put(version with
        {
            Metadata = version.Metadata with { Name = "h", Annotations = new Dictionary<string, string> { ["enterpriseai.io/created-by"] = hostile } },
            Spec = version.Spec with
            {
                Model = hostile,
                Version = hostile,
                Artifact = new ModelArtifact { Uri = hostile, Digest = hostile },
                Card = new ModelCard { IntendedUse = hostile, Limitations = hostile, License = hostile, Owner = hostile },
                Evaluation = [new EvaluationResult { Metric = hostile, Dataset = hostile, Slice = hostile }],
                Gates = [new EvaluationGate { Metric = hostile, Minimum = 1 }],
                Approvals = new ModelApprovals { ValidFor = new Duration(hostile), Granted = [PenguinVersions.Approve(hostile, cluster.Now, hostile)] },
                Provenance = new ModelProvenance { TrainingJob = hostile, DataSources = [new DataSourceDigest { Name = hostile, Digest = hostile }], Source = new SourceRevision { Repository = hostile, Commit = hostile } },
                Revoked = true,
                RevokedReason = hostile,
            },
            Status = version.Status! with
            {
                Digest = hostile,
                Signer = new ModelSigner { Identity = hostile, Issuer = hostile },
                Interface = new ModelInterface { Inputs = [new ModelTensor { Name = hostile, Datatype = hostile }] },
                Graph = new ModelGraph { Producer = hostile, Operators = [hostile], OperatorSets = [new OperatorSet { Domain = hostile }], ExternalData = [hostile] },
                Conditions = [new V1Condition { Type = "Ready", Status = hostile, Reason = hostile, Message = hostile }, new V1Condition { Type = "GatesPassed", Status = "False", Message = hostile }],
            },
        });
        foreach (var line in (string[])["model show h", "model show h -o json", "model show h -o yaml", "model diff h penguin-species-0.9.0", "model lineage h", "model lineage h -o json", "model revoke h --reason x --yes", "model list -o wide", "model verify h --artifact /nowhere", "status"])
        {
            var run = await cluster.RunAsync(line);
            Assert.That((run.Output + run.Error).Where(c => c != '\n' && (char.IsControl(c) || c == '\u202e')), Is.Empty, $"{line}: {run.Output}{run.Error}");
            Assert.That(run.Output + run.Error, Does.Contain("[red]").Or.Contain("revoked already"), line);
        }
    }

    [Test]
    public async Task A_version_that_is_not_there_is_one_line()
    {
        var run = await new PenguinCluster().RunAsync("model show nothing");
        Assert.That((run.Code, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error.TrimEnd(), Does.Contain("nothing not found").And.Not.Contain("\n"));
    }

    [Test]
    public async Task Services_that_may_not_be_read_are_said_to_be_so()
    {
        var run = await new PenguinCluster { Forbidden = "inferenceservices" }.RunAsync("model show penguin-species-1.0.0");
        Assert.That((run.Code, run.Output.Contains("inferenceservices is forbidden", StringComparison.Ordinal)), Is.EqualTo((0, true)), run.Output);
    }
}
