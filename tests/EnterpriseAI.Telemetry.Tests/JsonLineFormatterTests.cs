using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EnterpriseAI.Telemetry.Tests;

[Parallelizable(ParallelScope.All)]
public sealed class JsonLineFormatterTests
{
    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    [Test]
    public void An_entry_is_one_line_of_json_with_its_fields()
    {
        var entry = Write(LogLevel.Warning, "lost the lease of {Name}\nwhy", null, "a\"b");

        Assert.Multiple(() =>
        {
            Assert.That(entry.GetProperty("timestamp").GetString(), Is.EqualTo("2026-01-02T03:04:05.678Z"));
            Assert.That(entry.GetProperty("level").GetString(), Is.EqualTo("warn"));
            Assert.That(entry.GetProperty("category").GetString(), Is.EqualTo("Tests.Category"));
            Assert.That(entry.GetProperty("message").GetString(), Is.EqualTo("lost the lease of a\"b\nwhy"));
            Assert.That(entry.GetProperty("fields").GetProperty("Name").GetString(), Is.EqualTo("a\"b"));
            Assert.That(entry.TryGetProperty("exception", out _), Is.False);
        });
    }

    [Test]
    public void An_exception_stays_on_the_line()
    {
        var entry = Write(LogLevel.Error, "failed {Count}", new InvalidOperationException("broken\npipe"), 3);

        Assert.Multiple(() =>
        {
            Assert.That(entry.GetProperty("exception").GetString(), Does.Contain("InvalidOperationException: broken\npipe"));
            Assert.That(entry.GetProperty("fields").GetProperty("Count").GetInt32(), Is.EqualTo(3));
        });
    }

    [Test]
    public void The_trace_in_progress_is_named()
    {
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();

        var entry = Write(LogLevel.Information, "hello {Name}", null, "x");

        Assert.That(entry.GetProperty("traceId").GetString(), Is.EqualTo(activity.TraceId.ToHexString()));
    }

    private static JsonElement Write(LogLevel level, string template, Exception? exception, object value)
    {
        var formatter = new JsonLineFormatter(new At(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero)));
        var state = new List<KeyValuePair<string, object?>>
        {
            new(template[(template.IndexOf('{') + 1)..template.IndexOf('}')], value),
            new("{OriginalFormat}", template),
        };
        using var writer = new StringWriter { NewLine = "\n" };
        formatter.Write(new LogEntry<List<KeyValuePair<string, object?>>>(level, "Tests.Category", default, state, exception,
            (s, _) => template.Replace("{" + s[0].Key + "}", s[0].Value!.ToString(), StringComparison.Ordinal)), null, writer);
        var text = writer.ToString();
        Assert.That(text.IndexOf('\n'), Is.EqualTo(text.Length - 1), "one line");
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
