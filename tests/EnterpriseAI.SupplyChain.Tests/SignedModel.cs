using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain.Tests;

/// <summary>A signed folder artifact with three files, one of them in a subfolder.</summary>
internal sealed class SignedModel : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private SignedModel(ECDsa key) => Key = key;

    public static string[] Names { get; } = ["evaluation.json", "model.onnx", "tokenizer/vocabulary.txt"];

    public ECDsa Key { get; }

    public string Path => folder.Path;

    public string Signature => folder.File(ArtifactPaths.SignatureFile);

    public ModelVerificationPolicy Policy => new() { PublicKey = EcdsaPublicKey.Of(Key) };

    public static async Task<SignedModel> CreateAsync(ECCurve? curve = null)
    {
        var model = new SignedModel(ECDsa.Create(curve ?? ECCurve.NamedCurves.nistP256));
        foreach (var name in Names)
            model.Write(name, $"the contents of {name}");
        await ModelSigner.SignAsync(model.Path, model.Key);
        return model;
    }

    public string File(string name) => folder.File(name);

    public void Write(string name, string text) => folder.Write(name, text);

    public void Dispose()
    {
        Key.Dispose();
        folder.Dispose();
    }

    public static async Task<SupplyChainException> RefusedAsync(string path, ModelVerificationPolicy policy) =>
        (await Assert.CatchAsync<SupplyChainException>(() => ModelVerifier.VerifyAsync(path, policy)))!;
}
