namespace EnterpriseAI.SupplyChain;

/// <summary>The checks that a verification makes: all of them, except in the tests that show what each is for.</summary>
/// <remarks>A set without one of the checks can be made only inside this assembly and its tests; nothing public takes one.</remarks>
internal sealed class CheckSet
{
    private readonly VerificationStep? _left;

    private CheckSet(VerificationStep? left) => _left = left;

    public static CheckSet All { get; } = new(null);

    /// <summary>All checks but one.</summary>
    internal static CheckSet Without(VerificationStep step) => new(step);

    public bool Includes(VerificationStep step) => step != _left;

    /// <summary>Ends the verification, unless this check is the one that is left out.</summary>
    /// <exception cref="VerificationException">Always, in a set that includes the step.</exception>
    public void Refuse(VerificationStep step, string message, Exception? inner = null)
    {
        if (Includes(step))
            throw new VerificationException(step, message, inner);
    }
}
