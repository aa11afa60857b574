using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator.TrainingJobs;

/// <summary>The headless Service that gives each pod of a job its DNS name.</summary>
internal static class RendezvousService
{
    public static string Name(TrainingJob job) => ObjectNames.Of(job.Metadata.Name!, "gang");

    public static V1Service Build(TrainingJob job) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = Name(job),
            Namespace = job.Metadata.Namespace,
            Labels = CommonLabels.With(WorkerPod.Selector(job)),
            OwnerReferences = [V1OwnerReference.ControllerOf(job)],
        },
        Spec = new V1ServiceSpec
        {
            ClusterIP = "None",
            Selector = WorkerPod.Selector(job),
            // Workers look for the master before it is ready: readiness may itself depend on the rendezvous.
            PublishNotReadyAddresses = true,
            Ports = [new V1ServicePort { Name = "rendezvous", Port = EnvironmentContract.MasterPort, Protocol = "TCP" }],
        },
    };
}
