using System.Globalization;
using EnterpriseAI.Data.DuckDb;
using EnterpriseAI.Data.Sources;

namespace EnterpriseAI.Data.Quality;

/// <summary>How old the newest value of a column is.</summary>
internal sealed class FreshnessCheck(SourceTable source, DateTimeOffset now, CancellationToken cancellationToken)
{
    public FreshnessResult Check(FreshnessSpec spec)
    {
        if (!DurationText.TryParse(spec.MaxAge, out var maxAge) || maxAge <= TimeSpan.Zero)
            throw new DataSourceException(
                DataSourceReasons.InvalidSpec, $"quality.freshness.maxAge is '{spec.MaxAge}'; write a duration such as 30m, 24h or 7d");
        var result = new FreshnessResult { Column = spec.Column, MaxAgeSeconds = maxAge.TotalSeconds };
        if (source.Columns.FirstOrDefault(c => c.Name == spec.Column) is not { } column)
            return result with { Message = $"column '{spec.Column}' is missing; name a column that holds the time of each row" };
        if (!column.IsTemporal && column.Type != ColumnType.String)
            return result with { Message = $"column '{spec.Column}' is {column.Type}; name a Date or Timestamp column" };

        // Through TIMESTAMPTZ, so that texts with an offset and those without (UTC) come out alike.
        var time = column.Type == ColumnType.String ? $"TRY_CAST(CAST({column.Sql} AS VARCHAR) AS TIMESTAMPTZ)" : $"CAST({column.Sql} AS TIMESTAMPTZ)";
        var limit = Sql.Literal(now.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff+00", CultureInfo.InvariantCulture));
        var row = source.Connection.Query(
            $"""
            SELECT epoch_us(max(t) FILTER (WHERE t <= {limit}::TIMESTAMPTZ)), count(*) FILTER (WHERE t > {limit}::TIMESTAMPTZ)
            FROM (SELECT {time} AS t FROM {SourceTable.Name}) WHERE isfinite(t)
            """,
            cancellationToken).Row;
        var future = (long)row[1]!;
        if (row[0] is not long microseconds)
            return result with { InFuture = future, Message = $"column '{spec.Column}' has no time up to now, so its age is unknown" };
        var newest = DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
        var age = now - newest;
        var fresh = age <= maxAge;
        return result with
        {
            Newest = newest,
            AgeSeconds = age.TotalSeconds,
            InFuture = future,
            Fresh = fresh,
            Message = fresh ? null : $"the newest '{spec.Column}' is {newest:yyyy-MM-dd'T'HH:mm:ss'Z'}, older than {spec.MaxAge}",
        };
    }
}
