using System.Collections.Concurrent;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>All models that this server has: finds, loads, unloads and reloads them.</summary>
/// <remarks>Guarantees: a version is in use only while it is leased; a load that fails changes nothing for requests.</remarks>
internal sealed partial class ModelRepository : IAsyncDisposable
{
    private const string Unloaded = "unloaded";

    /// <summary>What is left of a run after it was told to end is one operator.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private readonly ModelServerOptions _options;
    private readonly VersionLoader _loader;
    private readonly ILogger<ModelRepository> _logger;
    private readonly ConcurrentDictionary<string, ModelEntry> _models = new(StringComparer.Ordinal);

    // One load at a time, so that no more than one version is in memory twice.
    private readonly SemaphoreSlim _changes = new(1, 1);
    private volatile bool _listed;
    private volatile bool _started;
    private volatile bool _draining;

    public ModelRepository(ModelServerOptions options, VersionLoader loader, ILogger<ModelRepository> logger)
    {
        (_options, _loader, _logger) = (options, loader, logger);
        if (options.IsRepository)
            return;
        _models[options.ModelName] = new ModelEntry(options.ModelName, ModelVersion.New(options.ModelVersion, isRequired: true), hasVersions: false);
        _listed = true;
    }

    /// <summary>
    /// Why no traffic should come now; null when it may. Everything that was there at the start must be ready, or unloaded on purpose;
    /// what is loaded later takes no traffic from what is served.
    /// </summary>
    public string? NotReady
    {
        get
        {
            if (_draining)
                return "shutting down";
            if (!_listed)
                return "the models are being listed";
            var serving = false;
            foreach (var (name, entry) in _models)
            {
                foreach (var version in entry.Versions)
                {
                    serving |= version.Model is not null;
                    if (version.IsRequired && version.State == ModelState.Loading)
                        return $"model '{name}' is being verified and loaded";
                    if (version.IsRequired && version.State == ModelState.Unavailable && version.Reason != Unloaded)
                        return $"model '{name}' is not loaded: {version.Reason}";
                }
            }
            return serving ? null : "no model is loaded";
        }
    }

    /// <summary>Says "not ready" from now on; requests are still answered.</summary>
    public void Drain() => _draining = true;

