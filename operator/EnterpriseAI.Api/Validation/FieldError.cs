namespace EnterpriseAI.Api;

/// <summary>What is wrong with one field of an object.</summary>
/// <param name="Path">The field, such as <c>spec.rollout.steps[1]</c>.</param>
/// <param name="Message">What is wrong and what is allowed.</param>
public sealed record FieldError(string Path, string Message)
{
    /// <summary>Field and message in one line, as shown in a condition.</summary>
    public override string ToString() => $"{Path}: {Message}";
}
