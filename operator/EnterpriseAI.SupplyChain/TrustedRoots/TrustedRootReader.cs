namespace EnterpriseAI.SupplyChain;

/// <summary>Reads the messages of a trusted root.</summary>
/// <remarks>
/// Unlike a bundle's, fields that are not known here are left alone: a root names what is trusted, so leaving out can only refuse more.
/// For the same reason a log whose kind of key is not known here is left out rather than an error.
/// </remarks>
internal sealed class TrustedRootReader(CheckSet checks)
{
    private const int MaxInstances = 256;
    private const int MaxCertificates = 16;

    public TrustedRoot Read(ProtoMessage root)
    {
        if (root.Text("mediaType") is not ("application/vnd.dev.sigstore.trustedroot+json;version=0.1"
            or "application/vnd.dev.sigstore.trustedroot.v0.1+json" or "application/vnd.dev.sigstore.trustedroot.v0.2+json"))
            checks.Refuse(VerificationStep.TrustedRootMediaType,
                $"the media type '{root.Text("mediaType")}' is not a trusted root's: give a trusted_root.json of version 0.1 or 0.2");
        return new TrustedRoot(
            [.. root.Messages("tlogs", MaxInstances).Select(Log).OfType<TrustedLog>()],
            [.. root.Messages("ctlogs", MaxInstances).Select(Log).OfType<TrustedLog>()],
            [.. root.Messages("certificateAuthorities", MaxInstances).Select(Authority)],
            [.. root.Messages("timestampAuthorities", MaxInstances).Select(Authority)]);
    }

    private TrustedLog? Log(ProtoMessage log)
    {
        var key = log.RequiredMessage("publicKey");
        var logId = log.RequiredMessage("logId").RequiredBytes("keyId");
        var validity = Validity(key);
        var details = key.Text("keyDetails");
        if (SignatureScheme.ForKeyDetails(details) is not { } scheme)
            return null;
        var bytes = key.RequiredBytes("rawBytes");
        var name = log.Text("baseUrl");
        try
        {
            return new TrustedLog(
                name, logId, log.Message("checkpointKeyId")?.Bytes("keyId") ?? logId,
                details.StartsWith("PKCS1_", StringComparison.Ordinal)
                    ? VerificationKey.FromPkcs1(bytes, name, scheme)
                    : VerificationKey.FromSubjectPublicKeyInfo(bytes, name, scheme),
                validity);
        }
        catch (SupplyChainException e) when (e is not VerificationException)
        {
            throw new VerificationException(VerificationStep.TrustedRootFormat, e.Message, e);
        }
    }

    private TrustedAuthority Authority(ProtoMessage authority)
    {
        var uri = authority.Text("uri");
        IReadOnlyList<Certificate> chain = [.. authority.RequiredMessage("certChain").Messages("certificates", MaxCertificates).Select((certificate, index) =>
            Certificate.Parse(certificate.RequiredBytes("rawBytes"), $"certificate {index} of the authority {uri}", VerificationStep.TrustedRootFormat))];
        return chain.Count > 0 ? new TrustedAuthority(uri, chain, Validity(authority)) : throw authority.Invalid("certChain", "is empty");
    }

    private ValidityPeriod Validity(ProtoMessage owner)
    {
        var period = owner.Message("validFor");
        var start = period?.Time("start");
        if (start is null)
            checks.Refuse(VerificationStep.TrustedRootValidity, owner.Invalid("validFor.start", "is missing: a trusted root must say since when it vouches for each log and authority").Message);
        return new ValidityPeriod(start ?? DateTimeOffset.MinValue, period?.Time("end"));
    }
}
