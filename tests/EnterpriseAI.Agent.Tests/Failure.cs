namespace EnterpriseAI.Agent.Tests;

/// <summary>Gets hold of the failure that an operation must end in.</summary>
internal static class Failure
{
    public static async Task<AgentFailure> OfAsync(Func<Task> operation)
        => await Assert.ThrowsAsync<AgentFailure>(operation) ?? throw new InvalidOperationException("no failure");
}
