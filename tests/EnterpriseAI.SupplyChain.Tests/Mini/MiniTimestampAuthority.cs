namespace EnterpriseAI.SupplyChain.Tests.Mini;

/// <summary>A timestamp authority: a root and the certificate that signs.</summary>
internal sealed class MiniTimestampAuthority
{
    private readonly MiniCertificate leaf;
    private readonly byte[] encodedLeaf;

    public MiniTimestampAuthority(Func<MiniCertificate, MiniCertificate> change)
    {
        leaf = change(Leaf("mini timestamps", MiniSigstore.TsaKey, 77));
        encodedLeaf = leaf.Encode();
        Chain = [encodedLeaf, MiniSigstore.Authority("mini timestamp root", "mini timestamp root", MiniSigstore.TsaRootKey, MiniSigstore.TsaRootKey).Encode()];
    }

    public IReadOnlyList<byte[]> Chain { get; }

    public static MiniCertificate Leaf(string subject, MiniKey key, int serialNumber) => new()
    {
        Subject = subject,
        Issuer = "mini timestamp root",
        Key = key,
        Signer = MiniSigstore.TsaRootKey,
        SerialNumber = serialNumber,
        Extensions =
        [
            MiniExtension.Usage(KeyUsages.DigitalSignature),
            MiniExtension.Purposes(true, Oids.TimeStamping),
            MiniExtension.Octets(Oids.SubjectKeyIdentifier, MiniSigstore.KeyIdentifier(key)),
        ],
    };

    public MiniTimestamp Timestamp(byte[] signature) => new()
    {
        Key = MiniSigstore.TsaKey,
        Certificate = leaf,
        EncodedCertificate = encodedLeaf,
        Time = MiniSigstore.Now,
        Signature = signature,
    };
}
