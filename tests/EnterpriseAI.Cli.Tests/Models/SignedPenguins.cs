using System.Security.Cryptography;
using System.Text;
using EnterpriseAI.Cli.Tests.Verification;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Tests.Models;

/// <summary>Version 1.0.0 as bytes on disk, signed, with its key in the cluster. The same bytes and the same key every time.</summary>
internal sealed class SignedPenguins : IDisposable
{
    private readonly ModelFolder _model = new();
    private readonly ModelFolder _keys = new();

    private SignedPenguins()
    {
        _model.Write("model.onnx", "not really a graph, but bytes all the same");
        _model.Write("labels.txt", "Adelie\nChinstrap\nGentoo\n");
        using var key = Key("penguins");
        KeyFile = _keys.Write("cosign.key", key.ExportPkcs8PrivateKeyPem());
        PublicKeyFile = _keys.Write("cosign.pub", key.ExportSubjectPublicKeyInfoPem());
        using var other = Key("somebody else");
        OtherKeyFile = _keys.Write("other.pub", other.ExportSubjectPublicKeyInfoPem());
    }

    public string Path => _model.Path;

    public string KeyFile { get; }

    public string PublicKeyFile { get; }

    public string OtherKeyFile { get; }

    public static async Task<SignedPenguins> CreateAsync(PenguinCluster cluster)
    {
        var penguins = new SignedPenguins();
        using var key = Key("penguins");
        var signature = await SupplyChain.ModelSigner.SignAsync(penguins.Path, key);
        var version = PenguinVersions.V100(cluster.Now.AddDays(-4).AddHours(-5));
        cluster.Put(version with
        {
            Metadata = version.Metadata with { CreationTimestamp = cluster.Now.AddDays(-4).AddHours(-5) },
            Spec = version.Spec with { Artifact = version.Spec.Artifact with { Digest = signature.Digest.ToString() } },
            Status = version.Status! with { ObservedGeneration = 2, Digest = signature.Digest.ToString() },
        });
        cluster.Server.Put(CoreResources.Secrets, new V1Secret
        {
            Metadata = new V1ObjectMeta { Name = "model-signing-pub", Namespace = PenguinCluster.Namespace },
            Data = new Dictionary<string, byte[]> { ["cosign.pub"] = await File.ReadAllBytesAsync(penguins.PublicKeyFile) },
        });
        return penguins;
    }

    public void Write(string name, string text) => _model.Write(name, text);

    public void Delete(string name) => File.Delete(_model.File(name));

    public void Dispose()
    {
        _model.Dispose();
        _keys.Dispose();
    }

    private static ECDsa Key(string seed) => ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = SHA256.HashData(Encoding.UTF8.GetBytes(seed)) });
}
