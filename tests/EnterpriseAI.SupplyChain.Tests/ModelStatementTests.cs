using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace EnterpriseAI.SupplyChain.Tests;

/// <summary>Statements with one thing wrong each, whose digest and signature are made anew, so that nothing else is.</summary>
public class ModelStatementTests
{
    private const string Empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private static IEnumerable<TestCaseData> Wrong()
    {
        yield return Case("no file is signed", "no file is signed", p => p["resources"] = new JsonArray());
        yield return Case("a resource is null", "resource is null", p => Resources(p).Insert(0, null), fixDigest: false);
        yield return Case("a digest is too short", "lower-case hexadecimal digits", p => Resources(p)[0]!["digest"] = "e3b0", fixDigest: true);
        yield return Case("a digest is in capitals", "lower-case hexadecimal digits", p => Resources(p)[0]!["digest"] = Empty.ToUpperInvariant());
        yield return Case("a digest is no number", "lower-case hexadecimal digits", p => Resources(p)[0]!["digest"] = "x" + Empty[1..], fixDigest: false);
        yield return Case("a single file's name among others", "the name '.' is for a single file", p => Resources(p)[0]!["name"] = ".");
        yield return Case("names out of order", "not in order at", p => Swap(Resources(p)));
        yield return Case("a name twice", "not in order at", p => Resources(p).Insert(0, Resources(p)[0]!.DeepClone()));
        yield return Case("a name above the folder", "not a relative path inside", p => Resources(p)[0]!["name"] = "../evaluation.json");
        yield return Case("a name with a null character", "not a relative path inside", p => Resources(p)[0]!["name"] = "evaluation.json\0");
        yield return Case("a name with a folder of no name", "not a relative path inside", p => Resources(p)[0]!["name"] = "/evaluation.json");
        yield return Case("a name that was no UTF-8", "not a relative path inside", p => Resources(p)[0]!["name"] = "evaluation\uFFFD.json");
        yield return Case("an ignored path above the folder", "the ignored path '../x'", p => Serialization(p)["ignore_paths"] = new JsonArray("../x"));
        yield return Case("an ignored path of everything", "the ignored path '.'", p => Serialization(p)["ignore_paths"] = new JsonArray("."));
        yield return Case("a size of ranges of whole files", "the shard_size of method 'files'", p => Serialization(p)["shard_size"] = 5);
        yield return Case("ranges without a size", "the shard_size of method 'shards'", p => Serialization(p)["method"] = "shards");
        yield return Case("the digest of other resources", "with the sha256 of its resources", p => Resources(p)[0]!["digest"] = Empty, fixDigest: false);
    }

