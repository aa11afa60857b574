using System.CommandLine;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli;

/// <summary>The options by which kubectl finds its cluster and namespace.</summary>
internal sealed class ClusterOptions(CommandEnvironment environment)
{
    public Option<string?> Kubeconfig { get; } = new("--kubeconfig") { Description = "Kubeconfig file. Default: as kubectl finds it.", HelpName = "FILE" };

    public Option<string?> Namespace { get; } = new("--namespace", "-n") { Description = "Namespace. Default: the context's.", HelpName = "NAMESPACE" };

    public void AddTo(Command command)
    {
        command.Add(Kubeconfig);
        command.Add(Namespace);
    }

    public (KubernetesClient Client, string Namespace) Connect(ParseResult parsed)
    {
        var client = environment.Connect(parsed.GetValue(Kubeconfig));
        return (client, parsed.GetValue(Namespace) ?? client.DefaultNamespace);
    }
}
