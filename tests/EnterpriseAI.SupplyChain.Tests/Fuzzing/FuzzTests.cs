using System.Diagnostics;
using System.Globalization;

namespace EnterpriseAI.SupplyChain.Tests.Fuzzing;

/// <summary>
/// Whatever is read, only what is documented is thrown, nothing takes long, and memory is taken in proportion to what was sent.
/// <c>ENTERPRISEAI_FUZZ</c> is the number of inputs, <c>ENTERPRISEAI_FUZZ_SEED</c> the seed of a run to repeat.
/// </summary>
public class FuzzTests
{
    private const int DefaultInputs = 100_000;

    // What a verification takes whatever its input is, signatures and trusted certificates included.
    private const long FixedBytes = 2 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly int Inputs = Number("ENTERPRISEAI_FUZZ") ?? DefaultInputs;
    private static readonly int Seed = Number("ENTERPRISEAI_FUZZ_SEED") ?? Random.Shared.Next();

    private static IEnumerable<TestCaseData> Targets() => FuzzTarget.All.Select(static target => new TestCaseData(target).SetArgDisplayNames(target.Name));

    [Test]
    public void Shares_are_of_a_hundred() => Assert.That(FuzzTarget.All.Sum(static target => target.Share), Is.EqualTo(100));

    [TestCaseSource(nameof(Targets))]
    public void Seeds_are_accepted(object of)
    {
        var target = (FuzzTarget)of;
        Assert.That(target.Seeds.Value, Is.Not.Empty);
        for (var i = 0; i < target.Seeds.Value.Length; i++)
            Assert.DoesNotThrow(() => target.Read(i, target.Seeds.Value[i]), "what is changed must be what is understood, or nothing behind the first check is ever reached");
    }

    [TestCaseSource(nameof(Targets))]
    public void Changed_inputs_are_read_or_refused_in_bounds(object of)
    {
        var target = (FuzzTarget)of;
        var run = new FuzzRun(target, Seed, Inputs * target.Share / 100);
        var thread = new Thread(run.Run) { IsBackground = true, Name = $"fuzz {target.Name}" };
        thread.Start();
        // An input that never ends cannot be stopped, only told.
        while (!thread.Join(TimeSpan.FromMilliseconds(200)))
            if (run.Current is var (index, since) && Stopwatch.GetElapsedTime(since) > Patience)
                Assert.Fail($"{target.Name}: input {index} of seed {Seed} takes longer than {Patience.TotalSeconds} s");
        TestContext.Out.WriteLine(run.Summary());
        Assert.That(run.Failure, Is.Null, $"{target.Name}, seed {Seed}: {run.Failure}");
        if (target.CanRefuse)
            Assert.That(run.Refused, Is.GreaterThan(0).And.LessThan(run.Inputs), "all the same: the changes are too rough or too gentle");
    }

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The memory that an input may take.</summary>
    internal static long AllowedBytes(int length) => FixedBytes + (64L * length);
}
