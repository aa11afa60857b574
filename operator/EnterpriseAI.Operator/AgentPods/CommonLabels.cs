namespace EnterpriseAI.Operator.AgentPods;

/// <summary>Labels of the objects that the operator makes; gateways and operators find pods by them.</summary>
public static class CommonLabels
{
    public const string ManagedBy = "app.kubernetes.io/managed-by";
    public const string ManagedByValue = "enterpriseai";
    public const string DataSource = "enterpriseai.io/datasource";
    public const string TrainingJob = "enterpriseai.io/trainingjob";
    public const string ModelVersion = "enterpriseai.io/modelversion";
    public const string InferenceService = "enterpriseai.io/inferenceservice";
    public const string Revision = "enterpriseai.io/revision";
    public const string Role = "enterpriseai.io/role";
    public const string Rank = "enterpriseai.io/rank";
    public const string Attempt = "enterpriseai.io/attempt";

    /// <summary>Set by users on ConfigMaps with trusted roots and attestations that are to be looked at again when they change.</summary>
    public const string Evidence = "enterpriseai.io/evidence";

    /// <summary><paramref name="labels"/> and the mark of who made the object.</summary>
    public static IReadOnlyDictionary<string, string> With(IReadOnlyDictionary<string, string> labels) =>
        new SortedDictionary<string, string>(labels.ToDictionary(), StringComparer.Ordinal) { [ManagedBy] = ManagedByValue };

    /// <summary>A label value may have at most 63 characters; longer resource names are cut, the owner reference stays exact.</summary>
    public static string Value(string name) => name.Length <= 63 ? name : name[..63].TrimEnd('-', '.');
}
