using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Kubernetes.Tests;

public class SharedTextTests
{
    private static readonly JsonSerializerOptions Options = new() { Converters = { new SharedTextConverter() } };

    [Test]
    public void What_is_read_is_what_was_written() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5_000), Prop.ForAll(ArbMap.Default.ArbFor<string?[]>(), static texts =>
        {
            // Lone surrogates are replaced by whoever writes JSON.
            var valid = texts.Select(text => text is null ? null : new string([.. text.Where(c => !char.IsSurrogate(c))])).ToArray();
            return JsonSerializer.Deserialize<string?[]>(JsonSerializer.Serialize(valid, Options), Options)!.SequenceEqual(valid);
        }));

    [Test]
    public void Names_that_differ_only_in_the_middle_stay_apart()
    {
        string[] names = [.. Enumerable.Range(0, 10_000).Select(i => $"bench-{i:00000}-tail-end")];
        Assert.That(JsonSerializer.Deserialize<string[]>(JsonSerializer.Serialize(names), Options), Is.EqualTo(names));
    }

    [Test]
    public async Task Many_threads_that_read_the_same_and_others_get_what_was_written()
    {
        string[] names = [.. Enumerable.Range(0, 500).Select(i => $"name-{i * 7919 % 500}")];
        var json = JsonSerializer.Serialize(names);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 200; i++)
                Assert.That(JsonSerializer.Deserialize<string[]>(json, Options), Is.EqualTo(names));
        })));
    }

    [Test]
    public void Equal_short_texts_and_keys_are_one_string()
    {
        var objects = JsonSerializer.Deserialize("""[{"namespace":"team-a","labels":{"app.kubernetes.io/name":"x"}},{"namespace":"team-a","labels":{"app.kubernetes.io/name":"x"}}]""", MetadataList.Default.V1ObjectMetaArray)!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(objects[0].Namespace, Is.SameAs(objects[1].Namespace));
            Assert.That(objects[0].Labels!.Keys.Single(), Is.SameAs(objects[1].Labels!.Keys.Single()));
        }
    }
}

[System.Text.Json.Serialization.JsonSourceGenerationOptions(JsonSerializerDefaults.Web, Converters = [typeof(SharedTextConverter)])]
[System.Text.Json.Serialization.JsonSerializable(typeof(V1ObjectMeta[]))]
internal sealed partial class MetadataList : System.Text.Json.Serialization.JsonSerializerContext;
