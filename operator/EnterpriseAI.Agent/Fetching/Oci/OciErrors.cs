using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Tells apart what a registry answers when it does not give what was asked for.</summary>
internal static class OciErrors
{
    /// <param name="source">Names the source in an error.</param>
    /// <param name="call">The request.</param>
    /// <exception cref="RemoteTrouble">It cannot be had now.</exception>
    /// <exception cref="AgentFailure">The registry refused for good.</exception>
    public static async Task<TResult> TranslateAsync<TResult>(string source, Func<Task<TResult>> call)
    {
        try
        {
            return await call();
        }
        catch (SupplyChainException exception) when (exception.Reason is SupplyChainReason.RegistryUnavailable)
        {
            throw new RemoteTrouble(RemoteTroubleKind.Passing, exception.Message, cause: exception);
        }
        catch (SupplyChainException exception) when (exception.Reason is SupplyChainReason.RegistryDenied)
        {
            throw AgentFailure.BadInput("SourceRefused", $"{source}: {exception.Message} (--credentials)", exception);
        }
        catch (SupplyChainException exception) when (exception.Reason is SupplyChainReason.ArtifactNotFound)
        {
            throw AgentFailure.BadInput("SourceRefused", $"{source}: {exception.Message}", exception);
        }
    }
}
