using System.Text;
using EnterpriseAI.Data.Classification;

namespace EnterpriseAI.Data.Tests;

public sealed class ClassificationTests
{
    [TestCase("4111111111111111", true)]
    [TestCase("4111 1111 1111 1111", true)]
    [TestCase("2223003122003222", true, Description = "the newer range of Mastercard")]
    [TestCase("378282246310005", true)]
    [TestCase("4111111111111112", false)]
    [TestCase("0000000000000000", false)]
    [TestCase("1234567812345670", false, Description = "Luhn holds, no issuer")]
    [TestCase("411111111111111", false)]
    [TestCase("41111111111111111111", false)]
    public void Payment_cards_have_a_range_a_length_and_a_check_digit(string text, bool valid) =>
        Assert.That(Checksums.PaymentCard(text), Is.EqualTo(valid));

    [TestCase("GB82WEST12345698765432", 22)]
    [TestCase("DE89 3704 0044 0532 0130 00 and more", 27)]
    [TestCase("gb82west12345698765432", 22)]
    [TestCase("GB82WEST12345698765433", 0)]
    [TestCase("XX82WEST12345698765432", 0)]
    [TestCase("GB82WEST", 0)]
    [TestCase("", 0)]
    public void An_IBAN_has_the_length_of_its_country_and_leaves_one(string text, int length) =>
        Assert.That(Checksums.Iban(text), Is.EqualTo(length));

    [TestCase("536-90-4399", true)]
    [TestCase("536904399", true)]
    [TestCase("000-12-3456", false)]
    [TestCase("666-12-3456", false)]
    [TestCase("900-12-3456", false)]
    [TestCase("536-00-4399", false)]
    [TestCase("536-90-0000", false)]
    [TestCase("078-05-1120", false)]
    [TestCase("987-65-4329", false)]
    [TestCase("12-34", false)]
    public void A_social_security_number_was_possibly_issued(string text, bool valid) =>
        Assert.That(Checksums.SocialSecurityNumber(text), Is.EqualTo(valid));

    [Test]
    public void Routing_and_provider_numbers_have_check_digits()
    {
        Assert.That(Checksums.RoutingNumber("021000021"), Is.True);
        Assert.That(Checksums.RoutingNumber("021000022"), Is.False);
        Assert.That(Checksums.ProviderIdentifier("1234567893"), Is.True);
        Assert.That(Checksums.ProviderIdentifier("1234567894"), Is.False);
    }

    [TestCase("mail me at a.b+c@example.co.uk.", "EmailAddress:a.b+c@example.co.uk")]
    [TestCase("from 10.0.0.1 to 256.1.1.1", "IpAddress:10.0.0.1")]
    [TestCase("addr 2001:db8::ff00:42:8329 here", "IpAddress:2001:db8::ff00:42:8329")]
    [TestCase("at 12:30:45 or std::vector", "")]
    [TestCase("00:1b:44:11:3a:b7", "MacAddress:00:1b:44:11:3a:b7")]
    [TestCase("card 4111-1111-1111-1111, ssn 536-90-4399", "CreditCardNumber:4111-1111-1111-1111 SocialSecurityNumber:536-90-4399")]
    [TestCase("pay to DE89 3704 0044 0532 0130 00 TODAY", "Iban:DE89 3704 0044 0532 0130 00")]
    [TestCase("call +1 (415) 555-2671 or 020 7946 0958", "PhoneNumber:+1 (415) 555-2671 PhoneNumber:020 7946 0958")]
    [TestCase("on 2024-01-15, from 2019-2020, 3.14159 and 1,000,000", "")]
    [TestCase("version 1.2.3, order #12345678", "")]
    public void A_scan_finds_what_is_sensitive_and_nothing_else(string text, string expected)
    {
        var found = SensitiveTextScanner.Scan(text).Select(m => $"{m.Entity}:{text.Substring(m.Start, m.Length)}");
        Assert.That(string.Join(' ', found), Is.EqualTo(expected));
    }

    [Test]
    public void A_scan_of_any_text_ends_soon_with_matches_inside_the_text()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        const string alphabet = "0123456789 0123456789.-:@+()aAbBfFxX\n_é/#%";
        for (var round = 0; round < 2000; round++)
        {
            var text = new string(random.GetItems<char>(alphabet, random.Next(0, 300)));
            foreach (var match in SensitiveTextScanner.Scan(text))
                Assert.That(match.Start >= 0 && match.Length > 0 && match.Start + match.Length <= text.Length, text);
        }

