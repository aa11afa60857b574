using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.TrainingJobs;

/// <summary>The environment variables by which the pods of a gang find each other. Ranks are literal: they need no Indexed Job.</summary>
internal static class EnvironmentContract
{
    /// <summary>The port that torch.distributed listens on by custom.</summary>
    public const int MasterPort = 29500;

    public static IReadOnlyList<V1EnvVar> Of(TrainingJob job, TrainingRole role, int index) => job.Spec.Framework switch
    {
        TrainingFramework.PyTorch =>
        [
            Variable("MASTER_ADDR", WorkerPod.Host(job, job.Spec.Roles[0], 0)),
            Variable("MASTER_PORT", MasterPort),
            Variable("WORLD_SIZE", job.Spec.Roles.Sum(r => r.Replicas)),
            Variable("RANK", Rank(job, role, index)),
            Variable("PYTHONUNBUFFERED", 1),
        ],
        _ => [],
    };

    /// <summary>Counts through the roles in their order; 0 is the first pod of the first role.</summary>
    public static int Rank(TrainingJob job, TrainingRole role, int index) =>
        job.Spec.Roles.TakeWhile(r => r.Name != role.Name).Sum(r => r.Replicas) + index;

    private static V1EnvVar Variable(string name, string value) => new() { Name = name, Value = value };

    private static V1EnvVar Variable(string name, int value) => Variable(name, value.ToString(CultureInfo.InvariantCulture));
}
