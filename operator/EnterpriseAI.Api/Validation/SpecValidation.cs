namespace EnterpriseAI.Api;

/// <summary>
/// Checks objects for everything that the schema cannot say, or that an old API server does not check. Pure: the result
/// depends on the object only.
/// </summary>
/// <remarks>
/// Guarantees: never throws on an object that was read from an API server; every error names the field and what is allowed;
/// an empty list means that the object can be acted on. Caveats: whether the objects that are referred to exist is the
/// controllers' business.
/// </remarks>
public static class SpecValidation
{
    /// <summary>Errors of a data source, in the order of its fields.</summary>
    public static IReadOnlyList<FieldError> Validate(DataSource source) => DataSourceValidation.Check(source);

    /// <summary>Errors of a training job, in the order of its fields.</summary>
    public static IReadOnlyList<FieldError> Validate(TrainingJob job) => TrainingJobValidation.Check(job);

    /// <summary>Errors of a model version, in the order of its fields; among them a digest that differs from the verified one in its status.</summary>
    public static IReadOnlyList<FieldError> Validate(ModelVersion version) => ModelVersionValidation.Check(version);

    /// <summary>Errors of an inference service, in the order of its fields.</summary>
    public static IReadOnlyList<FieldError> Validate(InferenceService service) => InferenceServiceValidation.Check(service);

    /// <summary>Errors of a policy, in the order of its fields.</summary>
    public static IReadOnlyList<FieldError> Validate(CompliancePolicy policy) => CompliancePolicyValidation.Check(policy);

    /// <summary>Fields of a model version that were changed although they cannot be, and a revocation that was taken back.</summary>
    /// <param name="before">The stored object.</param>
    /// <param name="after">The object that is to be stored.</param>
    public static IReadOnlyList<FieldError> ValidateChange(ModelVersion before, ModelVersion after) =>
        ModelVersionValidation.CheckChange(before.Spec, after.Spec);
}
