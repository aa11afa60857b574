using System.CommandLine;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Verification;

/// <summary>What <c>verify-attestation</c> asks of what an attestation says.</summary>
internal sealed class AttestationOptions
{
    private readonly Option<string> _type = new("--type") { Description = "The kind of attestation: slsaprovenance, cyclonedx, spdx or vuln.", HelpName = "KIND", Required = true };
    private readonly Option<string[]> _builders = new("--builder-id") { Description = "slsaprovenance: a builder that is trusted, exactly. May be given several times; one at least.", HelpName = "ID" };
    private readonly Option<string[]> _buildTypes = new("--build-type") { Description = "slsaprovenance: a way of building that will do. May be given several times.", HelpName = "URI" };
    private readonly Option<string?> _source = new("--source-uri") { Description = "slsaprovenance: the repository that it must be built from.", HelpName = "URI" };
    private readonly Option<string?> _sourceRef = new("--source-ref") { Description = "slsaprovenance: the branch or tag, e.g. refs/heads/main.", HelpName = "REF" };
    private readonly Option<string[]> _materials = new("--material") { Description = "slsaprovenance: what must have been used, e.g. sha256:… or gitCommit:…. May be given several times.", HelpName = "DIGEST" };
    private readonly Option<string?> _bomDigest = new("--bom-digest") { Description = "cyclonedx, spdx: the SHA-256 of the bill of materials as it stands in the statement.", HelpName = "DIGEST" };
    private readonly Option<bool> _noModel = new("--no-model") { Description = "cyclonedx, spdx: accept a bill that does not list the artifact as a model." };
    private readonly Option<FileInfo[]> _vex = new("--vex") { Description = "vuln: a bundle with an OpenVEX document, by the same signer. May be given several times. An image's own are found.", HelpName = "FILE" };
    private readonly Option<Severity> _refuse = new("--refuse") { Description = "vuln: the least severity that is refused: low, medium, high (the default) or critical.", HelpName = "SEVERITY", DefaultValueFactory = _ => Severity.High };
    private readonly Option<double?> _maxAge = new("--max-age") { Description = "vuln: how old the scan may be, in hours.", HelpName = "HOURS" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _type, _builders, _buildTypes, _source, _sourceRef, _materials, _bomDigest, _noModel, _vex, _refuse, _maxAge })
            command.Add(option);
    }

    public bool IsScan(ParseResult parsed) => parsed.GetValue(_type) is "vuln";

    public FileInfo[] Vex(ParseResult parsed) => parsed.GetValue(_vex) ?? [];

    /// <summary>The check of one statement, given the VEX documents.</summary>
    /// <exception cref="ArgumentException">An option is not valid, or is missing.</exception>
    public Func<ReadOnlyMemory<byte>, IReadOnlyCollection<ReadOnlyMemory<byte>>, AttestedArtifact, AttestationFinding> Check(ParseResult parsed)
    {
        switch (parsed.GetValue(_type))
        {
            case "slsaprovenance":
                var policy = new ProvenancePolicy
                {
                    BuilderIds = parsed.GetValue(_builders) is { Length: > 0 } builders ? builders : throw new ArgumentException("--builder-id is missing: provenance is worth as much as its builder"),
                    BuildTypes = parsed.GetValue(_buildTypes) ?? [],
                    Source = parsed.GetValue(_source),
                    SourceRef = parsed.GetValue(_sourceRef),
                    Materials = [.. (parsed.GetValue(_materials) ?? []).Select(Material)],
                };
                return (statement, _, artifact) => Provenance.Check(statement, artifact, policy);
            case "cyclonedx" or "spdx":
                var type = parsed.GetValue(_type) is "spdx" ? BillOfMaterials.Spdx : BillOfMaterials.CycloneDx;
                var bill = new BillOfMaterialsPolicy { RequireModel = !parsed.GetValue(_noModel), ExpectedDigest = parsed.GetValue(_bomDigest) is { } digest ? ModelDigest.Parse(digest) : null };
                return (statement, _, artifact) => BillOfMaterials.Check(statement, artifact, bill, type);
            case "vuln":
                var scan = new VulnerabilityPolicy { Refuse = parsed.GetValue(_refuse), MaxAge = parsed.GetValue(_maxAge) is { } hours ? TimeSpan.FromHours(hours) : null, Now = TimeProvider.System.GetUtcNow() };
                return (statement, vex, artifact) => VulnerabilityScan.Check(statement, vex, artifact, scan);
            case var other:
                throw new ArgumentException($"--type '{other}' is not valid: give slsaprovenance, cyclonedx, spdx or vuln");
        }
    }

    private static ProvenanceMaterial Material(string text) => text.Split(':', 2) is [{ Length: > 0 } algorithm, { Length: > 0 } digest]
        ? new ProvenanceMaterial(algorithm, digest) : throw new ArgumentException($"--material '{text}' is not a digest: give its algorithm, a colon and hexadecimal digits");
}
