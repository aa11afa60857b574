using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Api.Tests;

public sealed class QuantityMapTests
{
    private static readonly JsonSerializerOptions Options = new() { Converters = { new QuantityMapConverter() } };

    [Test]
    public void What_is_read_is_what_was_written_however_many_maps_came_before() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5_000), Prop.ForAll(Gen.ArrayOf(Gen.Zip(Gen.Elements("a", "b", "cpu", "nvidia.com/gpu"), Gen.Elements("1", "2", "4Gi", ""))).ToArbitrary(), static pairs =>
        {
            var map = pairs.DistinctBy(static pair => pair.Item1).ToDictionary(static pair => pair.Item1, static pair => pair.Item2);
            return Read(JsonSerializer.Serialize(map)).OrderBy(static pair => pair.Key).SequenceEqual(map.OrderBy(static pair => pair.Key));
        }));

    [Test]
    public void Equal_small_maps_are_one_object_in_whatever_order_they_are_written()
    {
        var one = Read("""{"cpu":"100m","memory":"128Mi"}""");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Read("""{"memory":"128Mi","cpu":"100m"}"""), Is.SameAs(one));
            Assert.That(Read("""{"memory":"128Mi","cpu":"100"}"""), Is.Not.SameAs(one));
            Assert.That(Read("""{"memory":"100m","cpu":"128Mi"}""")["cpu"], Is.EqualTo("128Mi"));
        }
    }

    [Test]
    public void A_bare_number_is_the_text_that_was_written() => Assert.That(Read("""{"nvidia.com/gpu":2.0}""")["nvidia.com/gpu"], Is.EqualTo("2.0"));

    [TestCase("""{"a":null}""", "the value of 'a' must be a string or a number")]
    [TestCase("""["a"]""", "an object with strings as values is expected")]
    public void Anything_else_is_refused(string json, string expected) => Assert.That(() => Read(json), Throws.TypeOf<JsonException>().With.Message.StartsWith(expected));

    private static IReadOnlyDictionary<string, string> Read(string json) => JsonSerializer.Deserialize<IReadOnlyDictionary<string, string>>(json, Options)!;
}
