using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace EnterpriseAI.Audit.Tests.Storage;

public sealed class LogAppenderTests
{
    private static readonly LogSigningKey Key = LogSigningKey.Generate(TestEvents.Origin);

    [Test]
    public async Task Many_callers_with_the_same_ids_get_one_entry_for_each_id()
    {
        var store = LogStore.Open(new CrashingFiles(0), Key);
        using var metrics = new AuditMetrics();
        await using var appender = new LogAppender(store, metrics, NullLogger<LogAppender>.Instance);
        var results = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Task.Run(async () =>
        {
            var (id, entry) = TestEvents.Entry(i % 100);
            return (Number: i % 100, Result: await appender.AppendAsync(id, entry, CancellationToken.None));
        })));
        Assert.That(store.Current.Size, Is.EqualTo(100));
        foreach (var of in results.GroupBy(r => r.Number))
        {
            Assert.That(of.Select(r => r.Result.Index).Distinct().Count(), Is.EqualTo(1), "each id has one index");
            Assert.That(of.Count(r => !r.Result.Duplicate), Is.EqualTo(1), "one caller appended it");
        }
        Assert.That(results.Select(r => r.Result.Index).Distinct().Order(), Is.EqualTo(Enumerable.Range(0, 100)));
    }

    [Test]
    public async Task A_failed_commit_refuses_its_appends_and_the_next_one_tries_again()
    {
        var files = new CrashingFiles(3) { FailOnly = true };
        var store = LogStore.Open(files, Key);
        using var metrics = new AuditMetrics();
        await using var appender = new LogAppender(store, metrics, NullLogger<LogAppender>.Instance);
        Assert.That(await Append(1), Is.EqualTo(new AppendResult(0, false)));

        files.FailAt = files.Operations + 2;
        Assert.That(() => Append(2), Throws.TypeOf<LogUnavailableException>().With.Message.Contain("no space left"));
        Assert.That(appender.Fault, Does.Contain("no space left"));

        Assert.That((await Append(3)).Duplicate, Is.False);
        Assert.That(appender.Fault, Is.Null);
        await Append(2);
        Assert.That(store.Current.Size, Is.EqualTo(3));
        Assert.That(LogStore.Open(files, Key).Current.Checkpoint, Is.EqualTo(store.Current.Checkpoint));

        Task<AppendResult> Append(int number)
        {
            var (id, entry) = TestEvents.Entry(number);
            return appender.AppendAsync(id, entry, CancellationToken.None);
        }
    }

    [Test]
    public async Task What_waits_when_the_appender_ends_is_committed_and_what_comes_later_is_refused()
    {
        var store = LogStore.Open(new CrashingFiles(0), Key);
        using var metrics = new AuditMetrics();
        var appender = new LogAppender(store, metrics, NullLogger<LogAppender>.Instance);
        var waiting = Enumerable.Range(0, 500).Select(i => Append(i)).ToList();
        await appender.DisposeAsync();
        await Task.WhenAll(waiting);
        Assert.That(store.Current.Size, Is.EqualTo(500));
        Assert.That(() => Append(501), Throws.TypeOf<LogUnavailableException>());

        Task<AppendResult> Append(int number)
        {
            var (id, entry) = TestEvents.Entry(number);
            return appender.AppendAsync(id, entry, CancellationToken.None);
        }
    }
}
