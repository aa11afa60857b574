using System.Diagnostics.Metrics;

namespace EnterpriseAI.Controllers;

/// <summary>How often informers fail and list again.</summary>
internal static class InformerMetrics
{
    static readonly Counter<long> Failures =
        ControllerMetrics.Meter.CreateCounter<long>("enterpriseai_informer_failures_total", description: "Failed lists and watches, by resource.");

    static readonly Counter<long> Relists = ControllerMetrics.Meter.CreateCounter<long>(
        "enterpriseai_informer_relists_total", description: "Lists made because the version to watch from had expired, by resource.");

    public static void Failed(string resource) => Failures.Add(1, new KeyValuePair<string, object?>("resource", resource));

    public static void Relisted(string resource) => Relists.Add(1, new KeyValuePair<string, object?>("resource", resource));
}
