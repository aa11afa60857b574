using Microsoft.Extensions.Logging;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Keeps what is logged.</summary>
internal sealed class RecordedLog : ILogger
{
    private readonly List<string> _entries = [];

    public string[] Entries
    {
        get
        {
            lock (_entries)
                return [.. _entries];
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_entries)
            _entries.Add($"{logLevel}: {formatter(state, exception)}");
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
}
