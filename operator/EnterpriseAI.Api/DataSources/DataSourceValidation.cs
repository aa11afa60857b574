namespace EnterpriseAI.Api;

/// <summary>Checks a <see cref="DataSource"/>.</summary>
internal static class DataSourceValidation
{
    public static IReadOnlyList<FieldError> Check(DataSource source)
    {
        var checks = new FieldChecks();
        checks.Name(source);
        var spec = source.Spec;
        Location(checks, spec.Source);
        if (spec.Schema is { } schema)
            Schema(checks, schema);
        if (spec.Quality is { } quality)
            Quality(checks, quality);
        if (spec.Drift is { } drift)
        {
            checks.Range("spec.drift.minRows", drift.MinRows, 1, double.PositiveInfinity);
            checks.Range("spec.drift.falseAlarmRate", drift.FalseAlarmRate, 0, 1, exclusive: true);
        }

        checks.Range("spec.classification.confidenceThreshold", spec.Classification?.ConfidenceThreshold, 0, 1);
        checks.Duration("spec.governance.retention", spec.Governance?.Retention);
        for (var i = 0; i < (spec.Governance?.PermittedPurposes.Count ?? 0); i++)
            checks.Required($"spec.governance.permittedPurposes[{i}]", spec.Governance!.PermittedPurposes[i]);
        if (spec.Schedule is { } schedule && !CronSchedule.TryParse(schedule, out _, out var error))
            checks.Add("spec.schedule", error);
        return checks.Errors;
    }

    private static void Location(FieldChecks checks, DataLocation location)
    {
        const string path = "spec.source";
        checks.ExactlyOne(
            path,
            ("persistentVolumeClaim", location.PersistentVolumeClaim is not null),
            ("http", location.Http is not null),
            ("s3", location.S3 is not null),
            ("postgres", location.Postgres is not null));
        if (location.PersistentVolumeClaim is { } claim)
        {
            checks.ObjectName($"{path}.persistentVolumeClaim.claimName", claim.ClaimName);
            checks.RelativePath($"{path}.persistentVolumeClaim.path", claim.Path);
        }

        if (location.Http is { } http)
        {
            checks.Url($"{path}.http.url", http.Url);
            checks.ObjectName($"{path}.http.secretRef.name", http.SecretRef?.Name);
        }

        if (location.S3 is { } s3)
        {
            checks.Url($"{path}.s3.endpoint", s3.Endpoint);
            checks.Required($"{path}.s3.bucket", s3.Bucket);
            checks.ObjectName($"{path}.s3.secretRef.name", s3.SecretRef?.Name);
        }

        if (location.Postgres is { } postgres)
        {
            checks.ObjectName($"{path}.postgres.secretRef.name", postgres.SecretRef.Name);
            checks.Required($"{path}.postgres.query", postgres.Query);
        }
    }

    private static void Schema(FieldChecks checks, DataSchema schema)
    {
        checks.Unique("spec.schema.columns", "column", schema.Columns.Select(c => c.Name));
        for (var i = 0; i < schema.Columns.Count; i++)
        {
            var (column, path) = (schema.Columns[i], $"spec.schema.columns[{i}]");
            checks.Required($"{path}.name", column.Name);
            checks.Order(path, column.Minimum, column.Maximum);
            var numeric = column.Type is null or ColumnType.Integer or ColumnType.Double or ColumnType.Decimal;
            checks.Unless(
                numeric || (column.Minimum is null && column.Maximum is null), path,
                $"column '{column.Name}' has type {column.Type}; minimum and maximum are allowed for Integer, Double and Decimal only");
            checks.Expression($"{path}.pattern", column.Pattern);
        }
    }

    private static void Quality(FieldChecks checks, DataQualityRules quality)
    {
        checks.Range("spec.quality.completeness.minimum", quality.Completeness?.Minimum, 0, 1);
        if (quality.Freshness is { } freshness)
        {
            checks.Required("spec.quality.freshness.column", freshness.Column);
            checks.Duration("spec.quality.freshness.maxAge", freshness.MaxAge);
        }

        checks.Unique("spec.quality.expectations", "expectation", quality.Expectations.Select(e => e.Name));
        for (var i = 0; i < quality.Expectations.Count; i++)
        {
            var (expectation, path) = (quality.Expectations[i], $"spec.quality.expectations[{i}]");
            checks.Required($"{path}.name", expectation.Name);
            checks.Required($"{path}.sql", expectation.Sql);
            checks.Range($"{path}.minPassRate", expectation.MinPassRate, 0, 1);
        }
    }
}
