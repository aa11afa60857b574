namespace EnterpriseAI.Data.Classification;

/// <summary>How one kind of sensitive value is recognised in a column.</summary>
internal sealed record EntityRule(string Entity, ClassificationFramework Framework, SensitivityLevel Level)
{
    /// <summary>Phrases of the column's name, in lower case, words apart by one space.</summary>
    public string[] Names { get; init; } = [];

    /// <summary>How much a fitting name alone says.</summary>
    public double NameStrength { get; init; }

    /// <summary>How much fitting values alone say, when the share is reached.</summary>
    public double ContentStrength { get; init; }

    /// <summary>The share of the sampled values that must fit: low for values that hardly occur by chance, high for mere shapes.</summary>
    public double RequiredShare { get; init; } = 1;

    /// <summary>Tests one value; null when values cannot tell.</summary>
    public Func<ColumnValue, bool>? Fits { get; init; }

    /// <summary>Types such a value can have.</summary>
    public ColumnType[] Types { get; init; } = [ColumnType.String];
}

/// <summary>One value of a column and what was found inside it.</summary>
internal sealed record ColumnValue(string Text, IReadOnlyList<SensitiveMatch> Matches)
{
    public bool Contains(string entity)
    {
        foreach (var match in Matches)
            if (match.Entity == entity) return true;
        return false;
    }
}
