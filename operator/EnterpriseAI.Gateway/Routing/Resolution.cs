namespace EnterpriseAI.Gateway.Routing;

/// <summary>Where a request goes: a service and the target to ask its model server for, or why there is none.</summary>
/// <param name="Service">The service, or null.</param>
/// <param name="Target">Path and query for the model server, starting with <c>/</c>, as the client wrote them.</param>
/// <param name="Error">When there is no service: what the client can do about it.</param>
internal readonly record struct Resolution(LiveService? Service, string Target, string Error)
{
    public static Resolution To(LiveService service, string target) => new(service, target, "");

    public static Resolution None(string error) => new(null, "", error);
}