    [TestCaseSource(nameof(Wrong))]
    public async Task A_statement_with_one_thing_wrong_is_malformed_for_that(object change, bool fixDigest, string message)
    {
        using var model = await SignedModel.CreateAsync();
        Change(model, statement => ((Action<JsonObject>)change)(statement["predicate"]!.AsObject()), fixDigest);
        var refused = await SignedModel.RefusedAsync(model.Path, model.Policy);
        Assert.That(refused.Message, Does.Contain(message));
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.Malformed));
    }

    [Test]
    public async Task A_statement_that_is_only_signed_anew_verifies([Values] bool ranges)
    {
        using var model = ranges ? await RangesAsync() : await SignedModel.CreateAsync();
        Change(model, static _ => { }, fixDigest: true);
        await Assert.DoesNotThrowAsync(() => ModelVerifier.VerifyAsync(model.Path, model.Policy));
    }

    [TestCase("two subjects", TestName = "A_statement_has_exactly_one_subject(two)")]
    [TestCase("no subject", TestName = "A_statement_has_exactly_one_subject(none)")]
    [TestCase("another hash", TestName = "A_statement_has_exactly_one_subject(by another hash)")]
    public async Task A_statement_has_exactly_one_subject(string what)
    {
        using var model = await SignedModel.CreateAsync();
        Change(model, statement =>
        {
            var subjects = statement["subject"]!.AsArray();
            if (what is "two subjects")
                subjects.Add(subjects[0]!.DeepClone());
            else if (what is "no subject")
                subjects.Clear();
            else
                subjects[0]!["digest"] = new JsonObject { ["sha512"] = subjects[0]!["digest"]!["sha256"]!.GetValue<string>() };
        }, fixDigest: false);
        Assert.That((await SignedModel.RefusedAsync(model.Path, model.Policy)).Message, Does.Contain("the statement must have one subject"));
    }

    [Test]
    public async Task The_first_releases_kind_of_statement_needs_the_first_releases_way_of_signing()
    {
        using var model = await SignedModel.CreateAsync();
        Change(model, static statement => statement["predicateType"] = ModelManifest.OldPredicateType, fixDigest: false);
        Assert.That((await SignedModel.RefusedAsync(model.Path, model.Policy)).Message, Does.Contain($"the predicateType is '{ModelManifest.OldPredicateType}'"));
    }

    [Test]
    public async Task The_first_releases_way_of_signing_needs_the_first_releases_kind_of_statement()
    {
        using var model = await SignedModel.CreateAsync();
        Change(model, static _ => { }, fixDigest: false, static (key, payload) => key.SignData(Dsse.PythonEncoding(DsseEnvelope.InTotoPayloadType, payload), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        Assert.That((await SignedModel.RefusedAsync(model.Path, model.Policy)).Message, Does.Contain($"the predicateType is '{ModelManifest.PredicateType}'"));
    }

    [TestCase("model.onnx", null)]
    [TestCase("../model.onnx", "not a relative path inside")]
    [TestCase("Model.onnx", "'Model.onnx' is missing")]
    public async Task A_statement_of_the_first_release_is_checked_as_strictly(string name, string? message)
    {
        using var model = await SignedModel.CreateAsync();
        Change(model, statement =>
        {
            var files = Resources(statement["predicate"]!.AsObject()).Select(resource => new JsonObject
            {
                ["name"] = resource!["name"]!.GetValue<string>() is "model.onnx" ? name : resource["name"]!.GetValue<string>(),
                ["digest"] = new JsonObject { ["sha256"] = resource["digest"]!.GetValue<string>() },
            }).OrderBy(static file => file["name"]!.GetValue<string>(), StringComparer.Ordinal);
            statement["subject"] = new JsonArray([.. files]);
            statement["predicateType"] = ModelManifest.OldPredicateType;
        }, fixDigest: false, static (key, payload) => key.SignData(Dsse.PythonEncoding(DsseEnvelope.InTotoPayloadType, payload), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        if (message is null)
            await Assert.DoesNotThrowAsync(() => ModelVerifier.VerifyAsync(model.Path, model.Policy));
        else
            Assert.That((await SignedModel.RefusedAsync(model.Path, model.Policy)).Message, Does.Contain(message));
    }

    [Test]
    public void A_file_called_like_a_range_is_ordered_by_its_name_and_not_by_its_numbers()
    {
        string? Breaks(params string[] names) => ResourceOrder.FirstOutOfOrder([.. names.Select(static name => new ResourceJson(name, "sha256", ""))]);
        Assert.That(Breaks("1:9", "1:10"), Is.EqualTo("1:10"), "there is no file before the colon");
        Assert.That(Breaks("a:1:9", "a:1:10"), Is.Null, "ranges of a file are in the order of their numbers");
    }

    [Test]
    public async Task Names_in_the_order_of_folders_are_in_order_too()
    {
        // By code points 'a.b' comes before 'a/b', by folders after it.
        using var model = await SignedModel.CreateAsync();
        model.Write("a.b", "1");
        model.Write("a/b", "2");
        await ModelSigner.SignAsync(model.Path, model.Key);
        Change(model, static statement => Swap(Resources(statement["predicate"]!.AsObject())), fixDigest: true);
        await Assert.DoesNotThrowAsync(() => ModelVerifier.VerifyAsync(model.Path, model.Policy));
    }

    private static IEnumerable<TestCaseData> WrongRanges()
    {
        yield return Ranges("a range is missing", "'model.onnx:8:16' was not signed", p => Resources(p).RemoveAt(IndexOf(p, "model.onnx:8:16")));
        yield return Ranges("the last range is missing", "'model.onnx:24:26' was not signed", p => Resources(p).RemoveAt(IndexOf(p, "model.onnx:24:26")));
        yield return Ranges("a range ends later", "'model.onnx:24:27' is missing", p => Resources(p)[IndexOf(p, "model.onnx:24:26")]!["name"] = "model.onnx:24:27");
        yield return Ranges("a range has another hash", "'model.onnx:0:8' was changed after signing", p => Resources(p)[IndexOf(p, "model.onnx:0:8")]!["digest"] = Empty);
        yield return Ranges("the ranges are of another size", "was not signed", p => Serialization(p)["shard_size"] = 16);
        yield return Ranges("a name without a range", "not a relative path inside", p => Resources(p)[0]!["name"] = "evaluation.json");
        yield return Ranges("a name with half a range", "not a relative path inside", p => Resources(p)[0]!["name"] = "evaluation.json:0");
        yield return Ranges("a range of no file", "not a relative path inside", p => Resources(p)[0]!["name"] = ":0:8");
        yield return Ranges("a range of a file above the folder", "not a relative path inside", p => Resources(p)[0]!["name"] = "../evaluation.json:0:8");
        yield return Ranges("a range of a single file among others", "the name '.' is for a single file", p => Resources(p)[0]!["name"] = ".:0:8");
        yield return Ranges("the hash is named for ranges of another size", "the others with 'sha256'", p => Resources(p)[0]!["algorithm"] = "sha256-sharded-16");
        yield return Ranges("the hash type is named for ranges of another size", "which cannot be checked here", p => Serialization(p)["hash_type"] = "sha256-sharded-16");
        yield return Ranges("the size is zero", "the shard_size of method 'shards'", p => Serialization(p)["shard_size"] = 0);
    }

    [TestCaseSource(nameof(WrongRanges))]
    public async Task A_statement_of_ranges_with_one_thing_wrong_is_refused_for_that(object change, string message)
    {
        using var model = await RangesAsync();
        Change(model, statement => ((Action<JsonObject>)change)(statement["predicate"]!.AsObject()), fixDigest: true);
        Assert.That((await SignedModel.RefusedAsync(model.Path, model.Policy)).Message, Does.Contain(message));
        Assert.That((await Assert.CatchAsync<SupplyChainException>(() => ModelVerifier.CheckAsync(model.Path, model.Policy)))!.Message, Does.Contain(message), "checked without hashing whole files");
    }

    [Test]
    public async Task A_changed_byte_in_any_range_is_found()
    {
        using var model = await RangesAsync();
        var original = await File.ReadAllBytesAsync(model.File("model.onnx"));
        for (var index = 0; index < original.Length; index++)
        {
            var changed = original.ToArray();
            changed[index] ^= 1;
            await File.WriteAllBytesAsync(model.File("model.onnx"), changed);
            var expected = $"'model.onnx:{index / 8 * 8}:{Math.Min(26, (index / 8 * 8) + 8)}' was changed";
            Assert.That((await SignedModel.RefusedAsync(model.Path, model.Policy)).Message, Does.Contain(expected));
            Assert.That((await Assert.CatchAsync<SupplyChainException>(() => ModelVerifier.CheckAsync(model.Path, model.Policy)))!.Message, Does.Contain(expected));
        }
    }

    [Test]
    public async Task An_empty_file_is_in_no_range_so_only_the_digest_tells_of_it()
    {
        // The format leaves empty files out of ranges: it can neither sign them nor tell that one was added.
        using var model = await RangesAsync();
        var digest = (await ArtifactReader.HashAsync(model.Path)).Digest;
        model.Write("added", "");
        await Assert.DoesNotThrowAsync(() => ModelVerifier.VerifyAsync(model.Path, model.Policy));
        Assert.That((await SignedModel.RefusedAsync(model.Path, model.Policy with { ExpectedDigest = digest })).Reason, Is.EqualTo(SupplyChainReason.DigestMismatch));
    }

    private static async Task<SignedModel> RangesAsync()
    {
        var model = await SignedModel.CreateAsync();
        await ModelSigner.SignAsync(model.Path, model.Key, new ModelSigningOptions { ShardSize = 8 });
        return model;
    }

    private static TestCaseData Case(string name, string message, Action<JsonObject> change, bool fixDigest = true) =>
        new TestCaseData(change, fixDigest, message).SetArgDisplayNames(name);

    private static TestCaseData Ranges(string name, string message, Action<JsonObject> change) => new TestCaseData(change, message).SetArgDisplayNames(name);

    private static JsonArray Resources(JsonObject predicate) => predicate["resources"]!.AsArray();

    private static JsonObject Serialization(JsonObject predicate) => predicate["serialization"]!.AsObject();

    private static int IndexOf(JsonObject predicate, string name)
    {
        var index = Resources(predicate).Select(static resource => resource!["name"]!.GetValue<string>()).ToList().IndexOf(name);
        return index >= 0 ? index : throw new ArgumentException($"there is no {name}");
    }

    private static void Swap(JsonArray resources)
    {
        var first = resources[0]!;
        resources.RemoveAt(0);
        resources.Insert(1, first);
    }

    private static void Change(SignedModel model, Action<JsonObject> change, bool fixDigest, Func<ECDsa, byte[], byte[]>? sign = null)
    {
        var bundle = JsonNode.Parse(File.ReadAllText(model.Signature))!.AsObject();
        var envelope = bundle["dsseEnvelope"]!;
        var statement = JsonNode.Parse(Convert.FromBase64String(envelope["payload"]!.GetValue<string>()))!.AsObject();
        change(statement);
        if (fixDigest)
        {
            var digests = string.Concat(statement["predicate"]!["resources"]!.AsArray().Select(static resource => resource!["digest"]!.GetValue<string>()));
            statement["subject"]![0]!["digest"]!["sha256"] = Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(digests)));
        }
        var payload = Encoding.UTF8.GetBytes(statement.ToJsonString());
        var signature = sign?.Invoke(model.Key, payload) ?? EcdsaPublicKey.Sign(model.Key, Dsse.PreAuthenticationEncoding(DsseEnvelope.InTotoPayloadType, payload));
        envelope["payload"] = Convert.ToBase64String(payload);
        envelope["signatures"]![0]!["sig"] = Convert.ToBase64String(signature);
        File.WriteAllText(model.Signature, bundle.ToJsonString());
    }
}
