namespace EnterpriseAI.Audit;

/// <summary>The body of every answer of the server that is not a success.</summary>
internal sealed record ErrorAnswer(ErrorAnswer.Details Error)
{
    /// <param name="Reason">CamelCase, for programs.</param>
    /// <param name="Field">The field of the event at fault, where there is one.</param>
    /// <param name="Message">For people.</param>
    public sealed record Details(string Reason, string? Field, string Message);
}
