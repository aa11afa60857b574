using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Benchmarks;

/// <summary>One measured figure.</summary>
/// <param name="Value">The median over the rounds, or the one value of a figure that is taken once.</param>
/// <param name="RatioTo">How many times the other side's median, measured in turns in the same run; null for a figure that stands alone.</param>
/// <param name="Spread">Between the quartiles of the rounds; 0 for a figure that is taken once.</param>
public sealed record Figure(string Name, double Value, string Unit, double? RatioTo, double Spread, string Machine, DateTimeOffset Date)
{
    private static readonly string ThisMachine = $"{Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {RuntimeInformation.OSDescription}";

    /// <summary>A figure that is taken once.</summary>
    public static Figure Once(string name, double value, string unit) => new(name, value, unit, null, 0, ThisMachine, DateTimeOffset.UtcNow);

    /// <summary>The median of rounds; with <paramref name="others"/> its ratio to their median.</summary>
    public static Figure Of(string name, IReadOnlyList<double> rounds, string unit, IReadOnlyList<double>? others = null)
    {
        var sorted = rounds.Order().ToList();
        return new Figure(name, Median(rounds), unit, others is null ? null : Median(rounds) / Median(others), sorted[sorted.Count * 3 / 4] - sorted[sorted.Count / 4], ThisMachine, DateTimeOffset.UtcNow);
    }

    /// <summary>Writes the figures as a JSON array, and shows them.</summary>
    public static async Task WriteAsync(string file, IReadOnlyList<Figure> figures)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize([.. figures], BenchJson.Default.FigureArray));
        foreach (var figure in figures)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{figure.Name,-32} {figure.Value,12:0.##} {figure.Unit}")
                + (figure.Spread > 0 ? string.Create(CultureInfo.InvariantCulture, $"  (half of the rounds within {figure.Spread:0.##})") : "")
                + (figure.RatioTo is { } ratio ? string.Create(CultureInfo.InvariantCulture, $"  {ratio:0.00} times the other side") : ""));
        }
    }

    private static double Median(IReadOnlyList<double> values) => values.Order().ElementAt(values.Count / 2);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(Figure[]))]
internal sealed partial class BenchJson : JsonSerializerContext;
