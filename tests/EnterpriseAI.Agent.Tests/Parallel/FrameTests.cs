using EnterpriseAI.Agent.Parallel;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Agent.Tests.Parallel;

public sealed class FrameTests
{
    [Test]
    public void A_frame_survives_the_wire()
        => Prop.ForAll(
                Gen.Elements(Enum.GetValues<FrameKind>()).ToArbitrary(),
                ArbMap.Default.ArbFor<byte[]>(),
                (kind, payload) =>
                {
                    using var stream = new MemoryStream();
                    new Frame(kind, payload).WriteAsync(stream, CancellationToken.None).GetAwaiter().GetResult();
                    stream.Position = 0;
                    var read = Frame.ReadAsync(stream, payload.Length, CancellationToken.None).GetAwaiter().GetResult();
                    return read.Kind == kind && read.Payload.AsSpan().SequenceEqual(payload);
                })
            .QuickCheckThrowOnFailure();

    [Test]
    public async Task A_greeting_survives_the_wire()
    {
        var hello = new Hello(3, 7, 12345, [.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        using var stream = new MemoryStream();
        await hello.ToFrame().WriteAsync(stream, CancellationToken.None);
        stream.Position = 0;

        var read = Hello.Parse(await Frame.ReadAsync(stream, Hello.Bytes, CancellationToken.None));

        Assert.That(read with { Fingerprint = hello.Fingerprint }, Is.EqualTo(hello));
        Assert.That(read.Fingerprint, Is.EqualTo(hello.Fingerprint));
    }

    [Test]
    public Task A_frame_that_claims_too_much_is_refused_before_it_is_read()
        => Assert.ThatAsync(
            () => Frame.ReadAsync(new MemoryStream([0xff, 0xff, 0xff, 0xff, 1]), 1 << 20, CancellationToken.None),
            Throws.TypeOf<FrameException>().With.Message.Contain("4294967295"));

    [Test]
    public async Task Damaged_greetings_are_refused_and_never_crash()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var good = new MemoryStream();
        await new Hello(1, 2, 10, new byte[32]).ToFrame().WriteAsync(good, CancellationToken.None);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = good.ToArray();
            for (var change = random.Next(1, 5); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            var cut = bytes.AsMemory(0, random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length);
            try
            {
                var hello = Hello.Parse(await Frame.ReadAsync(new MemoryStream(cut.ToArray()), Hello.Bytes, CancellationToken.None));
                Assert.That(hello.Fingerprint, Has.Length.EqualTo(32), $"seed {seed}");
            }
            catch (IOException)
            {
                // Refused, as it should be; any other exception fails the test.
            }
        }
    }

    [TestCase("MASTER_ADDR=a;MASTER_PORT=1;WORLD_SIZE=2", "RANK is not set")]
    [TestCase("RANK=0", "MASTER_ADDR is not set")]
    [TestCase("MASTER_ADDR=a;MASTER_PORT=70000;WORLD_SIZE=2;RANK=0", "MASTER_PORT is '70000', allowed are whole numbers from 1 to 65535")]
    [TestCase("MASTER_ADDR=a;MASTER_PORT=1;WORLD_SIZE=2;RANK=2", "RANK is '2', allowed are whole numbers from 0 to 1")]
    [TestCase("MASTER_ADDR=a;MASTER_PORT=1;WORLD_SIZE=0;RANK=0", "WORLD_SIZE is '0'")]
    public void A_wrong_environment_is_named(string environment, string expected)
    {
        var values = environment.Split(';').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.That(
            () => RankEnvironment.Read(name => values.GetValueOrDefault(name)),
            Throws.TypeOf<AgentFailure>().With.Message.Contain(expected).And.Property("ExitCode").EqualTo(AgentFailure.Permanent));
    }

    [Test]
    public void Without_the_variables_one_process_trains_alone()
        => Assert.That(RankEnvironment.Read(_ => null), Is.EqualTo(RankEnvironment.SingleProcess));
}
