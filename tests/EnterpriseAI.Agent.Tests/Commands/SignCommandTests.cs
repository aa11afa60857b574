using System.Text.Json;

namespace EnterpriseAI.Agent.Tests.Commands;

public sealed class SignCommandTests
{
    [Test]
    public async Task A_signed_folder_verifies_and_its_evaluation_is_part_of_the_result()
    {
        using var workspace = new Workspace();
        var (key, publicKey) = workspace.KeyPair("model-signing");
        var artifact = Artifact(workspace);

        var signed = await workspace.AgentAsync(["sign", "--artifact", artifact, "--key", key]);
        var result = JsonDocument.Parse(signed.LastLine).RootElement;
        var verified = await workspace.AgentAsync(["verify", "--artifact", artifact, "--public-key", publicKey, "--digest", result.GetProperty("digest").GetString()!]);

        Assert.That(signed.ExitCode, Is.Zero, signed.Error);
        Assert.That(result.GetProperty("evaluation")[0].GetProperty("value").GetDouble(), Is.EqualTo(0.98));
        Assert.That(result.GetProperty("evaluation")[0].GetProperty("slice").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(signed.TerminationLog, Is.EqualTo(signed.LastLine));
        Assert.That(verified.ExitCode, Is.Zero, verified.Error);
        Assert.That(JsonDocument.Parse(verified.LastLine).RootElement.GetProperty("keyId").GetString(), Is.EqualTo(result.GetProperty("keyId").GetString()));
    }

    [Test]
    public async Task Signing_twice_keeps_the_signature_and_another_key_or_content_replaces_it()
    {
        using var workspace = new Workspace();
        var (key, _) = workspace.KeyPair("model-signing");
        var (other, otherPublic) = workspace.KeyPair("other");
        var artifact = Artifact(workspace);

        var first = await workspace.AgentAsync(["sign", "--artifact", artifact, "--key", key]);
        var signature = File.ReadAllBytes(workspace.At("model", "model.sig"));
        var second = await workspace.AgentAsync(["sign", "--artifact", artifact, "--key", key]);

        Assert.That(File.ReadAllBytes(workspace.At("model", "model.sig")), Is.EqualTo(signature));
        Assert.That(second.Output, Does.Contain("nothing to do"));
        Assert.That(second.LastLine, Is.EqualTo(first.LastLine.Replace("\"unchanged\":false", "\"unchanged\":true", StringComparison.Ordinal)));

        workspace.Write("model/model.onnx", "changed");
        var third = await workspace.AgentAsync(["sign", "--artifact", artifact, "--key", other]);
        Assert.That(third.LastLine, Does.Contain("\"unchanged\":false"));
        Assert.That((await workspace.AgentAsync(["verify", "--artifact", artifact, "--public-key", otherPublic])).ExitCode, Is.Zero);
    }

    [Test]
    public async Task A_changed_byte_an_absent_signature_and_another_key_are_refused_with_their_reason()
    {
        using var workspace = new Workspace();
        var (key, publicKey) = workspace.KeyPair("model-signing");
        var (_, otherPublic) = workspace.KeyPair("other");
        var artifact = Artifact(workspace);

        Assert.That((await workspace.AgentAsync(["verify", "--artifact", artifact, "--public-key", publicKey])).TerminationLog, Does.Contain("SignatureMissing"));
        await workspace.AgentAsync(["sign", "--artifact", artifact, "--key", key]);
        Assert.That((await workspace.AgentAsync(["verify", "--artifact", artifact, "--public-key", otherPublic])).TerminationLog, Does.Contain("WrongKey"));
        workspace.Write("model/model.onnx", "model bytez");

        var tampered = await workspace.AgentAsync(["verify", "--artifact", artifact, "--public-key", publicKey]);

        Assert.That(tampered.ExitCode, Is.EqualTo(AgentFailure.Permanent));
        Assert.That(tampered.TerminationLog, Does.Contain("DigestMismatch").And.Contain("'model.onnx' was changed"));
    }

    [TestCase("""{"accuracy":1}""")]
    [TestCase("""[{"metric":"","value":1,"dataset":"x","slice":null}]""")]
    [TestCase("""[{"metric":"accuracy","value":"high"}]""")]
    [TestCase("[null]")]
    public async Task A_broken_evaluation_is_named_and_nothing_is_signed(string evaluation)
    {
        using var workspace = new Workspace();
        var (key, _) = workspace.KeyPair("model-signing");
        var artifact = Artifact(workspace);
        workspace.Write("model/evaluation.json", evaluation);

        var run = await workspace.AgentAsync(["sign", "--artifact", artifact, "--key", key]);

        Assert.That(run.ExitCode, Is.EqualTo(AgentFailure.Permanent));
        Assert.That(run.Error, Does.Contain("evaluation.json is not an evaluation"));
        Assert.That(File.Exists(workspace.At("model", "model.sig")), Is.False);
    }

    [Test]
    public async Task A_missing_key_or_artifact_is_named()
    {
        using var workspace = new Workspace();
        var (key, _) = workspace.KeyPair("model-signing");

        var noKey = await workspace.AgentAsync(["sign", "--artifact", Artifact(workspace), "--key", workspace.At("absent.key")]);
        var noArtifact = await workspace.AgentAsync(["sign", "--artifact", workspace.At("absent"), "--key", key]);

        Assert.That((noKey.ExitCode, noArtifact.ExitCode), Is.EqualTo((AgentFailure.Permanent, AgentFailure.Permanent)));
        Assert.That(noKey.Error, Does.Contain("absent.key"));
        Assert.That(noArtifact.Error, Does.Contain("absent"));
    }

    private static string Artifact(Workspace workspace)
    {
        workspace.Write("model/model.onnx", "model bytes");
        workspace.Write("model/evaluation.json", """[{"metric":"accuracy","value":0.98,"dataset":"penguins","slice":null}]""");
        return workspace.At("model");
    }
}
