using System.Text;

namespace EnterpriseAI.Kubernetes;

public sealed partial class KubernetesClient
{
    const int StreamingListsSince = 34;

    bool? _streamingLists;

    /// <summary>Whether the server has a resource.</summary>
    /// <param name="groupVersion">Such as <c>autoscaling/v2</c>, or <c>v1</c>.</param>
    /// <param name="plural">Such as <c>horizontalpodautoscalers</c>.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    public async Task<bool> HasResourceAsync(string groupVersion, string plural, CancellationToken cancellationToken = default)
    {
        var path = groupVersion.Contains('/', StringComparison.Ordinal) ? $"apis/{groupVersion}" : $"api/{groupVersion}";
        try
        {
            var found = await ReadAsync(Request(HttpMethod.Get, path, "GET"), WireJsonContext.Default.ApiResourceList, cancellationToken)
                .ConfigureAwait(false);
            return found.Resources?.Any(resource => resource.Name == plural) is true;
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Version of the server.</summary>
    public async Task<VersionInfo> GetVersionAsync(CancellationToken cancellationToken = default) =>
        await ReadAsync(Request(HttpMethod.Get, "version", "GET"), KubernetesJsonContext.Default.VersionInfo, cancellationToken).ConfigureAwait(false);

    /// <summary>Whether a list may be asked for as a watch that begins with the present objects (<c>sendInitialEvents</c>): the server
    /// is 1.34 or later, where this is on by default.</summary>
    /// <remarks>Before that a server refuses the parameter, or does not know it and answers as if it were not there. The answer is
    /// kept; a failure is not.</remarks>
    public async ValueTask<bool> HasStreamingListsAsync(CancellationToken cancellationToken = default)
    {
        if (_streamingLists is { } known)
            return known;
        var version = await GetVersionAsync(cancellationToken).ConfigureAwait(false);
        var minor = new string([.. version.Minor.TakeWhile(char.IsAsciiDigit)]);
        var has = version.Major == "1" && int.TryParse(minor, out var number) && number >= StreamingListsSince;
        _streamingLists = has;
        return has;
    }

    /// <summary>Reads the log of a container up to now.</summary>
    /// <exception cref="KubernetesException">400 while the container is not started; 404 without the pod.</exception>
    public async Task<string> GetLogsAsync(string ns, string pod, LogOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new LogOptions();
        var path = new Query(CoreResources.Pods.Path(ns, pod, "log"))
            .Add("container", options.Container)
            .Add("tailLines", options.TailLines)
            .Add("previous", options.Previous ? "true" : null)
            .Add("limitBytes", options.LimitBytes)
            .ToString();
        using var limit = new TimeLimit(RequestTimeout, _time, cancellationToken);
        using var response = await SendAsync(Request(HttpMethod.Get, path, "GET"), limit.Token).ConfigureAwait(false);
        return Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false));
    }
}
