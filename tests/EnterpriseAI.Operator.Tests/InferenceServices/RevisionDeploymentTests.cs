using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.InferenceServices;

namespace EnterpriseAI.Operator.Tests.InferenceServices;

public sealed class RevisionDeploymentTests
{
    [Test]
    public void Batching_is_given_to_the_model_server()
    {
        var arguments = Arguments(Service(new RequestBatching { MaxBatchSize = 16, MaxDelay = new Duration("1.5ms") }));
        Assert.That(arguments, Is.SupersetOf(new[] { "--max-batch-size=16", "--max-batch-delay-us=1500" }));
        Assert.That(Arguments(Service(null)), Has.None.StartsWith("--max-batch"));
    }

    [Test]
    public void Requests_cannot_load_or_unload_what_the_resource_decides() =>
        Assert.That(Arguments(Service(null)), Does.Contain("--model-control=None"));

    [Test]
    public void What_runs_keeps_its_image_and_its_arguments_over_an_upgrade()
    {
        var live = new V1Deployment
        {
            Metadata = new V1ObjectMeta { Name = "svc-r", Namespace = "ns" },
            Spec = new V1DeploymentSpec { Template = new V1PodTemplateSpec { Spec = new V1PodSpec { Containers = [new V1Container { Name = "model-server", Image = "older", Args = ["--old"] }] } } },
        };
        var container = Build(Service(null), live).Spec!.Template!.Spec!.Containers![0];
        Assert.That((container.Image, container.Args), Is.EqualTo(("older", (IReadOnlyList<string>)["--old"])));
    }

    private static IReadOnlyList<string> Arguments(InferenceService service) => Build(service, null).Spec!.Template!.Spec!.Containers![0].Args!;

    private static V1Deployment Build(InferenceService service, V1Deployment? live) => RevisionDeployment.Build(service, Version, "r", 1, new ServingImages("image", "agent", null), live);

    private static readonly ModelVersion Version = new()
    {
        Metadata = new V1ObjectMeta { Name = "m-1", Namespace = "ns", Uid = "version" },
        Spec = new ModelVersionSpec { Model = "m", Version = "1", Artifact = new ModelArtifact { Uri = "pvc://models/m/1", Digest = "sha256:aa" } },
    };

    private static InferenceService Service(RequestBatching? batching) => new()
    {
        Metadata = new V1ObjectMeta { Name = "svc", Namespace = "ns", Uid = "service" },
        Spec = new InferenceServiceSpec { ModelVersion = "m-1", Runtime = new ModelRuntime { Batching = batching } },
    };
}
