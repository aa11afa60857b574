using System.CommandLine;
using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Verification;

namespace EnterpriseAI.Cli.Audit;

/// <summary><c>audit verify</c>: checks a copy of the log offline, against a key and optionally a checkpoint that were kept elsewhere.</summary>
internal static class VerifyCommand
{
    // Faults are listed until a person has seen enough; the count is exact.
    private const int Shown = 20;

    public static Command Build()
    {
        var directory = new Option<DirectoryInfo>("--directory") { Description = "The copy, made by: audit export.", Required = true };
        var key = new Option<string>("--key") { Description = "The log's public key (NAME+ID+BASE64) or a file that holds it; from where you trust it, not from the copy.", Required = true };
        var checkpoint = new Option<FileInfo?>("--checkpoint") { Description = "An older checkpoint of the log that was kept elsewhere: proves that nothing before it was changed or cut." };
        var command = new Command("verify", "Verify a copy of the audit log offline: every entry, every hash, the signature.") { directory, key, checkpoint };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var text = parsed.GetValue(key)!;
            var trusted = LogVerifierKey.Parse((File.Exists(text) ? await File.ReadAllTextAsync(text, cancellationToken) : text).Trim());
            var older = parsed.GetValue(checkpoint) is { } file ? await File.ReadAllBytesAsync(file.FullName, cancellationToken) : null;
            if (!parsed.GetValue(directory)!.Exists)
                throw new ArgumentException($"--directory '{parsed.GetValue(directory)}' does not exist; make the copy with: audit export");
            var result = AuditVerifier.VerifyDirectory(parsed.GetValue(directory)!.FullName, trusted, older);
            if (result.IsValid)
            {
                Console.WriteLine($"verified: {result.Entries} entries of {result.Checkpoint!.Origin}, signed by key {trusted.KeyId:x8}{(older is null ? "" : ", consistent with the older checkpoint")}");
                return 0;
            }
            foreach (var fault in result.Faults.Take(Shown))
                await Console.Error.WriteLineAsync($"fault: {fault}");
            await Console.Error.WriteLineAsync($"kubectl-enterpriseai: the copy is not what the log signed: {result.Faults.Count} faults in {result.Entries} entries");
            return 1;
        });
        return command;
    }
}
