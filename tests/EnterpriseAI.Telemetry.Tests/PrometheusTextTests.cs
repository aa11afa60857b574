using EnterpriseAI.Telemetry.Prometheus;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Telemetry.Tests;

[Parallelizable(ParallelScope.All)]
public sealed class PrometheusTextTests
{
    [Test]
    public void Families_are_sorted_and_described_once()
    {
        var text = new PrometheusText();
        text.Add("b_total", "Second.", PrometheusType.Counter, [], 2);
        text.Add("a", "First.", PrometheusType.Gauge, Labels(("x", "2")), 1);
        text.Add("a", "First.", PrometheusType.Gauge, Labels(("x", "1")), 0.5);

        Assert.That(text.ToString(), Is.EqualTo("""
            # HELP a First.
            # TYPE a gauge
            a{x="1"} 0.5
            a{x="2"} 1
            # HELP b_total Second.
            # TYPE b_total counter
            b_total 2

            """.ReplaceLineEndings("\n")));
    }

    [Test]
    public void Histogram_buckets_are_cumulative_and_end_in_infinity()
    {
        var text = new PrometheusText();
        text.AddHistogram("h_seconds", "Time.", Labels(("q", "a")), [(0.1, 3), (1, 0), (double.PositiveInfinity, 2)], 7.25);

        Assert.That(text.ToString(), Is.EqualTo("""
            # HELP h_seconds Time.
            # TYPE h_seconds histogram
            h_seconds_bucket{q="a",le="0.1"} 3
            h_seconds_bucket{q="a",le="1"} 3
            h_seconds_bucket{q="a",le="+Inf"} 5
            h_seconds_sum{q="a"} 7.25
            h_seconds_count{q="a"} 5

            """.ReplaceLineEndings("\n")));
    }

    [TestCase(double.NaN, "NaN")]
    [TestCase(double.PositiveInfinity, "+Inf")]
    [TestCase(double.NegativeInfinity, "-Inf")]
    [TestCase(0.1, "0.1")]
    [TestCase(3, "3")]
    [TestCase(-0.0, "-0")]
    public void Numbers_have_the_forms_of_the_format(double value, string expected) =>
        Assert.That(PrometheusText.Format(value), Is.EqualTo(expected));

    [Test]
    public void Label_values_and_help_are_escaped()
    {
        var text = new PrometheusText();
        text.Add("m", "line\nand \\ back", PrometheusType.Gauge, Labels(("l", "a\"b\\c\nd")), 1);

        Assert.That(text.ToString(), Is.EqualTo("# HELP m line\\nand \\\\ back\n# TYPE m gauge\nm{l=\"a\\\"b\\\\c\\nd\"} 1\n"));
    }

    [Test]
    public void Names_that_the_format_forbids_are_made_valid_and_nothing_is_appended()
    {
        var text = new PrometheusText();
        text.Add("http.server.requests", "", PrometheusType.Counter, Labels(("url.path", "/"), ("9", "x")), 1);

        Assert.That(text.ToString(), Is.EqualTo("# TYPE http_server_requests counter\nhttp_server_requests{_9=\"x\",url_path=\"/\"} 1\n"));
    }

    [Test]
    public void The_same_series_is_written_once_and_a_second_type_under_one_name_is_left_out()
    {
        var text = new PrometheusText();
        text.Add("m", "", PrometheusType.Gauge, [], 1);
        text.Add("m", "", PrometheusType.Gauge, [], 2);
        text.Add("m", "", PrometheusType.Counter, [], 3);

        Assert.That(text.ToString(), Is.EqualTo("# TYPE m gauge\nm 1\n"));
    }

    [Test]
    public void Any_label_value_reads_back_as_it_was()
    {
        Prop.ForAll<string?>(value =>
        {
            var text = new PrometheusText();
            text.Add("m", "", PrometheusType.Gauge, Labels(("l", value)), 1);
            var lines = text.ToString().Split('\n');
            return lines.Length == 3 && Unescape(lines[1]["m{l=\"".Length..^"\"} 1".Length]) == (value ?? "");
        }).QuickCheckThrowOnFailure();
    }

    private static string Unescape(string escaped)
    {
        var text = new System.Text.StringBuilder();
        for (var i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] != '\\') { text.Append(escaped[i]); continue; }
            i++;
            text.Append(escaped[i] == 'n' ? '\n' : escaped[i]);
        }
        return text.ToString();
    }

    private static IEnumerable<KeyValuePair<string, object?>> Labels(params (string Name, string? Value)[] labels) =>
        labels.Select(label => KeyValuePair.Create(label.Name, (object?)label.Value));
}
