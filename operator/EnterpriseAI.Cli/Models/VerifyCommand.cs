using System.CommandLine;
using System.Text;
using EnterpriseAI.Api;
using EnterpriseAI.Cli.Verification;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Models;

/// <summary><c>model verify</c>: local bytes against what a model version says they must be.</summary>
internal static class VerifyCommand
{
    public static Command Build(CommandEnvironment environment)
    {
        var name = ModelCommand.Name();
        var artifact = new Option<string>("--artifact") { Description = "The bytes: a file, or a folder with the files.", HelpName = "PATH", Required = true };
        var signature = new Option<FileInfo?>("--signature") { Description = $"The signature. Default: {ArtifactPaths.SignatureFile} in the folder or beside the file.", HelpName = "FILE" };
        var key = new Option<FileInfo?>("--key") { Description = "The public key that must have signed, PEM. Default: the one in the Secret that the version names.", HelpName = "PEM" };
        var root = new TrustedRootOption("--staging");
        var cluster = new ClusterOptions(environment);
        var command = new Command("verify", "Verify local bytes against a model version: its digest, and the signature that it asks for.") { name, artifact, signature, key };
        root.AddTo(command);
        cluster.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (client, ns) = cluster.Connect(parsed);
            using var _ = client;
            var version = await client.GetAsync(ApiResources.ModelVersions, ns, parsed.GetValue(name)!, cancellationToken);
            var policy = new ModelVerificationPolicy
            {
                ExpectedDigest = ModelDigest.Parse(version.Spec.Artifact.Digest),
                SignaturePath = parsed.GetValue(signature)?.FullName,
                Limits = ModelOptions.Limits,
            };
            // A key that is given is asked for, even when the version asks for no signature.
            if (parsed.GetValue(key) is { } file)
                policy = version.Spec.Signature?.Keyless is { } identity
                    ? throw new ArgumentException($"--key: {version.Name} must be signed by {identity.Identity}, not by a key; give --trusted-root")
                    : policy with { PublicKey = await EcdsaPublicKey.LoadAsync(file.FullName, cancellationToken) };
            else if (version.Spec.Signature?.PublicKey?.SecretKeyRef is { } reference)
                policy = policy with { PublicKey = await KeyAsync(client, ns, reference, cancellationToken) };
            else if (version.Spec.Signature?.Keyless is { } keyless)
                policy = policy with
                {
                    CertificateIdentity = new CertificateIdentity { SubjectAlternativeName = keyless.Identity, Issuer = keyless.Issuer },
                    TrustedRoot = await root.RequireAsync(parsed, cancellationToken),
                };

            var verified = await ModelVerifier.VerifyDigestsAsync(parsed.GetValue(artifact)!, policy, cancellationToken);
            environment.WriteLine($"verified: digest {verified.Digest}, as {ModelText.Reference(version)} says");
            environment.WriteLine(verified.Signer is { } signer
                ? $"verified: signed by {signer.Subject ?? $"key {signer.KeyId}"}{(signer.Issuer is { } issuer ? $" ({issuer})" : "")}"
                : "no signature was checked: the version asks for none, and no --key was given");
            if (version.Status?.Phase is not ModelVersionPhase.Ready)
                environment.WriteLine($"mind: these are its bytes, but the version is {ModelText.Phase(version)}");
            return 0;
        });
        return command;
    }

    private static async Task<EcdsaPublicKey> KeyAsync(KubernetesClient client, string ns, SecretKeyReference reference, CancellationToken cancellationToken)
    {
        var where = $"key {reference.Key} of Secret {ns}/{reference.Name}";
        V1Secret? secret;
        try
        {
            secret = await client.TryGetAsync(CoreResources.Secrets, ns, reference.Name, cancellationToken);
        }
        catch (KubernetesException e) when (e.IsForbidden)
        {
            throw new ArgumentException($"{where}, which must have signed, may not be read by you: give the public key with --key");
        }
        return secret?.Data?.GetValueOrDefault(reference.Key) is { } pem
            ? EcdsaPublicKey.FromPem(Encoding.UTF8.GetString(pem), where)
            : throw new ArgumentException($"{where}, which must have signed, does not exist: give the public key with --key");
    }
}
