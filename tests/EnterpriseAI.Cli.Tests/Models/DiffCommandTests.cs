using EnterpriseAI.Api;
using EnterpriseAI.Cli.Models;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Cli.Tests.Models;

public sealed class DiffCommandTests
{
    private static readonly DateTimeOffset Now = new ManualTimeProvider().GetUtcNow();

    [Test]
    public async Task It_answers_by_its_exit_code_as_diff_does()
    {
        var cluster = new PenguinCluster();
        var same = PenguinVersions.V100(cluster.Now);
        cluster.Put(same with { Metadata = same.Metadata with { Name = "copy" }, Spec = same.Spec with { Version = "1.0.1" } });
        var run = await cluster.RunAsync("model diff penguin-species-1.0.0 copy");
        Assert.That((run.Code, run.Output, run.Error), Is.EqualTo((0, "", "")));
        run = await cluster.RunAsync("model diff penguin-species-1.0.0 penguin-species-1.1.0");
        Assert.That((run.Code, run.Error), Is.EqualTo((1, "")));
        run = await cluster.RunAsync("model diff penguin-species-1.0.0 nothing");
        Assert.That((run.Code, run.Output), Is.EqualTo((2, "")));
        Assert.That((await new PenguinCluster { Forbidden = "modelversions" }.RunAsync("model diff a b")).Code, Is.EqualTo(2));
    }

    [Test]
    public void A_figure_says_by_how_much_and_whether_that_is_better()
    {
        var notes = ModelDifferences.Between(PenguinVersions.V100(Now), PenguinVersions.V110(Now), Now).Where(d => d.Group == "evaluation").ToDictionary(d => d.Field, d => d.Note);
        Assert.That(notes["accuracy on penguins"], Is.EqualTo("+0.0235, better"));
        Assert.That(notes["accuracy on penguins for sex=female"], Is.EqualTo("+0.02, better"));
        Assert.That(notes["log_loss on penguins"], Does.StartWith("-0.00").And.EndsWith(", better"));
        Assert.That(notes.Keys, Does.Not.Contain("accuracy on penguins for sex=male"));
        notes = ModelDifferences.Between(PenguinVersions.V110(Now), PenguinVersions.V100(Now), Now).Where(d => d.Group == "evaluation").ToDictionary(d => d.Field, d => d.Note);
        Assert.That(notes.Values, Is.All.EndsWith(", worse"));
    }

