using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.Reconciliation;

/// <summary>The conditions of one resource while a decision changes them; a status that stays keeps its transition time.</summary>
public sealed class ConditionSet(IReadOnlyList<V1Condition> present, IKubernetesObject resource, DateTimeOffset now)
{
    // A decision is being made, so transitions are being recorded again: the mark of a missing audit log goes.
    private IReadOnlyList<V1Condition> _conditions = Conditions.Without(present, "Audited");

    public ConditionSet True(string type, string reason, string message) => Set(type, true, reason, message);

    public ConditionSet False(string type, string reason, string message) => Set(type, false, reason, message);

    public ConditionSet Unknown(string type, string reason, string message) => Set(type, null, reason, message);

    public ConditionSet Remove(string type)
    {
        _conditions = Conditions.Without(_conditions, type);
        return this;
    }

    /// <summary>The message of a condition, empty when it is not there.</summary>
    public string MessageOf(string type) => Conditions.Find(_conditions, type)?.Message ?? "";

    public bool IsTrue(string type) => Conditions.IsTrue(_conditions, type);

    public IReadOnlyList<V1Condition> ToList() => _conditions;

    private ConditionSet Set(string type, bool? status, string reason, string message)
    {
        _conditions = Conditions.Merge(_conditions, now, Conditions.Of(type, status, reason, message, resource.Metadata.Generation));
        return this;
    }
}
