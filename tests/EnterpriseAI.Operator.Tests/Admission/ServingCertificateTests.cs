using System.Security.Cryptography.X509Certificates;
using EnterpriseAI.Operator.Admission;

namespace EnterpriseAI.Operator.Tests.Admission;

public sealed class ServingCertificateTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    [Test]
    public void The_certificate_chains_to_its_authority_and_names_the_service()
    {
        var made = ServingCertificate.Create("op", "system", Now);
        using var leaf = made.ToX509();
        Assert.That(leaf.MatchesHostname("op.system.svc"));
        Assert.That(Chains(leaf, made));
    }

    [Test]
    public void A_certificate_with_enough_time_left_is_kept()
    {
        var made = ServingCertificate.Create("op", "system", Now);
        Assert.That(made.Renew("op", "system", Now + ServingCertificate.Lifetime / 2), Is.EqualTo(made));
    }

    [Test]
    public void A_renewed_certificate_is_trusted_by_the_same_authority()
    {
        var made = ServingCertificate.Create("op", "system", Now);
        var renewed = made.Renew("op", "system", Now + ServingCertificate.Lifetime * 0.8);
        using var leaf = renewed.ToX509();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(renewed.Certificate, Is.Not.EqualTo(made.Certificate));
            Assert.That(renewed.AuthorityCertificates, Is.EqualTo(made.AuthorityCertificates));
        }
    }

    [Test]
    public void A_new_authority_keeps_the_old_one_trusted_beside_it()
    {
        var made = ServingCertificate.Create("op", "system", Now);
        var renewed = made.Renew("op", "system", Now + ServingCertificate.AuthorityLifetime * 0.9);
        Assert.That(renewed.AuthorityCertificates, Does.Contain(made.AuthorityCertificates.Trim()));
        Assert.That(renewed.AuthorityCertificates, Is.Not.EqualTo(made.AuthorityCertificates));
    }

    private static bool Chains(X509Certificate2 leaf, ServingCertificate made)
    {
        using var authority = X509Certificate2.CreateFromPem(made.AuthorityCertificates);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(leaf);
    }
}