    [Test]
    public void Every_part_of_a_version_can_differ_and_each_difference_is_one()
    {
        var version = PenguinVersions.V100(Now);
        var (spec, status) = (version.Spec, version.Status!);
        (string Group, string Field, ModelVersion Other)[] changes =
        [
            ("state", "model", version with { Spec = spec with { Model = "m" } }),
            ("state", "stage", version with { Spec = spec with { Stage = ModelStage.Archived } }),
            ("state", "phase", version with { Status = status with { Phase = ModelVersionPhase.Failed } }),
            ("state", "revoked because", version with { Spec = spec with { Revoked = true } }),
            ("artifact", "uri", version with { Spec = spec with { Artifact = spec.Artifact with { Uri = "pvc://a/b" } } }),
            ("artifact", "digest", version with { Spec = spec with { Artifact = spec.Artifact with { Digest = Sources.New } } }),
            ("artifact", "expected signer", version with { Spec = spec with { Signature = null } }),
            ("artifact", "signed by", version with { Status = status with { Signer = new ModelSigner { KeyId = "0" } } }),
            ("interface", "input features", version with { Status = status with { Interface = status.Interface! with { Inputs = [status.Interface.Inputs[0] with { Shape = [1, 4] }] } } }),
            ("interface", "output label", version with { Status = status with { Interface = status.Interface with { Outputs = [status.Interface.Outputs[1]] } } }),
            ("graph", "IR version", version with { Status = status with { Graph = status.Graph! with { IrVersion = 9 } } }),
            ("graph", "producer", version with { Status = status with { Graph = status.Graph with { Producer = "other" } } }),
            ("graph", "operator set ai.onnx", version with { Status = status with { Graph = status.Graph with { OperatorSets = [new OperatorSet { Domain = "ai.onnx", Version = 18 }] } } }),
            ("graph", "operators", version with { Status = status with { Graph = status.Graph with { Operators = ["Gemm", "Relu", "TopK"] } } }),
            ("graph", "external data", version with { Status = status with { Graph = status.Graph with { ExternalData = ["weights"] } } }),
            ("card", "intended use", version with { Spec = spec with { Card = spec.Card! with { IntendedUse = "x" } } }),
            ("card", "limitations", version with { Spec = spec with { Card = spec.Card with { Limitations = null } } }),
            ("card", "licence", version with { Spec = spec with { Card = spec.Card with { License = "x" } } }),
            ("card", "owner", version with { Spec = spec with { Card = spec.Card with { Owner = "x" } } }),
            ("card", "risk class", version with { Spec = spec with { Card = spec.Card with { RiskClass = RiskClass.High } } }),
            ("evaluation", "accuracy on penguins", version with { Spec = spec with { Evaluation = [spec.Evaluation[0] with { Count = 1 }, .. spec.Evaluation.Skip(1)] } }),
            ("evaluation", "log_loss on penguins", version with { Spec = spec with { Evaluation = [.. spec.Evaluation.SkipLast(1)] } }),
            ("gates", "accuracy", version with { Spec = spec with { Gates = [spec.Gates[0] with { Minimum = 0.5 }, .. spec.Gates.Skip(1)] } }),
            ("gates", "log_loss", version with { Spec = spec with { Gates = [.. spec.Gates.SkipLast(1)] } }),
            ("provenance", "training job", version with { Spec = spec with { Provenance = spec.Provenance! with { TrainingJob = "x" } } }),
            ("provenance", "commit", version with { Spec = spec with { Provenance = spec.Provenance with { Source = spec.Provenance.Source! with { Commit = null } } } }),
            ("provenance", "data source penguins", version with { Spec = spec with { Provenance = spec.Provenance with { DataSources = [new DataSourceDigest { Name = "penguins", Digest = Sources.New }] } } }),
            ("approvals", "required", version with { Spec = spec with { Approvals = spec.Approvals! with { Required = 2 } } }),
            ("approvals", "valid for", version with { Spec = spec with { Approvals = spec.Approvals with { ValidFor = new Duration("900d") } } }),
            ("approvals", "approved by", version with { Spec = spec with { Approvals = spec.Approvals with { Granted = [] } } }),
            ("approvals", "rejected by", version with { Spec = spec with { Approvals = spec.Approvals with { Granted = [.. spec.Approvals.Granted, PenguinVersions.Approve("x", Now, null) with { Decision = ApproverDecision.Reject }] } } }),
        ];
        Assert.That(ModelDifferences.Between(version, version, Now), Is.Empty);
        foreach (var (group, field, other) in changes)
        {
            Assert.That(ModelDifferences.Between(version, other, Now).Select(d => (d.Group, d.Field)), Is.EqualTo((ValueTuple<string, string>[])[(group, field)]));
            Assert.That(ModelDifferences.Between(other, version, Now).Select(d => (d.Group, d.Field)), Is.EqualTo((ValueTuple<string, string>[])[(group, field)]));
        }
    }

    [Test]
    public void Operators_that_came_and_went_stand_on_their_own_side()
    {
        var version = PenguinVersions.V110(Now);
        var other = version with { Status = version.Status! with { Graph = version.Status.Graph! with { Operators = ["Gemm", "TopK", "Relu"] } } };
        var difference = ModelDifferences.Between(version, other, Now).Single();
        Assert.That((difference.Left, difference.Right), Is.EqualTo(("ArgMax, Softmax", "TopK")));
    }

    [Test]
    public void A_metric_that_no_gate_judges_is_neither_better_nor_worse()
    {
        var version = PenguinVersions.V100(Now);
        ModelVersion With(double value) => version with { Spec = version.Spec with { Gates = [], Evaluation = [new EvaluationResult { Metric = "latency", Value = value }] } };
        Assert.That(ModelDifferences.Between(With(1), With(3), Now).Single().Note, Is.EqualTo("+2"));
    }
}