    /// <summary>Loads what is served from the start.</summary>
    /// <exception cref="ModelRefusedException">The model may not or cannot be served, or the repository cannot be read. A refused model of a repository is only not ready.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!_options.IsRepository)
        {
            if (await LoadAsync(_models[_options.ModelName], cancellationToken).ConfigureAwait(false) is [var refusal, ..])
                throw refusal;
            return;
        }
        var (names, others) = ModelFolder.List(_options.Model.Model);
        if (others.Count > 0)
            LogOthers(string.Join(", ", others.Take(10)), ModelFolder.NameRule);
        foreach (var name in names)
            _models[name] = new ModelEntry(name, ModelVersion.New(null, isRequired: true), hasVersions: true);
        _listed = true;
        foreach (var name in names)
            await LoadAsync(_models[name], cancellationToken).ConfigureAwait(false);
        _started = true;
    }

    /// <param name="name">The model's name.</param>
    /// <param name="version">One version of it; null for the highest that is ready.</param>
    /// <returns>A hold on the model; the caller disposes it.</returns>
    /// <exception cref="RequestException">404 for another model or version, 503 while it is not loaded.</exception>
    public ModelLease Acquire(string name, string? version) => Find(name).Acquire(version);

    /// <exception cref="RequestException">404 for another model or version.</exception>
    public bool IsReady(string name, string? version) => Find(name).IsReady(version) && !_draining;

    /// <summary>Every version of every model.</summary>
    public IReadOnlyList<ModelIndexEntry> Index(bool readyOnly) =>
    [
        .. from entry in _models.Values
           orderby entry.Name
           from version in entry.Versions.Reverse()
           where !readyOnly || version.State == ModelState.Ready
           select new ModelIndexEntry(entry.Name, version.Name, version.State, version.Reason),
    ];

    /// <summary>The versions that are ready, the lowest first.</summary>
    /// <exception cref="RequestException">404 for another model.</exception>
    public IReadOnlyList<string> VersionsOf(string name) =>
        [.. Find(name).Versions.Where(static version => version.Model is not null).Select(static version => version.Name).OfType<string>().Reverse()];

    /// <summary>Reads, verifies and loads all versions of a model again and lets new requests use them; those that run end on the old ones.</summary>
    /// <exception cref="RequestException">404 for another model, 400 naming what was refused; what was served is served on.</exception>
    public async Task LoadAsync(string name, CancellationToken cancellationToken)
    {
        // A name from the network becomes a path here.
        if (!_models.TryGetValue(name, out var entry))
        {
            if (!_options.IsRepository || !ModelFolder.IsName(name) || !Directory.Exists(Path.Combine(_options.Model.Model, name)))
                throw Unknown(name);
            entry = _models.GetOrAdd(name, static name => new ModelEntry(name, ModelVersion.New(null, isRequired: false), hasVersions: true));
        }
        if (await LoadAsync(entry, cancellationToken).ConfigureAwait(false) is { Count: > 0 } refusals)
            throw RequestException.BadRequest($"model '{name}' cannot be loaded: {string.Join("; ", refusals.Select(static refusal => refusal.Message))}", refusals[0]);
    }

    /// <summary>Takes all versions of a model out of service; returns when no request uses them any more.</summary>
    /// <exception cref="RequestException">404 for another model.</exception>
    public async Task UnloadAsync(string name, CancellationToken cancellationToken)
    {
        var entry = Find(name);
        List<ServedModel> models;
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            models = entry.Clear(ModelState.Unloading, "");
        }
        finally
        {
            _changes.Release();
        }
        await FinishAsync().WaitAsync(cancellationToken).ConfigureAwait(false);

        // Goes on when nobody waits for it any more.
        async Task FinishAsync()
        {
            await Task.WhenAll(models.Select(static model => model.Freed)).ConfigureAwait(false);
            foreach (var version in entry.Versions)
                entry.Set(version.Name, static now => now.State == ModelState.Unloading ? now with { State = ModelState.Unavailable, Reason = Unloaded } : now);
            LogUnloaded(name);
        }
    }

    private async Task<List<ModelRefusedException>> LoadAsync(ModelEntry entry, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ModelFolder folder;
            try
            {
                folder = _options.IsRepository
                    ? await ModelFolder.ReadAsync(_options.Model.Model, entry.Name, cancellationToken).ConfigureAwait(false)
                    : new ModelFolder(new ModelConfig(), [new VersionLocation(_options.ModelVersion, _options.Model.Model)]);
            }
            catch (ModelRefusedException e)
            {
                foreach (var version in entry.Versions)
                    Refuse(entry, version.Name, e);
                return [e];
            }
            entry.Keep([.. folder.Versions.Select(static version => version.Version)], areRequired: !_started);
            var refusals = new List<ModelRefusedException>();
            foreach (var version in folder.Versions)
            {
                if (await ReplaceAsync(entry, version, folder.Config, cancellationToken).ConfigureAwait(false) is { } refusal)
                    refusals.Add(refusal);
            }
            return refusals;
        }
        finally
        {
            _changes.Release();
        }
    }

    private async Task<ModelRefusedException?> ReplaceAsync(ModelEntry entry, VersionLocation location, ModelConfig config, CancellationToken cancellationToken)
    {
        entry.Set(location.Version, static now => now.Model is null ? now with { State = ModelState.Loading, Reason = "" } : now);
        try
        {
            var model = await _loader.LoadAsync(entry.Name, location, config, cancellationToken).ConfigureAwait(false);
            var old = entry.Version(location.Version)?.Model;
            entry.Set(location.Version, now => now with { Model = model, State = ModelState.Ready, Reason = "" });
            old?.Release();
            return null;
        }
        catch (Exception e)
        {
            var refusal = e as ModelRefusedException ?? new ModelRefusedException("LoadFailed", $"'{location.Path}' cannot be loaded: {e.Message}", mayPass: true, e);
            Refuse(entry, location.Version, refusal);
            if (e is OperationCanceledException)
                throw;
            return refusal;
        }
    }

    private void Refuse(ModelEntry entry, string? version, ModelRefusedException refusal)
    {
        entry.Set(version, now => now with { State = now.Model is null ? ModelState.Unavailable : ModelState.Ready, Reason = refusal.Message });
        if (_options.IsRepository || entry.Version(version)?.Model is not null)
            LogRefused(entry.Name, version ?? "none", refusal.Message, refusal.Reason);
    }

    private ModelEntry Find(string name)
    {
        if (_models.TryGetValue(name, out var entry))
            return entry;
        throw _listed ? Unknown(name) : new RequestException(StatusCodes.Status503ServiceUnavailable, "the models are being listed");
    }

    private RequestException Unknown(string name)
    {
        const int most = 5;
        var known = string.Join(", ", _models.Keys.Order().Take(most).Select(static known => $"'{known}'"));
        var more = _models.Count > most ? $" and {_models.Count - most} more" : "";
        return new RequestException(StatusCodes.Status404NotFound, $"model '{name}' is unknown: this server has {(known.Length > 0 ? known : "none")}{more}");
    }

    /// <summary>Ends what still runs and frees all models.</summary>
    public async ValueTask DisposeAsync()
    {
        var models = _models.Values.SelectMany(static entry =>
        {
            foreach (var version in entry.Versions)
                version.Model?.Stop();
            return entry.Clear(ModelState.Unavailable, "shutting down");
        }).ToList();
        try
        {
            await Task.WhenAll(models.Select(static model => model.Freed)).WaitAsync(StopTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The process ends; the operating system frees the rest.
        }
        _changes.Dispose();
    }

    [LoggerMessage(LogLevel.Warning, "in the repository, these are no models: {Names}; a model is a folder with a name of {Rule}")]
    private partial void LogOthers(string names, string rule);

    [LoggerMessage(LogLevel.Error, "model {Model}, version {Version}, was not loaded: {Message} ({Reason})")]
    private partial void LogRefused(string model, string version, string message, string reason);

    [LoggerMessage(LogLevel.Information, "model {Model} is unloaded")]
    private partial void LogUnloaded(string model);
}
