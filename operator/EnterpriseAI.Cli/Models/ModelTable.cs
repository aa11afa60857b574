using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using Spectre.Console;

namespace EnterpriseAI.Cli.Models;

/// <summary>Model versions as a table.</summary>
internal static class ModelTable
{
    private const string Unknown = "<unknown>";

    public static Table Of(IReadOnlyList<ModelVersion> versions, Listing<InferenceService> services, bool isWide, bool hasNamespace, DateTimeOffset now)
    {
        var serving = ServiceUse.All(services.Items).Where(u => u.Answers).ToLookup(u => (u.Service.Namespace, u.ModelVersion));
        var table = Cell.Table(
        [
            .. hasNamespace ? ["NAMESPACE"] : Array.Empty<string>(),
            "NAME", "MODEL", "VERSION", "STAGE", "PHASE", "SIGNED", "APPROVED", "SERVED BY", "AGE",
            .. isWide ? ["DIGEST", "SIGNER", "NEXT VERIFICATION", "EXPIRES"] : Array.Empty<string>(),
        ]);
        foreach (var version in versions)
        {
            var uses = string.Join(", ", serving[(version.Namespace, version.Name)].Select(u => u.Short));
            table.AddRow(
            [
                .. hasNamespace ? [Cell.Of(version.Namespace)] : Array.Empty<Text>(),
                Cell.Of(version.Name),
                Cell.Of(version.Spec.Model),
                Cell.Of(version.Spec.Version),
                Cell.Of(version.Spec.Stage.ToString()),
                Cell.Of(ModelText.Phase(version), ModelText.OfPhase(version)),
                Cell.Of(ModelText.Signed(version)),
                Cell.Of(ApprovalStanding.Of(version.Spec.Approvals, now).Short),
                Cell.Of(uses.Length > 0 ? uses : services.IsAllowed ? "-" : Unknown),
                Cell.Of(Age.Since(version.Metadata.CreationTimestamp, now)),
                .. isWide
                    ?
                    [
                        Cell.Of(ModelText.ShortDigest(version.Status?.Digest)),
                        Cell.Of(ModelText.Signer(version.Status?.Signer)),
                        Cell.Of(version.Status?.NextVerificationAt is { } next ? next > now ? Age.Relative(next, now) : $"due {Age.Relative(next, now)}" : "-"),
                        Cell.Of(version.Status?.ExpiresAt is { } expires ? Age.Relative(expires, now) : "-"),
                    ]
                    : Array.Empty<Text>(),
            ]);
        }
        return table;
    }
}