        foreach (var hostile in new[] { new string('1', 100_000), string.Concat(Enumerable.Repeat("1 ", 50_000)), new string('a', 100_000) + "@", string.Concat(Enumerable.Repeat("a.", 50_000)), new string(':', 100_000) })
            Assert.That(() => SensitiveTextScanner.Scan(hostile), Throws.Nothing);
    }

    private static IEnumerable<TestCaseData> Columns()
    {
        yield return Column("contact", i => $"user{i}@example.com", "EmailAddress");
        yield return Column("notes", i => i % 20 == 0 ? $"reach me at user{i}@example.com please" : $"nothing about anyone {i}", "EmailAddress");
        yield return Column("a", i => Card(i), "CreditCardNumber");
        yield return Column("b", i => $"{i % 223 + 1}.{i % 251}.{i % 241}.7", "IpAddress");
        yield return Column("c", i => $"{100 + i % 500}-{10 + i % 80:00}-{1000 + i}", "SocialSecurityNumber");
        yield return Column("ssn", i => $"{100 + i % 500}{10 + i % 80:00}{1000 + i}", "SocialSecurityNumber");
        yield return Column("order_id", i => $"{100 + i % 500}{10 + i % 80:00}{1000 + i}", null);
        yield return Column("first_name", i => $"Ann{(char)('a' + i % 26)}", "PersonName");
        yield return Column("lastName", i => $"Smith{(char)('a' + i % 26)}", "PersonName");
        yield return Column("first_name", i => $"{i}", null);
        yield return Column("name", i => $"product {i}", null);
        yield return Column("phone_number", i => $"+1 415 555 {1000 + i}", "PhoneNumber");
        yield return Column("phone", i => $"{4155550000 + i}", "PhoneNumber");
        yield return Column("dateOfBirth", i => $"19{50 + i % 50}-01-02", "DateOfBirth");
        yield return Column("email_sent", i => i % 2 == 0 ? "yes" : "no", null);
        yield return Column("patient_id", i => $"P{i}", "MedicalRecordNumber");
        yield return Column("icd10", i => $"E{i % 10}{i % 9}.{i % 8}", "Diagnosis");
        yield return Column("salary", i => $"{30_000 + i}", "Income");
        yield return Column("amount", i => $"{30_000 + i}", null);
        yield return Column("sex", i => i % 2 == 0 ? "MALE" : "FEMALE", null);
    }

    [TestCaseSource(nameof(Columns))]
    public async Task A_column_is_classified_by_its_name_and_its_values(string name, string[] values, string? entity)
    {
        using var data = new TestData();
        var path = data.Write("data.csv", $"row,{name}\n" + string.Join('\n', values.Select((v, i) => $"{i},{v}")) + "\n");
        var profile = await TestData.Profile(path);
        Assert.That(profile.Classification.Findings.Select(f => (f.Column, f.Entity)), Is.EqualTo(entity is null ? Array.Empty<(string, string)>() : [(name, entity)]));
        Assert.That(profile.Columns[1].Redacted, Is.EqualTo(entity is not null));
        if (entity is null) return;
        Assert.That(profile.Columns[1], Has.Property("Minimum").Null.And.Property("TopValues").Null);
        Assert.That(profile.Classification.Level, Is.GreaterThanOrEqualTo(SensitivityLevel.Confidential));
    }

    [Test]
    public async Task Only_the_frameworks_asked_for_are_reported_and_the_declared_level_is_never_lowered()
    {
        using var data = new TestData();
        var path = data.Write("data.csv", "row,email\n" + string.Join('\n', Enumerable.Range(0, 50).Select(i => $"{i},user{i}@example.com")));
        var financial = await TestData.Profile(path, new ProfileRequest { Classification = new ClassificationSpec { Frameworks = [ClassificationFramework.Financial] } });
        Assert.That(financial.Classification.Findings, Is.Empty);
        Assert.That(financial.Columns[1].Redacted, Is.True);
        var publicly = await TestData.Profile(path, new ProfileRequest { Classification = new ClassificationSpec { Level = SensitivityLevel.Public } });
        Assert.That(publicly.Classification.Level, Is.EqualTo(SensitivityLevel.Confidential));
        var restricted = await TestData.Profile(path, new ProfileRequest { Classification = new ClassificationSpec { Level = SensitivityLevel.Restricted } });
        Assert.That(restricted.Classification.Level, Is.EqualTo(SensitivityLevel.Restricted));
    }

    private static TestCaseData Column(string name, Func<int, string> value, string? entity) =>
        new TestCaseData(name, Enumerable.Range(0, 400).Select(value).ToArray(), entity).SetArgDisplayNames(name, entity ?? "nothing");

    private static string Card(int i)
    {
        var body = $"41111111{i:0000000}";
        for (var digit = 0; ; digit++)
            if (Checksums.Luhn(new StringBuilder(body).Append(digit).ToString())) return $"{body}{digit}";
    }
}
