using System.Text.RegularExpressions;
using EnterpriseAI.Data.DuckDb;
using EnterpriseAI.Data.Sources;

namespace EnterpriseAI.Data.Quality;

/// <summary>
/// Runs the user's expressions. Whatever is wrong with one is its result, never an exception: the others still count.
/// The connection is locked down, and one statement that begins with SELECT is all an expression can be part of.
/// </summary>
internal sealed partial class ExpectationCheck(SourceTable source, CancellationToken cancellationToken)
{
    private const int MaxMessage = 300;

    public ExpectationResult Check(ExpectationSpec spec)
    {
        if (spec.MinPassRate is not (>= 0 and <= 1))
            return Broken(spec, $"minPassRate is {spec.MinPassRate:R}; give a share between 0 and 1");
        // On a line of its own, so that a comment at the end of the expression does not swallow the parenthesis.
        var rows = $"SELECT (\n{spec.Sql}\n) AS holds FROM {SourceTable.Name}";
        try
        {
            var described = source.Connection.Query($"DESCRIBE {rows}", cancellationToken).Rows;
            if (described is not [[_, "BOOLEAN", ..]])
                return Broken(spec, $"the expression is {(described.Count == 1 ? described[0][1] : "several columns")}, not one BOOLEAN; compare with something");
            var result = source.Connection.Query(
                $"SELECT count(*) FILTER (WHERE holds), count(*) FILTER (WHERE NOT holds), count(*) FROM ({rows})", cancellationToken);
            return Judge(spec, result.Count(0), result.Count(1), result.Count(2));
        }
        catch (DuckDbException e)
        {
            // Errors while running quote values of the data, which may be what must not be shown.
            var message = e.WhilePreparing ? e.FirstLine : Quoted.Replace(e.FirstLine, "'…'");
            return Broken(spec, message);
        }
    }

    private static ExpectationResult Judge(ExpectationSpec spec, long passed, long failed, long rows)
    {
        double? rate = passed + failed == 0 ? null : (double)passed / (passed + failed);
        var outcome = rate is null ? ExpectationOutcome.Inconclusive
            : rate >= spec.MinPassRate ? ExpectationOutcome.Passed : ExpectationOutcome.Failed;
        return new ExpectationResult
        {
            Name = spec.Name,
            Outcome = outcome,
            PassRate = rate,
            MinPassRate = spec.MinPassRate,
            Passed = passed,
            Failed = failed,
            Unknown = rows - passed - failed,
            Message = outcome switch
            {
                ExpectationOutcome.Inconclusive => "the expression is NULL for every row, so nothing was judged",
                ExpectationOutcome.Failed => $"{failed} of {passed + failed} rows fail; {rate:0.####} passed, at least {spec.MinPassRate:0.####} must",
                _ => null,
            },
        };
    }

    private static ExpectationResult Broken(ExpectationSpec spec, string message) => new()
    {
        Name = spec.Name,
        Outcome = ExpectationOutcome.Broken,
        MinPassRate = spec.MinPassRate,
        Message = message.Length <= MaxMessage ? message : message[..(MaxMessage - 1)] + "…",
    };

    [GeneratedRegex("'[^']*'|\"[^\"]*\"")]
    private static partial Regex Quoted { get; }
}
