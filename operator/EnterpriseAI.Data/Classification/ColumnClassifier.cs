using System.Globalization;
using System.Text.RegularExpressions;
using EnterpriseAI.Data.Quality;
using EnterpriseAI.Data.Sources;

namespace EnterpriseAI.Data.Classification;

/// <summary>
/// Tells which columns are sensitive, from their names and a sample of their distinct values.
/// Confidence is 1 - (1 - content)(1 - name): content is the rule's strength, scaled down when fewer values fit than it
/// requires; name is the strength of a fitting name, halved when no sampled value of ten or more fits.
/// </summary>
internal sealed partial class ColumnClassifier(SourceTable source, int sampleSize, CancellationToken cancellationToken)
{
    private const int SampledLength = 512;
    private const int EnoughToContradict = 10;

    // "email_sent" and "phone_count" are about something sensitive, and are not it.
    private static readonly HashSet<string> Negations =
        ["count", "flag", "is", "has", "sent", "verified", "hash", "hashed", "status", "type", "opt", "optin", "domain", "length", "rate", "enabled"];

    /// <summary>Every finding of any confidence, the highest first per column.</summary>
    public IReadOnlyList<(ClassificationFinding Finding, SensitivityLevel Level)> Classify(IReadOnlyList<MeasuredColumn> columns)
    {
        var findings = new List<(ClassificationFinding, SensitivityLevel)>();
        foreach (var column in columns) findings.AddRange(Classify(column));
        return findings;
    }

    private IEnumerable<(ClassificationFinding Finding, SensitivityLevel Level)> Classify(MeasuredColumn column)
    {
        var words = Words(column.Source.Name);
        var candidates = EntityRules.All.Where(rule => rule.Types.Contains(column.Source.Type) && CanMatter(rule, column, words)).ToList();
        if (candidates.Count == 0) return [];
        var values = Sample(column);
        return candidates
            .Select(rule => (Finding: new ClassificationFinding(column.Source.Name, rule.Entity, rule.Framework, Confidence(rule, words, values)), rule.Level))
            .Where(f => f.Finding.Confidence > 0)
            .GroupBy(f => f.Finding.Entity)
            .Select(same => same.MaxBy(f => f.Finding.Confidence))
            .OrderByDescending(f => f.Finding.Confidence);
    }

    internal static double Confidence(EntityRule rule, string words, IReadOnlyList<ColumnValue> values)
    {
        var fitting = rule.Fits is null ? 0 : values.Count(rule.Fits);
        var share = values.Count == 0 ? 0 : (double)fitting / values.Count;
        var content = rule.ContentStrength * Math.Min(1, share / rule.RequiredShare);
        var name = NameFits(rule, words) ? rule.NameStrength : 0;
        if (rule.Fits is not null && fitting == 0 && values.Count >= EnoughToContradict) name /= 2;
        return Math.Round(1 - ((1 - content) * (1 - name)), 3);
    }

    /// <summary>The words of a column's name in lower case, each between single spaces: <c>homePhone_1</c> is <c>" home phone 1 "</c>.</summary>
    internal static string Words(string name)
    {
        var parts = WordStart.Replace(name, " ").Split([' ', '_', '-', '.', '/'], StringSplitOptions.RemoveEmptyEntries);
        return $" {string.Join(' ', parts).ToLowerInvariant()} ";
    }

    private static bool NameFits(EntityRule rule, string words) =>
        rule.Names.Any(phrase => words.Contains($" {phrase} ", StringComparison.Ordinal))
        && !words.Split(' ').Any(Negations.Contains);

    // Numbers are looked into only where the name says so or they are as long as card numbers; most are measurements.
    private static bool CanMatter(EntityRule rule, MeasuredColumn column, string words) =>
        column.Source.Type == ColumnType.String
        || NameFits(rule, words)
        || (column.Source.Type == ColumnType.Integer && column.Statistics.Maximum is { Length: >= 12 } && rule.ContentStrength > 0);

    private List<ColumnValue> Sample(MeasuredColumn column)
    {
        // A range of hashes holds about the wanted number of distinct values, all their copies included: the same
        // sample every time, in bounded memory, and no frequent value crowds out the rare ones.
        var share = column.Statistics.Distinct <= sampleSize ? 1 : (double)sampleSize / column.Statistics.Distinct;
        var range = share >= 1 ? "" : $"AND hash({column.Source.Sql}) <= {((ulong)(share * ulong.MaxValue)).ToString(CultureInfo.InvariantCulture)}::UBIGINT";
        var text = $"left(CAST({column.Source.Sql} AS VARCHAR), {SampledLength})";
        var result = source.Connection.Query(
            $"SELECT DISTINCT trim({text}) AS v FROM {SourceTable.Name} WHERE {column.Source.Sql} IS NOT NULL {range} ORDER BY v LIMIT {sampleSize}",
            cancellationToken);
        var values = new List<ColumnValue>(result.Rows.Count);
        foreach (var row in result.Rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (row[0] is string { Length: > 0 } value) values.Add(new ColumnValue(value, SensitiveTextScanner.Scan(value)));
        }

        return values;
    }

    [GeneratedRegex(@"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=\d)")]
    private static partial Regex WordStart { get; }
}
