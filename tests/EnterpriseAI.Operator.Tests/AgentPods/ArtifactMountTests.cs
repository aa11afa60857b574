using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator.Tests.AgentPods;

public sealed class ArtifactMountTests
{
    private static readonly string Digest = "sha256:" + new string('a', 64);

    [Test]
    public void A_volume_is_mounted_read_only_and_nothing_is_fetched()
    {
        var mount = Mount("pvc://models/penguins/1.0.0");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mount.Path, Is.EqualTo("/mnt/model/penguins/1.0.0"));
            Assert.That((mount.Volumes.Single().PersistentVolumeClaim!.ClaimName, mount.Volumes[0].PersistentVolumeClaim!.ReadOnly), Is.EqualTo(("models", (bool?)true)));
            Assert.That(mount.Mounts.Single().ReadOnly, Is.True);
            Assert.That(mount.Preparation, Is.Empty);
        }
    }

    [TestCase("https://models.example/penguins/model.onnx", "model.onnx")]
    [TestCase("https://models.example/penguins/1.0.0/", "1.0.0")]
    [TestCase("s3://models/penguins/model.onnx", "model.onnx")]
    [TestCase("oci://registry.example/models/penguins@sha256:aaaa", "penguins")]
    [TestCase("https://models.example/a%20b", "model")]
    public void Anything_else_is_fetched_before_by_its_digest_into_a_folder_of_the_pod(string uri, string name)
    {
        var mount = Mount(uri);
        var fetch = mount.Preparation.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mount.Path, Is.EqualTo($"/mnt/model/{name}"));
            Assert.That(fetch.Args, Is.SupersetOf(new[] { $"--from={uri}", $"--to=/mnt/model/{name}", $"--digest={Digest}" }));
            Assert.That(fetch.VolumeMounts!.Single(m => m.Name == "model").ReadOnly, Is.Null);
            Assert.That(mount.Mounts.Single().ReadOnly, Is.True, "what serves cannot write");
            Assert.That(mount.Volumes.Single().EmptyDir, Is.Not.Null);
        }
    }

    [Test]
    public void With_a_cache_the_entry_of_the_digest_is_read_in_the_namespaces_own_folder()
    {
        var mount = ArtifactMount.Of(Version(new ModelArtifact { Uri = "https://models.example/model.onnx", Digest = Digest }), "agent", "/var/lib/models");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mount.Path, Is.EqualTo($"/mnt/cache/ns/sha256-{new string('a', 64)}/model.onnx"));
            Assert.That(mount.Volumes.Single().HostPath!.Path, Is.EqualTo("/var/lib/models"));
            Assert.That(mount.Preparation.Single().Args, Does.Contain("--cache=/mnt/cache/ns"));
        }
    }

    [Test]
    public void Credentials_authorities_and_the_store_are_handed_to_the_fetcher_alone()
    {
        var mount = ArtifactMount.Of(Version(new ModelArtifact
        {
            Uri = "s3://models/model.onnx",
            Digest = Digest,
            SecretRef = new SecretReference { Name = "store" },
            CaBundleRef = new ConfigMapKeyReference { Name = "ca", Key = "ca.crt" },
            S3 = new ObjectStore { Endpoint = "https://minio.storage.svc:9000", Region = "eu-west-1" },
        }), "agent", null);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mount.Preparation.Single().Args, Is.SupersetOf(new[] { "--credentials=/mnt/credentials", "--ca-file=/mnt/ca/ca.pem", "--s3-endpoint=https://minio.storage.svc:9000", "--s3-path-style", "--s3-region=eu-west-1" }));
            Assert.That(mount.Mounts.Select(m => m.Name), Is.EqualTo(new[] { "model" }));
        }
    }

    [TestCase("https://models.example/model.onnx", null, 443)]
    [TestCase("https://models.example:8443/model.onnx", null, 8443)]
    [TestCase("s3://models/model.onnx", null, 443)]
    [TestCase("s3://models/model.onnx", "http://minio:9000", 9000)]
    [TestCase("oci://registry.example:5000/m@sha256:aa", null, 5000)]
    public void The_pod_may_reach_the_port_at_which_the_artifact_is(string uri, string? endpoint, int port) =>
        Assert.That(ArtifactMount.Port(new ModelArtifact { Uri = uri, S3 = endpoint is null ? null : new ObjectStore { Endpoint = endpoint } }), Is.EqualTo(port));

    private static ArtifactMount Mount(string uri) => ArtifactMount.Of(Version(new ModelArtifact { Uri = uri, Digest = Digest }), "agent", null);

    private static ModelVersion Version(ModelArtifact artifact) => new()
    {
        Metadata = new V1ObjectMeta { Name = "penguins-1", Namespace = "ns", Uid = "uid" },
        Spec = new ModelVersionSpec { Model = "penguins", Version = "1.0.0", Artifact = artifact },
    };
}
