namespace EnterpriseAI.Controllers;

/// <summary>A key that was handed out, and the priority it had.</summary>
public readonly record struct WorkItem<TKey>(TKey Key, int Priority);
