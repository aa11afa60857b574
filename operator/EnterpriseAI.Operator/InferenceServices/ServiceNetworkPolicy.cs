using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator.InferenceServices;

/// <summary>Model servers answer on one port and call nobody: a model cannot send out what it is asked.</summary>
internal static class ServiceNetworkPolicy
{
    public static string Name(InferenceService service) => ObjectNames.Of(service.Metadata.Name!, "serving");

    public static V1NetworkPolicy Build(InferenceService service) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = Name(service),
            Namespace = service.Metadata.Namespace,
            Labels = CommonLabels.With(RevisionDeployment.Selector(service)),
            OwnerReferences = [V1OwnerReference.ControllerOf(service)],
        },
        Spec = new V1NetworkPolicySpec
        {
            PodSelector = new V1LabelSelector { MatchLabels = RevisionDeployment.Selector(service) },
            PolicyTypes = ["Ingress", "Egress"],
            Ingress = [new V1NetworkPolicyIngressRule { Ports = [new V1NetworkPolicyPort { Port = RevisionDeployment.Port, Protocol = "TCP" }] }],
        },
    };
}
