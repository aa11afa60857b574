namespace EnterpriseAI.Data;

/// <summary><c>DataSource.status.schema</c>, and where the data is not as declared.</summary>
public sealed record SchemaSummary
{
    public required IReadOnlyList<ObservedColumn> Columns { get; init; }

    /// <summary>False when the policy is Enforce and a violation of severity Error was found.</summary>
    public required bool Valid { get; init; }

    /// <summary>The errors first.</summary>
    public required IReadOnlyList<SchemaViolation> Violations { get; init; }
}

/// <summary>One column in short. Values of columns that look sensitive are left out.</summary>
public sealed record ObservedColumn
{
    public required string Name { get; init; }

    public required ColumnType Type { get; init; }

    public required bool Nullable { get; init; }

    /// <summary>Share of values that are neither NULL nor blank.</summary>
    public double? Completeness { get; init; }

    public long? Distinct { get; init; }

    /// <summary>Of numeric columns, as are the next two.</summary>
    public double? Minimum { get; init; }

    public double? Maximum { get; init; }

    public double? Mean { get; init; }
}

/// <summary><c>DataSource.status.quality</c>.</summary>
public sealed record QualitySummary
{
    /// <summary>Rounded down to four digits, as are the dimensions.</summary>
    public double? Score { get; init; }

    public required QualityDimensions Dimensions { get; init; }

    public required bool Met { get; init; }

    public required IReadOnlyList<string> Unmet { get; init; }

    public required IReadOnlyList<FailedExpectation> FailedExpectations { get; init; }
}

/// <param name="Name">Of the expectation.</param>
/// <param name="PassRate">Null when it could not be evaluated.</param>
/// <param name="MinPassRate">What was asked for.</param>
/// <param name="Message">What was found and what to do.</param>
public sealed record FailedExpectation(string Name, double? PassRate, double MinPassRate, string? Message);
