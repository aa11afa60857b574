using System.Diagnostics.Metrics;

namespace EnterpriseAI.Controllers;

/// <summary>controller-runtime's metrics, under its names, labels and buckets, so that its dashboards work.</summary>
public static class ControllerMetrics
{
    /// <summary>Name of the meter, for whoever exports it.</summary>
    public const string MeterName = "EnterpriseAI.Controllers";

    internal static readonly Meter Meter = new(MeterName);

    static readonly InstrumentAdvice<double> ReconcileBuckets = new()
    {
        HistogramBucketBoundaries =
        [
            .005, .01, .025, .05, .1, .15, .2, .25, .3, .35, .4, .45, .5, .6, .7, .8, .9, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5,
            5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
        ],
    };

    static readonly Counter<long> Reconciles = Meter.CreateCounter<long>(
        "controller_runtime_reconcile_total", description: "Total number of reconciliations per controller.");

    static readonly Counter<long> Errors = Meter.CreateCounter<long>(
        "controller_runtime_reconcile_errors_total", description: "Total number of reconciliation errors per controller.");

    static readonly Counter<long> TerminalErrors = Meter.CreateCounter<long>(
        "controller_runtime_terminal_reconcile_errors_total", description: "Total number of terminal reconciliation errors per controller.");

    static readonly Counter<long> Panics = Meter.CreateCounter<long>(
        "controller_runtime_reconcile_panics_total", description: "Total number of reconciliation panics per controller.");

    static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "controller_runtime_reconcile_time_seconds", null, "Length of time per reconciliation per controller.", null, ReconcileBuckets);

    static readonly Gauge<long> MaxConcurrent = Meter.CreateGauge<long>(
        "controller_runtime_max_concurrent_reconciles", description: "Maximum number of concurrent reconciles per controller.");

    static readonly UpDownCounter<long> Active = Meter.CreateUpDownCounter<long>(
        "controller_runtime_active_workers", description: "Number of currently used workers per controller.");

    static readonly Gauge<long> Leader = Meter.CreateGauge<long>(
        "leader_election_master_status",
        description: "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master.");

    static readonly Counter<long> Slowpath = Meter.CreateCounter<long>(
        "leader_election_slowpath_total", description: "Total number of slow path exercised in renewing leader leases.");

    /// <summary>Every series exists from the start, at 0: a rate over the first failure is then seen.</summary>
    internal static void Prime(string controller, int concurrency)
    {
        foreach (var result in (string[])["success", "error", "requeue", "requeue_after"])
            Reconciles.Add(0, Controller(controller), new("result", result));
        Errors.Add(0, Controller(controller));
        TerminalErrors.Add(0, Controller(controller));
        Panics.Add(0, Controller(controller));
        MaxConcurrent.Record(concurrency, Controller(controller));
        Active.Add(0, Controller(controller));
    }

    internal static void Reconciled(string controller, string result, TimeSpan took)
    {
        Reconciles.Add(1, Controller(controller), new("result", result));
        Duration.Record(took.TotalSeconds, Controller(controller));
    }

    internal static void Failed(string controller) => Errors.Add(1, Controller(controller));

    internal static void FailedForGood(string controller) => TerminalErrors.Add(1, Controller(controller));

    /// <summary>An exception that no reconciler means to throw: the nearest thing to a panic.</summary>
    internal static void Panicked(string controller) => Panics.Add(1, Controller(controller));

    internal static void ActiveWorkers(string controller, int change) => Active.Add(change, Controller(controller));

    internal static void Leading(string name, bool leads) => Leader.Record(leads ? 1 : 0, new KeyValuePair<string, object?>("name", name));

    internal static void SlowRenewal(string name, int count) => Slowpath.Add(count, new KeyValuePair<string, object?>("name", name));

    static KeyValuePair<string, object?> Controller(string name) => new("controller", name);
}
