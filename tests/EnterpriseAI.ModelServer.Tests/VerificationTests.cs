using System.Security.Cryptography;
using System.Text.Json;
using EnterpriseAI.ModelServer.Commands;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Serving;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.ModelServer.Tests;

public class VerificationTests
{
    private static async Task<(string Folder, string Key)> SignedAsync(TemporaryFolder folder, string evaluation = """[{"metric":"accuracy","value":0.98,"dataset":"penguins","slice":null}]""")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Directory.CreateDirectory(folder.File("model"));
        folder.Write("model/model.onnx", OnnxModels.Linear());
        folder.Write("model/evaluation.json", evaluation);
        await ModelSigner.SignAsync(folder.File("model"), key);
        return (folder.File("model"), folder.Write("cosign.pub", EcdsaPublicKey.Of(key).Pem));
    }

    private static async Task<ModelRefusedException> RefusedAsync(ModelOptions options) =>
        (await Assert.ThrowsAsync<ModelRefusedException>(() => ModelLoader.LoadAsync(options, CancellationToken.None)))!;

    [Test]
    public async Task A_signed_model_is_served()
    {
        using var folder = new TemporaryFolder();
        var (model, key) = await SignedAsync(folder);
        await using var server = await RunningServer.StartAsync(model, options => options with { Model = options.Model with { PublicKeyFile = key, RequireSignature = true } });
        Assert.That(await server.DataAsync("""{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}"""), Is.EqualTo("[32,48]"));
    }

    [Test]
    public async Task A_tampered_model_is_refused_before_it_is_loaded_and_the_process_stops()
    {
        using var folder = new TemporaryFolder();
        var (model, key) = await SignedAsync(folder);
        var bytes = await File.ReadAllBytesAsync(Path.Combine(model, "model.onnx"));
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(Path.Combine(model, "model.onnx"), bytes);
        await using var server = await RunningServer.StartAsync(model, options => options with { Model = options.Model with { PublicKeyFile = key } });
        Assert.That(server.Refusal!.Reason, Is.EqualTo("DigestMismatch"));
        Assert.That(server.Refusal.Message, Does.Contain("'model.onnx' was changed"));
        Assert.That(server.Refusal.ExitCode, Is.EqualTo(1));
        Assert.That(server.App.Lifetime.ApplicationStopping.IsCancellationRequested);
    }

    [Test]
    public async Task What_does_not_meet_the_policy_is_refused_with_its_reason()
    {
        using var folder = new TemporaryFolder();
        var (model, key) = await SignedAsync(folder);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var otherKey = folder.Write("other.pub", EcdsaPublicKey.Of(other).Pem);
        Assert.That((await RefusedAsync(new ModelOptions { Model = model, PublicKeyFile = otherKey })).Reason, Is.EqualTo("WrongKey"));
        Assert.That((await RefusedAsync(new ModelOptions { Model = model, RequireSignature = true })).Reason, Is.EqualTo("PublicKeyMissing"));
        Assert.That((await RefusedAsync(new ModelOptions { Model = model, ExpectedDigest = ModelDigest.OfBytes("other"u8) })).Reason, Is.EqualTo("DigestMismatch"));
        Assert.That((await RefusedAsync(new ModelOptions { Model = folder.File("absent") })).Reason, Is.EqualTo("ArtifactNotFound"));
        File.Delete(Path.Combine(model, "model.sig"));
        Assert.That((await RefusedAsync(new ModelOptions { Model = model, PublicKeyFile = key })).Reason, Is.EqualTo("SignatureMissing"));
        File.Delete(Path.Combine(model, "model.onnx"));
        var refused = await RefusedAsync(new ModelOptions { Model = model });
        Assert.That(refused.Reason, Is.EqualTo("ArtifactNotFound"));
        Assert.That(refused.Message, Does.Contain("has no model.onnx"));
    }

    [Test]
    public async Task Files_that_are_not_ONNX_are_named()
    {
        using var folder = new TemporaryFolder();
        byte[][] files = [[], "a pickle"u8.ToArray(), OnnxModels.Linear()[..^3], [0x3A, 2, 1, 2], JsonSerializer.SerializeToUtf8Bytes("x")];
        foreach (var file in files)
        {
            var refused = await RefusedAsync(new ModelOptions { Model = folder.Write("weights.bin", file) });
            Assert.That(refused.Reason, Is.EqualTo("NotOnnx"));
            Assert.That(refused.Message, Does.Contain("weights.bin"));
        }
    }

    [Test]
    public async Task Mutated_models_are_refused_or_loaded_but_never_crash()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        for (var round = 0; round < 500; round++)
        {
            var bytes = OnnxModels.Linear();
            for (var changes = random.Next(1, 3); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                using var model = await ModelLoader.LoadAsync(new ModelOptions { Model = folder.Write("m.onnx", bytes), Session = new SessionSettings { IntraOpThreads = 1 } }, CancellationToken.None);
            }
            catch (ModelRefusedException e)
            {
                Assert.That(e.Reason, Is.EqualTo("NotOnnx").Or.EqualTo("ModelUnsupported"));
            }
        }
    }

    [Test]
    public async Task Weights_in_files_of_their_own_come_from_the_verified_bytes_only()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("model"));
        folder.Write("model/model.onnx", OnnxModels.LinearWithExternalWeights("weights.bin"));
        var missing = await RefusedAsync(new ModelOptions { Model = folder.File("model") });
        Assert.That(missing.Reason, Is.EqualTo("ModelUnsupported"));
        Assert.That(missing.Message, Does.Contain("weights.bin"));

        folder.Write("model/weights.bin", OnnxModels.LinearWeights());
        await using (var server = await RunningServer.StartAsync(folder.File("model")))
            Assert.That(await server.DataAsync("""{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}"""), Is.EqualTo("[32,48]"));

        // A file outside the artifact is not part of what was verified.
        folder.Write("weights.bin", OnnxModels.LinearWeights());
        folder.Write("model/model.onnx", OnnxModels.LinearWithExternalWeights("../weights.bin"));
        Assert.That((await RefusedAsync(new ModelOptions { Model = folder.File("model") })).Reason, Is.EqualTo("ModelUnsupported"));
    }

    [Test]
    public async Task Inspection_tells_digest_signer_interface_and_evaluation()
    {
        using var folder = new TemporaryFolder();
        var (path, key) = await SignedAsync(folder);
        var options = new ModelOptions { Model = path, PublicKeyFile = key };
        using var model = await ModelLoader.LoadAsync(options, CancellationToken.None);
        var json = JsonSerializer.SerializeToElement(InspectCommand.Describe(model, options), InspectionJsonContext.Default.Inspection);
        Assert.That(json.GetProperty("digest").GetString(), Is.EqualTo((await ArtifactReader.HashAsync(path)).Digest.ToString()));
        Assert.That(json.GetProperty("signer").GetProperty("keyId").GetString(), Is.EqualTo((await EcdsaPublicKey.LoadAsync(key)).KeyId));
        Assert.That(json.GetProperty("interface").GetRawText(), Is.EqualTo("""{"inputs":[{"name":"x","datatype":"FP32","shape":[-1,3]}],"outputs":[{"name":"y","datatype":"FP32","shape":[-1,2]}]}"""));
        Assert.That(json.GetProperty("evaluation").GetRawText(), Is.EqualTo("""[{"metric":"accuracy","value":0.98,"dataset":"penguins"}]"""));
    }

    [TestCase("{}")]
    [TestCase("[{\"metric\":\"accuracy\"}]")]
    [TestCase("not JSON")]
    public async Task A_wrong_evaluation_is_refused_by_name(string evaluation)
    {
        using var folder = new TemporaryFolder();
        var (path, _) = await SignedAsync(folder, evaluation);
        var options = new ModelOptions { Model = path };
        using var model = await ModelLoader.LoadAsync(options, CancellationToken.None);
        var refused = Assert.Throws<ModelRefusedException>(() => InspectCommand.Describe(model, options))!;
        Assert.That(refused.Reason, Is.EqualTo("EvaluationInvalid"));
        Assert.That(refused.Message, Does.Contain("evaluation.json"));
    }

    [Test]
    public async Task An_execution_provider_that_is_not_there_is_named()
    {
        using var folder = new TemporaryFolder();
        if (File.Exists(Path.Combine(OrtApi.LibraryFolder, "libonnxruntime_providers_cuda.so")))
            Assert.Ignore("the CUDA provider is present");
        var refused = await RefusedAsync(new ModelOptions { Model = folder.Write("m.onnx", OnnxModels.Linear()), Session = new SessionSettings { Provider = ExecutionProvider.Cuda } });
        Assert.That(refused.Reason, Is.EqualTo("ExecutionProviderUnavailable"));
    }
}
