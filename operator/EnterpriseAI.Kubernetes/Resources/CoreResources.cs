namespace EnterpriseAI.Kubernetes;

/// <summary>The built-in resources that are used here.</summary>
public static class CoreResources
{
    static readonly KubernetesJsonContext Json = KubernetesJsonContext.Default;

    public static ResourceType<V1Pod> Pods { get; } =
        new("", "v1", "pods", "Pod", true, Json.V1Pod, Json.V1PodList);

    public static ResourceType<V1Service> Services { get; } =
        new("", "v1", "services", "Service", true, Json.V1Service, Json.V1ServiceList);

    public static ResourceType<V1Endpoints> Endpoints { get; } =
        new("", "v1", "endpoints", "Endpoints", true, Json.V1Endpoints, Json.V1EndpointsList);

    public static ResourceType<V1Secret> Secrets { get; } =
        new("", "v1", "secrets", "Secret", true, Json.V1Secret, Json.V1SecretList);

    public static ResourceType<V1ConfigMap> ConfigMaps { get; } =
        new("", "v1", "configmaps", "ConfigMap", true, Json.V1ConfigMap, Json.V1ConfigMapList);

    public static ResourceType<V1ServiceAccount> ServiceAccounts { get; } =
        new("", "v1", "serviceaccounts", "ServiceAccount", true, Json.V1ServiceAccount, Json.V1ServiceAccountList);

    public static ResourceType<V1Namespace> Namespaces { get; } =
        new("", "v1", "namespaces", "Namespace", false, Json.V1Namespace, Json.V1NamespaceList);

    public static ResourceType<V1Node> Nodes { get; } =
        new("", "v1", "nodes", "Node", false, Json.V1Node, Json.V1NodeList);

    public static ResourceType<V1PersistentVolumeClaim> PersistentVolumeClaims { get; } =
        new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true, Json.V1PersistentVolumeClaim, Json.V1PersistentVolumeClaimList);

    public static ResourceType<V1Deployment> Deployments { get; } =
        new("apps", "v1", "deployments", "Deployment", true, Json.V1Deployment, Json.V1DeploymentList);

    public static ResourceType<V1StatefulSet> StatefulSets { get; } =
        new("apps", "v1", "statefulsets", "StatefulSet", true, Json.V1StatefulSet, Json.V1StatefulSetList);

    public static ResourceType<V1Job> Jobs { get; } =
        new("batch", "v1", "jobs", "Job", true, Json.V1Job, Json.V1JobList);

    public static ResourceType<V1NetworkPolicy> NetworkPolicies { get; } =
        new("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", true, Json.V1NetworkPolicy, Json.V1NetworkPolicyList);

    public static ResourceType<V1Lease> Leases { get; } =
        new("coordination.k8s.io", "v1", "leases", "Lease", true, Json.V1Lease, Json.V1LeaseList);

    public static ResourceType<V1SubjectAccessReview> SubjectAccessReviews { get; } =
        new("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", false, Json.V1SubjectAccessReview, Json.V1SubjectAccessReviewList);

    public static ResourceType<V1MutatingWebhookConfiguration> MutatingWebhookConfigurations { get; } =
        new("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", false, Json.V1MutatingWebhookConfiguration, Json.V1MutatingWebhookConfigurationList);

    public static ResourceType<V1ValidatingWebhookConfiguration> ValidatingWebhookConfigurations { get; } =
        new("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false, Json.V1ValidatingWebhookConfiguration, Json.V1ValidatingWebhookConfigurationList);

    public static ResourceType<V1CustomResourceDefinition> CustomResourceDefinitions { get; } =
        new("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false, Json.V1CustomResourceDefinition, Json.V1CustomResourceDefinitionList);

    public static ResourceType<V1PriorityClass> PriorityClasses { get; } =
        new("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", false, Json.V1PriorityClass, Json.V1PriorityClassList);

    /// <summary>Events of <c>events.k8s.io</c>.</summary>
    public static ResourceType<EventsV1Event> Events { get; } =
        new("events.k8s.io", "v1", "events", "Event", true, Json.EventsV1Event, Json.EventsV1EventList);
}
