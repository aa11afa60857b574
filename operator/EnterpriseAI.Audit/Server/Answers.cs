namespace EnterpriseAI.Audit.Server;

/// <summary>Errors in the one shape all of them have.</summary>
internal static class Answers
{
    public static IResult Error(int status, string reason, string message, string? field = null) =>
        Results.Json(new ErrorAnswer(new(reason, field, message)), AuditJson.Default.ErrorAnswer, statusCode: status);

    public static IResult BadQuery(string parameter, string rule) =>
        Error(StatusCodes.Status400BadRequest, "InvalidQuery", $"{parameter} {rule}", parameter);

    public static IResult NotFound(string what) => Error(StatusCodes.Status404NotFound, "NotFound", what);
}
