namespace EnterpriseAI.Api.Tests;

public sealed class ParserTests
{
    [TestCase("pvc://models/penguin/1.0.0", ArtifactScheme.Pvc, "models", "penguin/1.0.0")]
    [TestCase("pvc://models/folder/", ArtifactScheme.Pvc, "models", "folder")]
    [TestCase("https://example.org:8443/m.onnx", ArtifactScheme.Https, "example.org:8443", "m.onnx")]
    [TestCase("s3://bucket/a/b", ArtifactScheme.S3, "bucket", "a/b")]
    [TestCase("oci://r.example.org/m@sha256:ab", ArtifactScheme.Oci, "r.example.org", "m@sha256:ab")]
    public void An_artifact_address_is_read(string text, ArtifactScheme scheme, string authority, string path) =>
        Assert.That(ArtifactUri.Parse(text), Is.EqualTo(new ArtifactUri(scheme, authority, path)));

    [TestCase("")]
    [TestCase("models/penguin")]
    [TestCase("http://example.org/m")]
    [TestCase("file:///etc/passwd")]
    [TestCase("pvc://models")]
    [TestCase("pvc://models/")]
    [TestCase("pvc:///x")]
    [TestCase("pvc://models/../x")]
    [TestCase("pvc://models/a//b")]
    [TestCase("https://user:secret@example.org/m")]
    public void A_malformed_artifact_address_is_refused(string text) =>
        Assert.That(() => ArtifactUri.Parse(text), Throws.InstanceOf<FormatException>().With.Message.Contains("use pvc://claim/path"));

    [TestCase("1-127", 1, true)]
    [TestCase("1-127", 127, true)]
    [TestCase("1-127", 128, false)]
    [TestCase("1,3,64-78", 70, true)]
    [TestCase("1,3,64-78", 2, false)]
    [TestCase(null, 1, false)]
    public void An_exit_code_is_in_the_set(string? text, int code, bool contained)
    {
        Assert.That(ExitCodeSet.TryParse(text, out var set, out _), Is.True);
        Assert.That(set!.Contains(code), Is.EqualTo(contained));
    }

    [TestCase("")]
    [TestCase("0")]
    [TestCase("256")]
    [TestCase("5-1")]
    [TestCase("1-2-3")]
    [TestCase("1,")]
    [TestCase("x")]
    public void A_malformed_set_of_exit_codes_is_refused(string text)
    {
        Assert.That(ExitCodeSet.TryParse(text, out _, out var error), Is.False);
        Assert.That(error, Does.Contain("from 1 to 255"));
    }

    [Test]
    public void A_field_path_is_read()
    {
        Assert.That(FieldPath.TryParse("metadata.labels['a.b/c'].x", out var path, out _), Is.True);
        Assert.That(path!.Names, Is.EqualTo(["metadata", "labels", "a.b/c", "x"]));
    }

    [TestCase("")]
    [TestCase(".spec")]
    [TestCase("spec.")]
    [TestCase("spec..x")]
    [TestCase("spec[0]")]
    [TestCase("spec['']")]
    public void A_malformed_field_path_is_refused(string text)
    {
        Assert.That(FieldPath.TryParse(text, out _, out var error), Is.False);
        Assert.That(error, Does.Contain("is not a field"));
    }

    [Test]
    public void Random_text_never_makes_a_parser_throw()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        const string alphabet = "pvc:/s3oihtp.-*,0159 @['] \n\uD800";
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(20)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
            ArtifactUri.TryParse(text, out _, out _);
            ExitCodeSet.TryParse(text, out _, out _);
            FieldPath.TryParse(text, out _, out _);
            if (CronSchedule.TryParse(text, out var schedule, out _))
                schedule.NextAfter(DateTimeOffset.UnixEpoch);
        }
    }
}
