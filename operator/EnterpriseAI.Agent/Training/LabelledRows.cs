using System.Globalization;

namespace EnterpriseAI.Agent.Training;

/// <summary>Which rows have a label, and which class that is.</summary>
/// <param name="Column">The label's column.</param>
/// <param name="Classes">The distinct labels in ordinal order; a class index is a place in it.</param>
/// <param name="Rows">The rows that have a label.</param>
/// <param name="ClassOf">For every row of the table its class, or -1 without a label.</param>
internal sealed record LabelledRows(string Column, string[] Classes, int[] Rows, int[] ClassOf)
{
    /// <summary>More distinct labels are taken for a measured quantity, which no classifier predicts.</summary>
    public const int MaxClasses = 1000;

    /// <exception cref="AgentFailure">No such column, or its values are not classes.</exception>
    public static LabelledRows Of(TrainingTable table, string label)
    {
        string?[] labels = table.Column(label, "--label") switch
        {
            TextColumn words => words.Values,
            NumericColumn numbers => [.. numbers.Values.Select(value => double.IsNaN(value) ? null : value.ToString("R", CultureInfo.InvariantCulture))],
            _ => [],
        };
        string[] classes = [.. labels.OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (classes.Length is < 2 or > MaxClasses)
        {
            throw AgentFailure.BadInput(
                "InvalidLabel",
                $"--label: column '{label}' of {table.Path} has {classes.Length} distinct values, allowed are 2 to {MaxClasses}");
        }

        int[] classOf = [.. labels.Select(word => word is null ? -1 : Array.BinarySearch(classes, word, StringComparer.Ordinal))];
        return new LabelledRows(label, classes, [.. Enumerable.Range(0, classOf.Length).Where(row => classOf[row] >= 0)], classOf);
    }

    /// <summary>
    /// Splits the rows in two, class by class, so that the held-out part has every class in its proportion.
    /// The same seed gives the same split.
    /// </summary>
    /// <exception cref="AgentFailure">One of the parts would be empty.</exception>
    public (int[] Training, int[] HeldOut) Split(double heldOutShare, int seed)
    {
        var random = new Random(seed);
        var training = new List<int>();
        var heldOut = new List<int>();
        foreach (var members in Rows.GroupBy(row => ClassOf[row]).OrderBy(group => group.Key).Select(group => group.ToArray()))
        {
            random.Shuffle(members);
            var count = Math.Min((int)Math.Round(members.Length * heldOutShare, MidpointRounding.AwayFromZero), members.Length - 1);
            heldOut.AddRange(members.AsSpan(0, count));
            training.AddRange(members.AsSpan(count));
        }

        if (heldOut.Count == 0)
        {
            throw AgentFailure.BadInput(
                "TooFewRows",
                $"--holdout: {heldOutShare.ToString(CultureInfo.InvariantCulture)} of {Rows.Length} labelled rows leaves no row to evaluate on; give more data or a larger share");
        }

        return ([.. training.Order()], [.. heldOut.Order()]);
    }
}
