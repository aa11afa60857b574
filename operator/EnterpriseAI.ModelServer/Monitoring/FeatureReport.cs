using System.Text.Json;

namespace EnterpriseAI.ModelServer.Monitoring;

/// <summary>Writes <see cref="FeatureStatistics"/> as JSON.</summary>
internal static class FeatureReport
{
    public static void Write(Utf8JsonWriter json, string model, string? version, FeatureStatistics statistics)
    {
        json.WriteStartObject();
        json.WriteString("name", model);
        if (version is not null)
            json.WriteString("version", version);
        json.WriteStartArray("features");
        statistics.Read((name, features) =>
        {
            for (var index = 0; index < features.Count; index++)
                Write(json, name, index, features[index]);
        }, (name, features) =>
        {
            for (var index = 0; index < features.Count; index++)
                Write(json, name, index, features[index]);
        });
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string input, int index, FeatureSummary feature)
    {
        json.WriteStartObject();
        json.WriteString("input", input);
        json.WriteNumber("index", index);
        json.WriteString("kind", "Numeric");
        json.WriteNumber("count", feature.Count);
        json.WriteNumber("nan", feature.NaN);
        json.WriteNumber("infinite", feature.Infinite);
        if (feature.Count > 0)
        {
            json.WriteNumber("minimum", feature.Minimum);
            json.WriteNumber("maximum", feature.Maximum);
            json.WriteNumber("mean", feature.Mean);
            json.WriteNumber("variance", feature.Variance);
        }
        json.WriteStartObject("sketch");
        json.WriteNumber("precision", feature.Sketch.Precision);
        json.WriteStartArray("buckets");
        foreach (var (key, count) in feature.Sketch.Buckets.OrderBy(static bucket => bucket.Key))
        {
            json.WriteStartArray();
            json.WriteNumberValue(key);
            json.WriteNumberValue(count);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string input, int index, CategorySummary feature)
    {
        json.WriteStartObject();
        json.WriteString("input", input);
        json.WriteNumber("index", index);
        json.WriteString("kind", "Text");
        json.WriteNumber("count", feature.Count);
        json.WriteNumber("empty", feature.Empty);
        json.WriteStartArray("hashBuckets");
        foreach (var count in feature.Buckets)
            json.WriteNumberValue(count);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
