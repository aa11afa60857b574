using EnterpriseAI.ModelServer.Protocol;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>One version of a model as it is now.</summary>
/// <param name="Name">The version; null for a model without versions.</param>
/// <param name="Model">What requests use; null while there is nothing to use.</param>
/// <param name="State">See <see cref="ModelState"/>.</param>
/// <param name="Reason">Why; also why the last load failed when an earlier one is served on.</param>
/// <param name="IsRequired">Whether the server is not ready without it: it was there at the start.</param>
internal sealed record ModelVersion(string? Name, ServedModel? Model, string State, string Reason, bool IsRequired)
{
    public static ModelVersion New(string? name, bool isRequired) => new(name, null, ModelState.Loading, "", isRequired);
}

/// <summary>A model of the repository with its versions.</summary>
/// <remarks>Readers take no lock: they see one list of versions or the next. A version is replaced first and let go then, so who was too late to use it finds its successor.</remarks>
/// <param name="name">The model's name.</param>
/// <param name="first">Stands for the model until its versions are known, or is its only one.</param>
/// <param name="hasVersions">Whether versions will be known.</param>
internal sealed class ModelEntry(string name, ModelVersion first, bool hasVersions)
{
    private readonly Lock _lock = new();
    private volatile ModelVersion[] _versions = [first];

    public string Name { get; } = name;

    /// <summary>The highest first.</summary>
    public IReadOnlyList<ModelVersion> Versions => _versions;

    /// <exception cref="RequestException">404 for another version, 503 while it is not loaded.</exception>
    public ModelLease Acquire(string? version)
    {
        while (true)
        {
            var model = Find(version);
            if (model.TryUse())
                return new ModelLease(model);
        }
    }

    private ServedModel Find(string? version)
    {
        var versions = _versions;
        foreach (var candidate in versions)
        {
            if (version is null ? candidate.Model is not null : candidate.Name == version)
                return candidate.Model ?? throw NotLoaded(candidate);
        }
        throw version is null || hasVersions && versions is [{ Name: null }] ? NotLoaded(versions[0]) : Unknown(version);
    }

    /// <summary>Whether requests for a version, or for the highest that there is, are answered.</summary>
    /// <exception cref="RequestException">404 for another version.</exception>
    public bool IsReady(string? version)
    {
        var versions = _versions;
        return version is null
            ? Array.Exists(versions, static candidate => candidate.Model is not null)
            : (Version(version) ?? (hasVersions && versions is [{ Name: null } unlisted] ? unlisted : throw Unknown(version))).Model is not null;
    }

    public ModelVersion? Version(string? version) => Array.Find(_versions, candidate => candidate.Name == version);

    /// <summary>Changes one version.</summary>
    public void Set(string? version, Func<ModelVersion, ModelVersion> change)
    {
        lock (_lock)
            _versions = [.. _versions.Select(candidate => candidate.Name == version ? change(candidate) : candidate)];
    }

    /// <summary>Makes the versions those of <paramref name="names"/>, in that order, and lets others go.</summary>
    public void Keep(IReadOnlyList<string?> names, bool areRequired)
    {
        ModelVersion[] gone;
        lock (_lock)
        {
            gone = [.. _versions.Where(version => !names.Contains(version.Name))];
            _versions = [.. names.Select(version => Version(version) ?? ModelVersion.New(version, areRequired))];
        }
        foreach (var version in gone)
            version.Model?.Release();
    }

    /// <summary>Takes all versions out of service.</summary>
    /// <returns>What was in service.</returns>
    public List<ServedModel> Clear(string state, string reason)
    {
        List<ServedModel> models;
        lock (_lock)
        {
            models = [.. _versions.Select(static version => version.Model).OfType<ServedModel>()];
            _versions = [.. _versions.Select(version => version with { Model = null, State = state, Reason = reason })];
        }
        models.ForEach(static model => model.Release());
        return models;
    }

    private RequestException NotLoaded(ModelVersion version) => new(StatusCodes.Status503ServiceUnavailable, version.State == ModelState.Loading
        ? $"model '{Name}' is being verified and loaded"
        : $"model '{Name}' is not loaded: {version.Reason}");

    private RequestException Unknown(string version) => new(StatusCodes.Status404NotFound, _versions is [{ Name: null }]
        ? $"model '{Name}' is served without a version: leave '/versions/{version}' out"
        : $"version '{version}' of model '{Name}' is unknown: this server has {string.Join(", ", _versions.Select(static known => $"'{known.Name}'"))}");
}
