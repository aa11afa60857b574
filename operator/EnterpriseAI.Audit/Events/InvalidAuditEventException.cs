namespace EnterpriseAI.Audit;

/// <summary>An event that the log does not take. Sending it again cannot help.</summary>
/// <param name="field">The field at fault, such as <c>resource.kind</c>; empty when it is the document as a whole.</param>
/// <param name="message">What is wrong and what is allowed, naming the field.</param>
public sealed class InvalidAuditEventException(string field, string message) : Exception(message)
{
    /// <summary>The field at fault, such as <c>resource.kind</c>; empty when it is the document as a whole.</summary>
    public string Field { get; } = field;
}
