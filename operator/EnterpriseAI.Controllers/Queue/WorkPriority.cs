namespace EnterpriseAI.Controllers;

/// <summary>Which keys go first; higher first.</summary>
public static class WorkPriority
{
    /// <summary>Something happened.</summary>
    public const int Live = 0;

    /// <summary>Known from the first list: a live change must not wait behind thousands of these after a restart.</summary>
    public const int Initial = -100;
}
