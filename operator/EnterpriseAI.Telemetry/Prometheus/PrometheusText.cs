using System.Globalization;
using System.Text;

namespace EnterpriseAI.Telemetry.Prometheus;

/// <summary>
/// Collects metric families and writes them in the Prometheus text exposition format 0.0.4:
/// families sorted by name, series by labels, one <c># HELP</c> and one <c># TYPE</c> line per family.
/// </summary>
/// <remarks>
/// <b>Guarantees:</b> a name or label that the format does not allow is made valid (<c>.</c> becomes <c>_</c>), nothing is appended to a name,
/// and no series is written twice, so a scraper never refuses the whole page for one bad instrument.
/// <b>Caveats:</b> not safe for concurrent use.
/// </remarks>
public sealed class PrometheusText
{
    /// <summary>The value of the <c>Content-Type</c> header that belongs to the format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly SortedDictionary<string, Family> _families = new(StringComparer.Ordinal);

    /// <summary>Adds one sample of a counter or gauge.</summary>
    public void Add(string name, string help, PrometheusType type, IEnumerable<KeyValuePair<string, object?>> labels, double value)
    {
        if (FamilyOf(name, help, type) is not { } family) return;
        var formatted = FormatLabels(labels);
        family.Series.TryAdd(formatted, $"{family.Name}{Braced(formatted)} {Format(value)}\n");
    }

    /// <summary>Adds one histogram series.</summary>
    /// <param name="name">Name of the family, without <c>_bucket</c>.</param>
    /// <param name="help">What it measures, for the HELP line; none is written when empty.</param>
    /// <param name="labels">Labels of the series; <c>le</c> is added to each bucket.</param>
    /// <param name="buckets">Upper bound (inclusive) and count of each bucket, not cumulative, in order; the last bound is +Inf.</param>
    /// <param name="sum">Sum of all measurements.</param>
    public void AddHistogram(
        string name,
        string help,
        IEnumerable<KeyValuePair<string, object?>> labels,
        IEnumerable<(double UpperBound, long Count)> buckets,
        double sum)
    {
        if (FamilyOf(name, help, PrometheusType.Histogram) is not { } family) return;
        var formatted = FormatLabels(labels);
        var prefix = formatted.Length == 0 ? "" : formatted + ",";
        var text = new StringBuilder();
        long total = 0;
        foreach (var (upperBound, count) in buckets)
        {
            total += count;
            text.Append(CultureInfo.InvariantCulture, $"{family.Name}_bucket{{{prefix}le=\"{Format(upperBound)}\"}} {total}\n");
        }
        // The count is the last cumulative bucket by construction: a scrape in the middle of a measurement stays consistent.
        text.Append(CultureInfo.InvariantCulture, $"{family.Name}_sum{Braced(formatted)} {Format(sum)}\n");
        text.Append(CultureInfo.InvariantCulture, $"{family.Name}_count{Braced(formatted)} {total}\n");
        family.Series.TryAdd(formatted, text.ToString());
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var page = new StringBuilder();
        foreach (var family in _families.Values)
        {
            if (family.Help.Length > 0) page.Append("# HELP ").Append(family.Name).Append(' ').Append(EscapeHelp(family.Help)).Append('\n');
            page.Append("# TYPE ").Append(family.Name).Append(' ').Append(TypeName(family.Type)).Append('\n');
            foreach (var series in family.Series.Values) page.Append(series);
        }
        return page.ToString();
    }

    /// <summary>A number as the format wants it: the shortest text that reads back exactly, or <c>NaN</c>, <c>+Inf</c>, <c>-Inf</c>.</summary>
    internal static string Format(double value) => value switch
    {
        double.NaN => "NaN",
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <summary>Replaces what a metric name may not hold by <c>_</c>.</summary>
    internal static string MetricName(string name) => Valid(name, colonAllowed: true);

    /// <summary>Replaces what a label name may not hold by <c>_</c>.</summary>
    internal static string LabelName(string name) => Valid(name, colonAllowed: false);

    // Two instruments of one name and different types cannot both be written; the first keeps the name.
    private Family? FamilyOf(string name, string help, PrometheusType type)
    {
        var valid = MetricName(name);
        if (!_families.TryGetValue(valid, out var family)) _families[valid] = family = new Family(valid, help, type);
        return family.Type == type ? family : null;
    }

    private static string FormatLabels(IEnumerable<KeyValuePair<string, object?>> labels)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in labels) sorted[LabelName(key)] = TextOf(value);
        return string.Join(',', sorted.Select(label => $"{label.Key}=\"{EscapeLabelValue(label.Value)}\""));
    }

    private static string TextOf(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        double number => Format(number),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Braced(string labels) => labels.Length == 0 ? "" : $"{{{labels}}}";

    private static string EscapeLabelValue(string value) =>
        value.AsSpan().IndexOfAny('\\', '"', '\n') < 0
            ? value
            : value.Replace("\\", @"\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal);

    private static string EscapeHelp(string help) =>
        help.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Valid(string name, bool colonAllowed)
    {
        bool Allowed(char c) => char.IsAsciiLetterOrDigit(c) || c == '_' || (colonAllowed && c == ':');
        if (name.Length == 0) return "_";
        var text = name.All(Allowed) ? name : string.Concat(name.Select(c => Allowed(c) ? c : '_'));
        return char.IsAsciiDigit(text[0]) ? "_" + text : text;
    }

    private static string TypeName(PrometheusType type) => type switch
    {
        PrometheusType.Counter => "counter",
        PrometheusType.Gauge => "gauge",
        PrometheusType.Histogram => "histogram",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "a metric is a counter, a gauge or a histogram"),
    };

    private sealed record Family(string Name, string Help, PrometheusType Type)
    {
        public SortedDictionary<string, string> Series { get; } = new(StringComparer.Ordinal);
    }
}

/// <summary>The kinds of metric that <see cref="PrometheusText"/> writes.</summary>
public enum PrometheusType
{
    /// <summary>Only grows; restarts at zero with the process.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Counts by bucket, with sum and count.</summary>
    Histogram,
}
