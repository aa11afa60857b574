using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Agent.Tests;

public sealed class TerminationMessageTests
{
    [Test]
    public void Whatever_is_written_fits_and_is_read_back()
        => Prop.ForAll(
                Gen.Choose(0, 60_000).Select(length => JsonSerializer.Serialize(new string('a', length))).ToArbitrary(),
                json => TerminationMessage.Encode(json) is var text
                        && Encoding.UTF8.GetByteCount(text) <= TerminationMessage.MaxBytes
                        && TerminationMessage.Decode(text) == json)
            .QuickCheckThrowOnFailure();

    [Test]
    public void A_result_of_4096_bytes_is_left_as_it_is_and_one_more_is_compressed()
    {
        Assert.That(TerminationMessage.Encode(new string('x', 4096)), Has.Length.EqualTo(4096));
        Assert.That(TerminationMessage.Encode(new string('x', 4097)), Does.StartWith("gzip:"));
    }

    [Test]
    public void A_result_that_does_not_fit_even_compressed_becomes_an_error_that_says_where_it_is()
    {
        var noise = Convert.ToBase64String(Enumerable.Range(0, 20_000).Select(_ => (byte)Random.Shared.Next(256)).ToArray());

        var text = TerminationMessage.Encode($"\"{noise}\"");

        Assert.That(text, Does.Contain("ResultTooLarge").And.Contain("log"));
        Assert.That(Encoding.UTF8.GetByteCount(text), Is.LessThanOrEqualTo(TerminationMessage.MaxBytes));
    }

    [Test]
    public void A_failure_fits_however_long_its_message_is()
        => Assert.That(Encoding.UTF8.GetByteCount(TerminationMessage.Failure("Reason", new string('\u0001', 10_000))), Is.LessThanOrEqualTo(TerminationMessage.MaxBytes));
}
