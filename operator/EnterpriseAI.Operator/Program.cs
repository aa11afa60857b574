using System.CommandLine;
using EnterpriseAI.Api.Schema;
using EnterpriseAI.Operator;

var kubeconfig = new Option<string?>("--kubeconfig") { Description = "Kubeconfig file. Default: KUBECONFIG, the home directory's, or the pod's own service account." };
var ns = new Option<string>("--namespace") { Description = "Namespace of the installation.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("POD_NAMESPACE") ?? "enterpriseai-system" };
var serviceAccount = new Option<string>("--service-account") { Description = "The service account this process acts as.", DefaultValueFactory = _ => "enterpriseai-operator" };
var image = new Option<string>("--image") { Description = "Image that holds the agent.", DefaultValueFactory = _ => "docker.io/enterpriseai/enterpriseai:0.1.0" };
var modelServerImage = new Option<string>("--model-server-image") { Description = "Image that holds the model server.", DefaultValueFactory = _ => "docker.io/enterpriseai/enterpriseai-model-server:0.1.0" };
var modelCache = new Option<string?>("--model-cache") { Description = "Folder of every node that keeps fetched artifacts, writable for user 65532. Without it each pod fetches for itself." };
var trustedRoot = new Option<string?>("--trusted-root") { Description = "File with the Sigstore trusted root for model versions that ask for an identity and name no root." };
var auditUrl = new Option<Uri>("--audit-url") { Description = "Address of the audit log.", DefaultValueFactory = _ => new Uri("http://127.0.0.1:8081"), CustomParser = Arguments.HttpUrl };
var auditTokenFile = new Option<string?>("--audit-token-file") { Description = "File with the bearer token for the audit log." };
var gatewayService = new Option<string>("--gateway-service") { Description = "Name of the gateways' Service.", DefaultValueFactory = _ => "enterpriseai-gateway" };
var http = new Option<string>("--http") { Description = "IP:PORT for metrics and health.", DefaultValueFactory = _ => "127.0.0.1:8080" };
var webhook = new Option<string?>("--webhook") { Description = "IP:PORT of the admission webhook. Without it none is served." };
var webhookService = new Option<string>("--webhook-service") { Description = "Service by which the API server reaches the webhook.", DefaultValueFactory = _ => "enterpriseai-operator" };
var webhookConfiguration = new Option<string>("--webhook-configuration") { Description = "MutatingWebhookConfiguration to write the CA bundle into.", DefaultValueFactory = _ => "enterpriseai" };
// The names that kube-controller-manager gives them.
var requestsPerSecond = new Option<double>("--kube-api-qps") { Description = "Most requests a second to the API server; 0 for no limit of our own, as the server limits by itself.", DefaultValueFactory = _ => 0 };
requestsPerSecond.Validators.Add(result =>
{
    if (result.GetValue(requestsPerSecond) is < 0 or > 100_000 or double.NaN)
        result.AddError("--kube-api-qps takes a number from 0 to 100000");
});
var leaseDuration = Arguments.Duration("--leader-elect-lease-duration", "How long other replicas wait after the last renewal they saw.", "15s");
var renewDeadline = Arguments.Duration("--leader-elect-renew-deadline", "How long the leader goes on after its last renewal.", "10s");
var retryPeriod = Arguments.Duration("--leader-elect-retry-period", "Time between two attempts to get or keep the lease.", "2s");
var logLevel = new Option<string>("--log-level") { Description = "trace, debug, information, warning or error.", DefaultValueFactory = _ => "information" };
logLevel.AcceptOnlyFromAmong("trace", "debug", "information", "warning", "error");

var root = new RootCommand("The operator of EnterpriseAI: takes models from data to production under policy.")
{
    kubeconfig, ns, serviceAccount, image, modelServerImage, modelCache, trustedRoot, auditUrl, auditTokenFile, gatewayService, http, webhook, webhookService, webhookConfiguration, requestsPerSecond, leaseDuration, renewDeadline, retryPeriod, logLevel,
};
root.SetAction((result, cancellationToken) => OperatorHost.RunAsync(
    new OperatorOptions
    {
        Kubeconfig = result.GetValue(kubeconfig),
        Namespace = result.GetValue(ns)!,
        Identity = Environment.GetEnvironmentVariable("POD_NAME") ?? $"{Environment.MachineName}-{Environment.ProcessId}",
        ServiceAccount = result.GetValue(serviceAccount)!,
        Image = result.GetValue(image)!,
        ModelServerImage = result.GetValue(modelServerImage)!,
        ModelCache = result.GetValue(modelCache),
        TrustedRoot = result.GetValue(trustedRoot),
        AuditUrl = result.GetValue(auditUrl)!,
        AuditTokenFile = result.GetValue(auditTokenFile),
        GatewayService = result.GetValue(gatewayService)!,
        Http = result.GetValue(http)!,
        Webhook = result.GetValue(webhook),
        WebhookService = result.GetValue(webhookService)!,
        WebhookConfiguration = result.GetValue(webhookConfiguration)!,
        RequestsPerSecond = result.GetValue(requestsPerSecond),
        LeaseDuration = result.GetValue(leaseDuration).ToTimeSpan(),
        RenewDeadline = result.GetValue(renewDeadline).ToTimeSpan(),
        RetryPeriod = result.GetValue(retryPeriod).ToTimeSpan(),
        LogLevel = result.GetValue(logLevel)!,
    },
    cancellationToken));

var output = new Option<DirectoryInfo>("--output") { Description = "Folder to write the CRDs into.", Required = true };
var crds = new Command("crds", "Writes the CustomResourceDefinitions that the C# types describe.") { output };
crds.SetAction(result => CrdGenerator.Write(result.GetValue(output)!.FullName));
root.Add(crds);

return await Arguments.RunAsync(root, args);
