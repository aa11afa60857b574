using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;

namespace EnterpriseAI.Controllers;

/// <summary>controller-runtime's metrics of admission webhooks and of the certificate they serve with.</summary>
public static class WebhookMetrics
{
    static readonly InstrumentAdvice<double> Buckets = new() { HistogramBucketBoundaries = [.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10] };

    static readonly Histogram<double> Latency = ControllerMetrics.Meter.CreateHistogram(
        "controller_runtime_webhook_latency_seconds", null, "Histogram of the latency of processing admission requests.", null, Buckets);

    static readonly Counter<long> Requests = ControllerMetrics.Meter.CreateCounter<long>(
        "controller_runtime_webhook_requests_total", description: "Total number of admission requests by HTTP status code.");

    static readonly UpDownCounter<long> InFlight = ControllerMetrics.Meter.CreateUpDownCounter<long>(
        "controller_runtime_webhook_requests_in_flight", description: "Current number of admission requests being served.");

    static readonly Counter<long> Panics = ControllerMetrics.Meter.CreateCounter<long>(
        "controller_runtime_webhook_panics_total", description: "Total number of webhook panics.");

    static readonly Counter<long> CertificateReads = ControllerMetrics.Meter.CreateCounter<long>(
        "certwatcher_read_certificate_total", description: "Total number of certificate reads.");

    static readonly Counter<long> CertificateErrors = ControllerMetrics.Meter.CreateCounter<long>(
        "certwatcher_read_certificate_errors_total", description: "Total number of certificate read errors.");

    /// <summary>The same handler, counted and timed. Its series exist from now on, at 0.</summary>
    /// <param name="webhook">Label of the metrics: the path.</param>
    /// <param name="handler">What serves the webhook.</param>
    public static RequestDelegate Measured(string webhook, RequestDelegate handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        foreach (var code in (string[])["200", "500"])
            Requests.Add(0, Webhook(webhook), new("code", code));
        InFlight.Add(0, Webhook(webhook));
        Panics.Add(0);
        CertificateReads.Add(0);
        CertificateErrors.Add(0);
        return async http =>
        {
            var started = Stopwatch.GetTimestamp();
            InFlight.Add(1, Webhook(webhook));
            var code = StatusCodes.Status500InternalServerError;
            try
            {
                await handler(http).ConfigureAwait(false);
                code = http.Response.StatusCode;
            }
            catch (Exception) when (!http.RequestAborted.IsCancellationRequested)
            {
                // The server answers 500 and logs it.
                Panics.Add(1);
                throw;
            }
            finally
            {
                var label = new KeyValuePair<string, object?>("code", code.ToString(System.Globalization.CultureInfo.InvariantCulture));
                Requests.Add(1, Webhook(webhook), label);
                Latency.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, Webhook(webhook), label);
                InFlight.Add(-1, Webhook(webhook));
            }
        };
    }

    /// <summary>The serving certificate was read, or could not be.</summary>
    public static void CertificateRead(bool succeeded) => (succeeded ? CertificateReads : CertificateErrors).Add(1);

    static KeyValuePair<string, object?> Webhook(string path) => new("webhook", path);
}
