using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace EnterpriseAI.Controllers.Tests.Model;

/// <summary>Random histories of two processes and a server, in virtual time and without HTTP.</summary>
public sealed class RuntimeModelTests
{
    const int Sequences = 10_000;

    [Test]
    public void After_any_history_the_caches_equal_the_server_and_every_key_was_reconciled_at_its_last_version()
    {
        var seed = (ulong)Random.Shared.NextInt64();
        if (Environment.GetEnvironmentVariable("MODEL_SEED") is { Length: > 0 } given)
            seed = ulong.Parse(given, System.Globalization.CultureInfo.InvariantCulture);
        TestContext.Out.WriteLine($"seed {seed} (MODEL_SEED={seed} repeats this run)");
        // Without a context a continuation runs where it was caused: one thread, and the same history each time.
        SynchronizationContext.SetSynchronizationContext(null);
        var (histories, steps) = (0, 0L);
        var step = Gen.Choose(0, ModelWorld.Kinds - 1).SelectMany(kind => Gen.Choose(0, 4).SelectMany(key => Gen.Choose(0, 20).Select(number => new ModelStep(kind, key, number))));
        Prop.ForAll(step.ArrayOf().ToArbitrary(), history =>
        {
            histories++;
            steps += history.Length;
            using var world = new ModelWorld(streaming: histories % 2 == 0);
            foreach (var next in history)
                world.Do(next);
            world.Settle();
            world.Check(history.Length);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Sequences).WithEndSize(100).WithReplay(new Replay(new Rnd(seed), FSharpOption<int>.None)));
        TestContext.Out.WriteLine($"{histories} histories, {steps} steps");
        Assert.That(histories, Is.GreaterThanOrEqualTo(Sequences));
    }
}
