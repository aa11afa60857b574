using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.AgentPods;

/// <summary>
/// Network policies of the pods that the operator makes: nobody calls them, and they call only whom their work needs.
/// Policies add up, so a team that wants more for its own pods adds one; none of these has to be changed.
/// </summary>
internal static class PodNetworkPolicy
{
    private const int DnsPort = 53;

    /// <param name="suffix">One per kind of owner, so that resources of two kinds may have one name.</param>
    public static string Name(IKubernetesObject owner, string suffix) => ObjectNames.Of(owner.Metadata.Name!, suffix);

    /// <summary>Nothing in, nothing out: for pods whose work lies on volumes.</summary>
    public static V1NetworkPolicy Sealed(IKubernetesObject owner, string suffix, IReadOnlyDictionary<string, string> selector) => Build(owner, suffix, selector, [], []);

    /// <summary>Nothing in; out to name servers and to one TCP port of any address, because an address behind a name is not known before.</summary>
    public static V1NetworkPolicy Fetching(IKubernetesObject owner, string suffix, IReadOnlyDictionary<string, string> selector, int port) =>
        Build(owner, suffix, selector, [], [Dns, new V1NetworkPolicyEgressRule { Ports = [new V1NetworkPolicyPort { Port = port, Protocol = "TCP" }] }]);

    /// <summary>
    /// Only among the pods themselves, on any port (collective libraries choose theirs), and to name servers, by which they find each other.
    /// </summary>
    public static V1NetworkPolicy AmongThemselves(IKubernetesObject owner, string suffix, IReadOnlyDictionary<string, string> selector)
    {
        IReadOnlyList<V1NetworkPolicyPeer> themselves = [new() { PodSelector = new V1LabelSelector { MatchLabels = selector } }];
        return Build(owner, suffix, selector, [new V1NetworkPolicyIngressRule { From = themselves }], [Dns, new V1NetworkPolicyEgressRule { To = themselves }]);
    }

    /// <summary>
    /// In on one TCP port, and nothing out: a server that answers cannot send elsewhere what it is asked. With <paramref name="fetches"/>,
    /// out to name servers and to those TCP ports, because a policy is for a pod as a whole and its model has to be fetched.
    /// </summary>
    public static V1NetworkPolicy Answering(
        IKubernetesObject owner, string suffix, IReadOnlyDictionary<string, string> selector, int port, IReadOnlyList<int>? fetches = null) =>
        Build(owner, suffix, selector, [new V1NetworkPolicyIngressRule { Ports = [new V1NetworkPolicyPort { Port = port, Protocol = "TCP" }] }], fetches is not { Count: > 0 } ? [] :
        [
            Dns,
            new V1NetworkPolicyEgressRule { Ports = [.. fetches.Select(fetch => new V1NetworkPolicyPort { Port = fetch, Protocol = "TCP" })] },
        ]);

    private static V1NetworkPolicyEgressRule Dns => new()
    {
        Ports = [new V1NetworkPolicyPort { Port = DnsPort, Protocol = "UDP" }, new V1NetworkPolicyPort { Port = DnsPort, Protocol = "TCP" }],
    };

    private static V1NetworkPolicy Build(
        IKubernetesObject owner,
        string suffix,
        IReadOnlyDictionary<string, string> selector,
        IReadOnlyList<V1NetworkPolicyIngressRule> ingress,
        IReadOnlyList<V1NetworkPolicyEgressRule> egress) => new()
        {
            Metadata = new V1ObjectMeta
            {
                Name = Name(owner, suffix),
                Namespace = owner.Metadata.Namespace,
                Labels = CommonLabels.With(selector),
                OwnerReferences = [V1OwnerReference.ControllerOf(owner)],
            },
            Spec = new V1NetworkPolicySpec
            {
                PodSelector = new V1LabelSelector { MatchLabels = selector },
                PolicyTypes = ["Ingress", "Egress"],
                // Left out when empty: the server drops empty lists, and what it dropped would be applied again for ever.
                Ingress = ingress.Count == 0 ? null : ingress,
                Egress = egress.Count == 0 ? null : egress,
            },
        };
}
